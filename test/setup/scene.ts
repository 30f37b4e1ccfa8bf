import { randomBytes } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { expect, inject } from 'vitest';
import { type CollectRequest, type OrderView, Recoup } from '../../client/index.ts';
import { lazyConnection } from '../../client/temporal/connection.ts';
import { Policies } from '../../client/temporal/policies.ts';
import { startOrder } from '../../client/temporal/start.ts';
import { orderWorkflowId } from '../../contract/ids.ts';
import type { OrderPaymentInput } from '../../contract/messages.ts';
import { newOrderState } from '../../contract/order.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import { createSealingKeys } from '../../contract/sealing.ts';
import { createLog } from '../../gateway/log.ts';
import { startGateway } from '../../gateway/server.ts';
import { readSettings } from '../../gateway/settings.ts';
import type { MerchantEvent } from '../../policy/events.ts';
import { openProcessors } from '../../processors/registry.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { openSealedStore } from '../../store/sealing.ts';
import type { Store } from '../../store/store.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { readWorkerSettings } from '../../worker/settings.ts';
import { freshDatabase } from './database.ts';
import { historiesOf, replayAll } from './replays.ts';
import { logged } from './runtime.ts';
import { insideWorker, processWorker, type WorkerCables } from './scene-workers.ts';
import './provided.ts';

export interface LedgerEntry {
  processor: string;
  operation: string;
  key: string;
  reference: string | null;
  amountMinor: number;
  at: string;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
  requests: number;
}

/** The real parts in one test process: worker, simulator, client, a database and a task queue of its own. */
export interface Scene {
  /** Straight to Temporal and PostgreSQL. */
  recoup: Recoup;
  /** Through the gateway. */
  http: Recoup;
  gatewayUrl: string;
  apiKey: string;
  merchantId: string;
  client: Client;
  simulator: Simulator;
  store: Store;
  databaseUrl: string;
  sealingKey: string;
  /** All that gateway and worker of this process logged. */
  logged(): string;
  taskQueue: string;
  /** The settings of its worker and gateway. */
  env: Record<string, string>;
  /** What an order's workflow is started with. */
  newInput(request: CollectRequest, waitMs?: number): Promise<Omit<OrderPaymentInput, 'startId'>>;
  /** Starts an order as the embedded client does, with more of the workflow's input, e.g. `eventsPerRun`. */
  collectWith(request: CollectRequest, more: Partial<OrderPaymentInput>, waitMs?: number): Promise<OrderView>;
  /** The order's workflow in Temporal: its latest run. */
  workflow(orderId: string): WorkflowHandle;
  /** What the merchant is told, oldest first. */
  outbox(orderId: string): Promise<MerchantEvent[]>;
  /** Reads what really happened. */
  ledger(orderId: string): Promise<LedgerEntry[]>;
  /** Sum of what was captured and not refunded, minor units. */
  netCaptured(orderId: string): Promise<number>;
  /** Polls until the order is as wanted; fails with what it saw last. */
  until(orderId: string, wanted: (order: OrderView) => boolean, withinMs?: number): Promise<OrderView>;
  /** Number of history events of the order's run. */
  historyLength(orderId: string): Promise<number>;
  /** Kills the worker process (SIGKILL), starts one more, with other settings if need be, freezes and thaws it; only with `worker: 'process'`. */
  killWorker(): Promise<void>;
  startWorker(change?: Record<string, string>): Promise<void>;
  freezeWorker(): void;
  thawWorker(): void;
  /** Between a worker process and its servers. */
  cables(): WorkerCables;
  /** Replays every history that this scene made, then stops everything. */
  close(): Promise<void>;
}

