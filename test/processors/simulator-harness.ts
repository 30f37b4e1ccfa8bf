import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { scaleSheet } from '../../policy/rules.ts';
import { type Harness, MERCHANT, type SignedWebhook, type Story, until } from '../../processors/conformance/harness.ts';
import { openProcessors } from '../../processors/registry.ts';
import type { SimulatedProcessor } from '../../processors/simulator/sheets.ts';
import { startSimulator } from '../../simulator/server.ts';

const SECRET = `whsec_${Buffer.from('a secret of the conformance suite').toString('base64')}`;
export const TIME_SCALE = 10;

/** Collects webhooks byte by byte, as the gateway will. */
async function openInbox() {
  const arrived: SignedWebhook[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrived.push({ rawBody: Buffer.concat(chunks), headers: request.headers as Record<string, string> });
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const find = (orderId: string) => arrived.find(({ rawBody }) => String(rawBody).includes(`"orderId":"${orderId}"`));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, find, close };
}

function outcomeOf(story: Story): string {
  if (typeof story === 'object') return `${story.status},ok`;
  const outcomes = {
    ok: 'ok',
    soft_decline: 'insufficient_funds',
    challenge: '3ds_ok',
    timeout_charged: 'timeout_charged',
    timeout_lost: 'timeout_lost',
    cut_charged: 'reset_charged',
    cut_lost: 'reset_lost',
    error_charged: '500_charged',
  };
  return outcomes[story];
}

function sign(rawBody: string, sentAtS: number): SignedWebhook {
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(sentAtS),
    'webhook-signature': new Webhook(SECRET).sign('msg_1', new Date(sentAtS * 1000), rawBody),
  };
  return { rawBody: Buffer.from(rawBody), headers };
}

export async function simulatorHarness(name: SimulatedProcessor): Promise<Harness> {
  const inbox = await openInbox();
  const simulator = await startSimulator({ webhookUrl: inbox.url, webhookSecret: SECRET, timeScale: TIME_SCALE });
  const { alpha, beta, gamma } = simulator.processors;
  const processors = openProcessors({ alphaUrl: alpha, betaUrl: beta, gammaUrl: gamma, webhookSecret: SECRET });
  const processor = processors.get(name);
  if (processor === undefined) throw new Error(`the registry has no ${name}`);
  const control = async (path: string) => {
    const response = await fetch(`${simulator.url}/control/${name}/${path}`, { method: 'POST' });
    if (!response.ok) throw new Error(`control answered ${response.status}`);
  };
  return {
    processor,
    sheet: scaleSheet(processor.sheet, TIME_SCALE),
    credential: (story) => `sim:${name}=${outcomeOf(story)}`,
    ledger: async (orderId) => {
      const response = await fetch(`${simulator.url}/ledger?orderId=${orderId}&merchantId=${MERCHANT}`);
      return ((await response.json()) as { entries: Awaited<ReturnType<Harness['ledger']>> }).entries;
    },
    actOnPage: async (url) => {
      const response = await fetch(url, { method: 'POST', redirect: 'manual' });
      return response.ok || response.status === 303;
    },
    webhook: async (orderId) => {
      const found = await until(
        async () => inbox.find(orderId),
        (webhook) => webhook !== undefined,
      );
      if (found === undefined) throw new Error(`no webhook about ${orderId}`);
      return found;
    },
    sign,
    unreachable: async (during) => {
      await control('down');
      await during().finally(() => control('up'));
    },
    close: async () => {
      await simulator.close();
      inbox.close();
    },
  };
}
