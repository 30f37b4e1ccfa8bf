import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, inject } from 'vitest';
import { type CollectRequest, type OrderView, Recoup } from '../../client/index.ts';
import { orderOfWorkflowId, orderWorkflowId } from '../../contract/ids.ts';
import { openProcessors } from '../../processors/registry.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { createOrderWorker } from '../../worker/create.ts';
import { freshDatabase } from './database.ts';
import './provided.ts';

export interface LedgerEntry {
  processor: string;
  operation: string;
  key: string;
  reference: string | null;
  amountMinor: number;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
  requests: number;
}

/** The real parts in one test process: worker, simulator, client, a database and a task queue of its own. */
export interface Scene {
  recoup: Recoup;
  client: Client;
  simulator: Simulator;
  databaseUrl: string;
  taskQueue: string;
  /** Reads what really happened. */
  ledger(orderId: string): Promise<LedgerEntry[]>;
  /** Sum of what was captured and not refunded, minor units. */
  netCaptured(orderId: string): Promise<number>;
  /** Polls until the order is as wanted; fails with what it saw last. */
  until(orderId: string, wanted: (order: OrderView) => boolean, withinMs?: number): Promise<OrderView>;
  /** Number of history events of the order's run. */
  historyLength(orderId: string): Promise<number>;
  /** Replays every history that this scene made, then stops everything. */
  close(): Promise<void>;
}

export interface SceneOptions {
  timeScale?: number;
  webhookUrl?: string;
}

export const WEBHOOK_SECRET = `whsec_${Buffer.from('simulated-webhooks-are-signed-too').toString('base64')}`;

Runtime.install({ logger: new DefaultLogger('ERROR') });

export async function openScene({ timeScale = 1, webhookUrl }: SceneOptions = {}): Promise<Scene> {
  const database = await freshDatabase();
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const sealingKey = randomBytes(32).toString('base64');
  const simulator = await startSimulator({ timeScale, webhookUrl: webhookUrl ?? null, webhookSecret: WEBHOOK_SECRET });
  const { alpha, beta, gamma } = simulator.processors;
  const processorSettings = { alphaUrl: alpha, betaUrl: beta, gammaUrl: gamma, webhookSecret: WEBHOOK_SECRET };
  const temporalAddress = inject('temporalAddress');
  const codePath = inject('workflowBundlePath');
  const { worker, client, close } = await createOrderWorker(
    {
      databaseUrl: database.url,
      temporalAddress,
      namespace: 'default',
      taskQueue,
      sealingKey,
      mode: 'test',
      timeScale,
      processors: processorSettings,
      maxCachedWorkflows: 200,
    },
    { workflowBundle: { codePath } },
  );
  const running = worker.run();
  const processors = openProcessors(processorSettings);
  const merchantId = `m${randomBytes(4).toString('hex')}`;
  const recoup = new Recoup({
    temporal: client,
    databaseUrl: database.url,
    sealingKey,
    merchantId,
    processors: (name) => processors.get(name),
  });
  const ledger = async (orderId: string): Promise<LedgerEntry[]> => {
    const answer = await fetch(`${simulator.url}/ledger?orderId=${orderId}&merchantId=${merchantId}`);
    return ((await answer.json()) as { entries: LedgerEntry[] }).entries;
  };
  return {
    recoup,
    client,
    simulator,
    databaseUrl: database.url,
    taskQueue,
    ledger,
    netCaptured: async (orderId) =>
      (await ledger(orderId)).reduce(
        (sum, { effect, amountMinor }) =>
          sum + (effect === 'captured' ? amountMinor : effect === 'refunded' ? -amountMinor : 0),
        0,
      ),
    until: (orderId, wanted, withinMs = 30_000) => poll(() => recoup.orders.get(orderId), wanted, withinMs),
    historyLength: async (orderId) => {
      const history = await client.workflow.getHandle(orderWorkflowId({ merchantId, orderId })).fetchHistory();
      return history.events?.length ?? 0;
    },
    close: async () => {
      await replayAll(client, taskQueue, codePath);
      await recoup.close();
      worker.shutdown();
      await running;
      await close();
      await simulator.close();
      await database.drop();
    },
  };
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

/** Every history that a test makes must replay on today's code. */
async function replayAll(client: Client, taskQueue: string, codePath: string): Promise<void> {
  const query = `TaskQueue = '${taskQueue}'`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    if (orderOfWorkflowId(workflowId) === null) continue;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId);
  }
}