export interface SceneOptions {
  /** Divides waits, in worker and simulator alike. */
  timeScale?: number;
  /** A process of its own can be killed in the middle of things. Default: inside the test. */
  worker?: 'inside' | 'process';
  /** `held`: the simulator keeps its webhooks to itself, so that other proofs are needed. Default: sent to the gateway. */
  webhooks?: 'sent' | 'held';
  /** `RECOUP_CODEC_KEYS` of all parts: what Temporal stores is encrypted. Default: off. */
  codecKeys?: string;
  env?: Record<string, string>; // Further settings, e.g. `RECOUP_BREAKER_COOL_DOWN_MS`.
  /** Keeps a second worker process loaded and waiting, so that a killed one is replaced in a moment. */
  spares?: boolean;
  /** What a worker process and Temporal say to each other is under way for so long. */
  behindMs?: number;
  /** A Temporal server of one's own. Default: the shared one. */
  temporalAddress?: string;
  /** A server whose time is not the wall clock's. Default: the shared one. */
  skipping?: { address: string; nowMs(): Promise<number> };
  /** How far the clock of a worker inside the test is off, ms. */
  workerClockOffMs?: number;
}

export const WEBHOOK_SECRET = `whsec_${Buffer.from('simulated-webhooks-are-signed-too').toString('base64')}`;

