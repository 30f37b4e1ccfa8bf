import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { inject } from 'vitest';
import { Recoup } from '../../client/index.ts';
import { createSealer } from '../../contract/sealing.ts';
import { hashApiKey } from '../../gateway/access.ts';
import type { RateLimit } from '../../gateway/http/rate-limit.ts';
import { createLog } from '../../gateway/log.ts';
import { startGateway } from '../../gateway/server.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { createOrderWorker } from '../../worker/create.ts';
import { freshDatabase } from '../setup/database.ts';
import '../setup/provided.ts';

export const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

/** A whole stack in one test process, talked to over real HTTP. */
export interface World {
  url: string;
  apiKey: string;
  merchantId: string;
  buyerTokenKey: Uint8Array;
  store: Store;
  simulator: Simulator;
  databaseUrl: string;
  taskQueue: string;
  sealingKey: string;
  /** All that the gateway logged. */
  logged(): string;
  /** A key of another merchant, or with other scopes. */
  newKey(input: { merchantId?: string; scopes?: string[] }): Promise<string>;
  recoup(apiKey?: string): Recoup;
  call(path: string, input?: CallInput): Promise<Response>;
  post(path: string, body: unknown, input?: CallInput): Promise<Response>;
  close(): Promise<void>;
}

export interface CallInput {
  method?: string;
  apiKey?: string | null;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface WorldOptions {
  rateLimit?: RateLimit;
  returnUrlOrigins?: string[];
  /** What the gateway, and only it, reaches the servers through. */
  through?: (servers: { databaseUrl: string; temporalAddress: string }) => Promise<{
    databaseUrl: string;
    temporalAddress: string;
  }>;
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const database = await freshDatabase();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const sealingKey = randomBytes(32).toString('base64');
  const apiKey = `rk_test_${randomBytes(24).toString('base64url')}`;
  const merchantId = `m${randomBytes(4).toString('hex')}`;
  const buyerTokenKey = new Uint8Array(randomBytes(32));
  const simulator = await startSimulator({ timeScale: 1, webhookUrl: null, webhookSecret: WEBHOOK_SECRET });
  const { alpha, beta, gamma } = simulator.processors;
  const processors = { alphaUrl: alpha, betaUrl: beta, gammaUrl: gamma, webhookSecret: WEBHOOK_SECRET };
  const temporalAddress = inject('temporalAddress');
  const { worker, close: closeWorker } = await createOrderWorker(
    {
      databaseUrl: database.url,
      temporalAddress,
      namespace: 'default',
      taskQueue,
      sealingKey,
      mode: 'test',
      timeScale: 1,
      processors,
      maxCachedWorkflows: 100,
    },
    { workflowBundle: { codePath: inject('workflowBundlePath') } },
  );
  const running = worker.run();
  const direct = { databaseUrl: database.url, temporalAddress };
  const reached = (await options.through?.(direct)) ?? direct;
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const gateway = await startGateway(
    {
      host: '127.0.0.1',
      port: 0,
      baseUrl: null,
      databaseUrl: reached.databaseUrl,
      temporal: { address: reached.temporalAddress, namespace: 'default' },
      taskQueue,
      sealer: createSealer(sealingKey),
      buyerTokenKey,
      mode: 'test',
      apiKey: { key: apiKey, merchantId },
      processors,
      returnUrlOrigins: options.returnUrlOrigins ?? [],
    },
    createLog(sink),
    { rateLimit: options.rateLimit ?? { perSecond: 10_000, burst: 10_000 } },
  );
  await fetch(`${simulator.url}/control/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${gateway.url}/v1/webhooks` }),
  });
  const store = await openStore(database.url);
  const call = (path: string, input: CallInput = {}): Promise<Response> => {
    const key = input.apiKey === undefined ? apiKey : input.apiKey;
    return fetch(`${gateway.url}${path}`, {
      method: input.method ?? 'GET',
      headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...input.headers },
      redirect: 'manual',
      ...(input.body !== undefined && { body: input.body }),
    });
  };
  const clients: Recoup[] = [];
  return {
    url: gateway.url,
    apiKey,
    merchantId,
    buyerTokenKey,
    store,
    simulator,
    databaseUrl: database.url,
    taskQueue,
    sealingKey,
    logged: () => lines.join(''),
    newKey: async (input) => {
      const key = `rk_test_${randomBytes(24).toString('base64url')}`;
      const { scopes = ['*'] } = input;
      await store.saveApiKey({
        keyHash: hashApiKey(key),
        merchantId: input.merchantId ?? merchantId,
        name: 'test',
        scopes,
      });
      return key;
    },
    recoup: (key = apiKey) => {
      const client = new Recoup({ baseUrl: gateway.url, apiKey: key });
      clients.push(client);
      return client;
    },
    call,
    post: (path, body, input = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        ...input,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': randomBytes(12).toString('hex'),
          ...input.headers,
        },
      }),
    close: async () => {
      await gateway.close();
      worker.shutdown();
      await running;
      await Promise.all([closeWorker(), store.close(), simulator.close(), ...clients.map((client) => client.close())]);
      await database.drop();
    },
  };
}

let count = 0;
export function newOrderId(): string {
  count += 1;
  return `o${randomBytes(4).toString('hex')}-${count}`;
}

export function order(orderId: string, token = 'sim:alpha=ok', more: Record<string, unknown> = {}) {
  return { orderId, amount: { minor: 4999, currency: 'EUR' }, paymentMethod: { token }, ...more };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are what the test is about
export async function json(response: Response | Promise<Response>): Promise<any> {
  return (await response).json();
}
