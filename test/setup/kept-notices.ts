import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { poll, type Scene, setWebhooks } from './scene.ts';

/** A notice as the processor sent it: its bytes and its signature, to be delivered when a test wants it, as often as it wants. */
export interface KeptNotice {
  type: string;
  processor: string;
  orderId: string;
  headers: Record<string, string>;
  body: string;
}

export interface KeptNotices {
  /** Polls until the processors have sent this order a notice of each of these types; fails with what there was. */
  ofOrder(orderId: string, types: string[]): Promise<KeptNotice[]>;
  close(): void;
}

const SIGNED = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];
const WITHIN_MS = 10_000;

/** Stands between the simulator and the gateway: what the processors send is taken, answered 204, and goes no further. */
export async function keepNotices({ simulator }: Scene): Promise<KeptNotices> {
  const kept: KeptNotice[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { type, data } = JSON.parse(body) as { type: string; data: { processor: string; orderId?: string } };
    const headers = Object.fromEntries(SIGNED.map((name) => [name, String(request.headers[name])]));
    kept.push({ type, processor: data.processor, orderId: orderIn(data), headers, body });
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await setWebhooks(simulator, { url: `http://127.0.0.1:${port}`, hold: false });
  const sentFor = (orderId: string) => kept.filter((each) => each.orderId === orderId);
  return {
    ofOrder: async (orderId, types) => {
      const hasAll = (sent: KeptNotice[]) => types.every((type) => sent.some((each) => each.type === type));
      return poll(async () => sentFor(orderId), hasAll, WITHIN_MS);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A refund's notice names the order in the payment that it is about. */
function orderIn(data: { orderId?: string; payment?: { orderId: string } | null }): string {
  return data.orderId ?? data.payment?.orderId ?? '';
}

/** Delivers it, byte by byte, and answers the status. */
export async function deliverKept(gatewayUrl: string, { processor, headers, body }: KeptNotice): Promise<number> {
  const answer = await fetch(`${gatewayUrl}/v1/webhooks/${processor}`, { method: 'POST', headers, body });
  await answer.text();
  return answer.status;
}