const logStream = { write: (line: string) => void logged.push(line) };

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const {
    timeScale = 1,
    worker: where = 'inside',
    webhooks = 'sent',
    skipping,
    codecKeys = '',
    workerClockOffMs = 0,
  } = options;
  const loggedBefore = logged.length;
  const database = await freshDatabase();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const sealingKey = randomBytes(32).toString('base64');
  const merchantId = `m${randomBytes(4).toString('hex')}`;
  const apiKey = `rk_test_${randomBytes(24).toString('hex')}`;
  const simulator = await startSimulator({ timeScale, webhookSecret: WEBHOOK_SECRET });
  const { alpha, beta, gamma } = simulator.processors;
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: skipping?.address ?? options.temporalAddress ?? inject('temporalAddress'),
    TEMPORAL_TASK_QUEUE: taskQueue,
    RECOUP_SEALING_KEY: sealingKey,
    RECOUP_CODEC_KEYS: codecKeys,
    RECOUP_MODE: 'test',
    RECOUP_TIME_SCALE: String(timeScale),
    RECOUP_API_KEY: apiKey,
    RECOUP_MERCHANT_ID: merchantId,
    RECOUP_BUYER_TOKEN_KEY: randomBytes(32).toString('base64'),
    SIMULATOR_ALPHA_URL: alpha,
    SIMULATOR_BETA_URL: beta,
    SIMULATOR_GAMMA_URL: gamma,
    SIMULATOR_WEBHOOK_SECRET: WEBHOOK_SECRET,
    ...options.env,
  };
  const gateway = await startGateway(readSettings(env), createLog(logStream));
  await setWebhooks(simulator, { url: `${gateway.url}/v1/webhooks`, hold: webhooks === 'held' });
  const codePath = codecKeys === '' ? inject('workflowBundlePath') : await workflowBundle({ encrypted: true });
  const dataConverter = { payloadCodecs: [createPayloadCodec(codecKeys)] };
  const hear = (text: string) => void logged.push(text);
  const workers =
    where === 'inside'
      ? await insideWorker(env, codePath, { skipping: skipping !== undefined, clockOffMs: workerClockOffMs })
      : await processWorker(env, { spares: options.spares ?? false, behindMs: options.behindMs ?? 0, hear });
  const { connection, close: disconnect } = lazyConnection(env.TEMPORAL_ADDRESS);
  const client = new Client({ connection, dataConverter });
  const processors = openProcessors(readWorkerSettings(env).processors);
  const recoup = new Recoup({
    temporal: client,
    databaseUrl: database.url,
    sealingKey,
    merchantId,
    processors: (name) => processors.get(name),
  });
  const http = new Recoup({ baseUrl: gateway.url, apiKey });
  const ledger = async (orderId: string): Promise<LedgerEntry[]> => {
    const answer = await fetch(`${simulator.url}/ledger?orderId=${orderId}&merchantId=${merchantId}`);
    return ((await answer.json()) as { entries: LedgerEntry[] }).entries;
  };
  const { store, sealer } = await openSealedStore(database.url, createSealingKeys(sealingKey));
  const policies = new Policies(store);
  const newInput: Scene['newInput'] = async (request, waitMs = 10_000) => {
    const { rulebook, rulebookHash, sheets } = await policies.current(merchantId);
    const { id, version } = rulebook;
    const now = new Date((await skipping?.nowMs()) ?? Date.now()).toISOString();
    const told = { id, version, hash: rulebookHash };
    const state = await newOrderState({ request, merchantId, rulebook: told, now, waitMs, sealer });
    return { state, version: null, rulebook, sheets, reopened: false, firstOfOrder: true };
  };
  const collectWith: Scene['collectWith'] = async (request, more, waitMs = 10_000) => {
    const input = { ...(await newInput(request, waitMs)), ...more };
    const started = await startOrder(client, { input, taskQueue, waitMs });
    return started.kind === 'answered' ? started.answer.view : expect.fail(`not answered: ${started.kind}`);
  };
  const workflow = (orderId: string) => client.workflow.getHandle(orderWorkflowId({ merchantId, orderId }));
  return {
    recoup,
    http,
    gatewayUrl: gateway.url,
    apiKey,
    merchantId,
    client,
    simulator,
    store,
    newInput,
    collectWith,
    workflow,
    outbox: (orderId) => store.listOutbox(merchantId, orderId),
    databaseUrl: database.url,
    sealingKey,
    logged: () => logged.slice(loggedBefore).join('\n'),
    taskQueue,
    env,
    ledger,
    netCaptured: async (orderId) => netOf(await ledger(orderId)),
    until: (orderId, wanted, withinMs = 30_000) => poll(() => recoup.orders.get(orderId), wanted, withinMs),
    historyLength: async (orderId) => {
      const history = await workflow(orderId).fetchHistory();
      return history.events?.length ?? 0;
    },
    killWorker: () => workers.kill(),
    startWorker: (change) => workers.start(change),
    freezeWorker: () => workers.freeze(),
    thawWorker: () => workers.thaw(),
    cables: () => workers.cables(),
    close: async () => {
      try {
        // The time-skipping server keeps no lists: there each test replays its own.
        if (skipping === undefined) {
          await replayAll({ workflowBundle: { codePath }, dataConverter }, historiesOf(client, taskQueue));
        }
      } finally {
        // Whatever it found: the next file runs in this process.
        await workers.close();
        await Promise.all([recoup.close(), http.close(), gateway.close(), simulator.close(), store.close()]);
        await disconnect();
        await database.drop();
      }
    },
  };
}

/** See the simulator's README, `/control/webhooks`. */
export async function setWebhooks(simulator: Simulator, settings: Record<string, unknown>): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${simulator.url}/control/webhooks`, {
    method: 'POST',
    headers,
    body: JSON.stringify(settings),
  });
  expect(answer.status).toBe(200);
}

function netOf(entries: LedgerEntry[]): number {
  return entries.reduce(
    (sum, { effect, amountMinor }) =>
      sum + (effect === 'captured' ? amountMinor : effect === 'refunded' ? -amountMinor : 0),
    0,
  );
}

/** A test's order: one card at the simulator, told by its token. */
export function order(orderId: string, token: string, more: Partial<CollectRequest> = {}): CollectRequest {
  return { orderId, amount: { minor: 4999, currency: 'EUR' }, paymentMethod: { token }, ...more };
}

let count = 0;
export function newOrderId(): string {
  count += 1;
  return `o${randomBytes(4).toString('hex')}-${count}`;
}

export async function poll<T>(read: () => Promise<T>, wanted: (value: T) => boolean, withinMs: number): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadlineMs) expect.fail(`not within ${withinMs} ms; last seen: ${JSON.stringify(value, null, 2)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
