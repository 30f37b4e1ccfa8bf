import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { inject } from 'vitest';
import { Recoup } from '../../client/index.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import { createSealingKeys } from '../../contract/sealing.ts';
import { hashApiKey } from '../../gateway/access.ts';
import type { RateLimit } from '../../gateway/http/rate-limit.ts';
import { createLog } from '../../gateway/log.ts';
import { startGateway } from '../../gateway/server.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import type { ProcessorSettings } from '../../processors/registry.ts';
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

/** The other form of the client: straight to the world's Temporal and PostgreSQL. */
export function embeddedIn(
  { databaseUrl, sealingKey, merchantId }: World,
  change: Record<string, unknown> = {},
): Recoup {
  return new Recoup({
    temporal: { address: inject('temporalAddress') },
    databaseUrl,
    sealingKey,
    merchantId,
    ...change,
  });
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
  /** Of the gateway and the worker. */
  codecKeys?: string;
  codecUi?: GatewaySettings['codecUi'];
  /** What the gateway, and only it, reaches the servers through. */
  through?: (servers: { databaseUrl: string; temporalAddress: string }) => Promise<{
    databaseUrl: string;
    temporalAddress: string;
  }>;
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const database = await freshDatabase();
  const simulator = await startSimulator({ timeScale: 1, webhookUrl: null, webhookSecret: WEBHOOK_SECRET });
  const keys = {
    taskQueue: `test-${randomBytes(6).toString('hex')}`,
    sealingKey: randomBytes(32).toString('base64'),
    apiKey: `rk_test_${randomBytes(24).toString('base64url')}`,
    merchantId: `m${randomBytes(4).toString('hex')}`,
    buyerTokenKey: new Uint8Array(randomBytes(32)),
  };
  const parts: Parts = { ...keys, databaseUrl: database.url, processors: processorsOf(simulator) };
  const stopWorker = await startWorker(parts);
  const { log, logged } = collectingLog();
  const gateway = await startGateway(await settingsOf(parts, options), log, {
    rateLimit: options.rateLimit ?? { perSecond: 10_000, burst: 10_000 },
  });
  await pointWebhooksTo(`${gateway.url}/v1/webhooks`, simulator);
  const store = await openStore(database.url);
  const clients: Recoup[] = [];
  return {
    ...keys,
    url: gateway.url,
    store,
    simulator,
    databaseUrl: database.url,
    logged,
    ...callers(gateway.url, keys.apiKey),
    newKey: async ({ merchantId = keys.merchantId, scopes = ['*'] }) => {
      const key = `rk_test_${randomBytes(24).toString('base64url')}`;
      await store.saveApiKey({ keyHash: hashApiKey(key), merchantId, name: 'test', scopes });
      return key;
    },
    recoup: (apiKey = keys.apiKey) => {
      const client = new Recoup({ baseUrl: gateway.url, apiKey });
      clients.push(client);
      return client;
    },
    close: async () => {
      await gateway.close();
      await stopWorker();
      await Promise.all([store.close(), simulator.close(), ...clients.map((client) => client.close())]);
      await database.drop();
    },
  };
}

type Parts = Pick<World, 'taskQueue' | 'sealingKey' | 'apiKey' | 'merchantId' | 'buyerTokenKey' | 'databaseUrl'> & {
  processors: ProcessorSettings;
};

function processorsOf({ processors }: Simulator): ProcessorSettings {
  const { alpha, beta, gamma } = processors;
  return { alphaUrl: alpha, betaUrl: beta, gammaUrl: gamma, webhookSecret: WEBHOOK_SECRET };
}

async function startWorker({ databaseUrl, taskQueue, sealingKey, processors }: Parts): Promise<() => Promise<void>> {
  const { worker, close } = await createOrderWorker(
    {
      databaseUrl,
      temporalAddress: inject('temporalAddress'),
      namespace: 'default',
      taskQueue,
      sealingKey,
      codecKeys: '',
      mode: 'test',
      timeScale: 1,
      processors,
      breaker: DEFAULT_BREAKER,
      maxCachedWorkflows: 100,
      maxCallsInFlight: 100,
    },
    { workflowBundle: { codePath: inject('workflowBundlePath') } },
  );
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await close();
  };
}

async function settingsOf(parts: Parts, options: WorldOptions): Promise<GatewaySettings> {
  const direct = { databaseUrl: parts.databaseUrl, temporalAddress: inject('temporalAddress') };
  const { databaseUrl, temporalAddress } = (await options.through?.(direct)) ?? direct;
  return {
    host: '127.0.0.1',
    port: 0,
    baseUrl: null,
    databaseUrl,
    temporal: { address: temporalAddress, namespace: 'default' },
    taskQueue: parts.taskQueue,
    sealingKeys: createSealingKeys(parts.sealingKey),
    codec: createPayloadCodec(options.codecKeys),
    codecUi: options.codecUi ?? { origins: [], keyless: false },
    buyerTokenKey: parts.buyerTokenKey,
    mode: 'test',
    timeScale: 1,
    apiKey: { key: parts.apiKey, merchantId: parts.merchantId },
    processors: parts.processors,
    returnUrlOrigins: options.returnUrlOrigins ?? [],
  };
}

function collectingLog() {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: createLog(sink), logged: () => lines.join('') };
}

async function pointWebhooksTo(url: string, simulator: Simulator): Promise<void> {
  await fetch(`${simulator.url}/control/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });
}

function callers(url: string, apiKey: string): Pick<World, 'call' | 'post'> {
  const call: World['call'] = (path, input = {}) => {
    const key = input.apiKey === undefined ? apiKey : input.apiKey;
    return fetch(`${url}${path}`, {
      method: input.method ?? 'GET',
      headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...input.headers },
      redirect: 'manual',
      ...(input.body !== undefined && { body: input.body }),
    });
  };
  const post: World['post'] = (path, body, input = {}) => {
    const idempotencyKey = randomBytes(12).toString('hex');
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey, ...input.headers };
    return call(path, { method: 'POST', body: JSON.stringify(body), ...input, headers });
  };
  return { call, post };
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
