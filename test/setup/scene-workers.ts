import { Context } from '@temporalio/activity';
import { expect } from 'vitest';
import { createOrderWorker } from '../../worker/create.ts';
import { readWorkerSettings } from '../../worker/settings.ts';
import { type Cable, openCable } from './cable.ts';
import { spareWorkerProcess, startWorkerProcess, type WorkerProcess } from './worker-process.ts';

export interface WorkerCables {
  temporal: Cable;
  database: Cable;
}

/** The worker of a scene: inside the test, or a process that can be killed, frozen and started again. */
export interface SceneWorkers {
  kill(): Promise<void>;
  /** @param change settings that are other than before */
  start(change?: Record<string, string>): Promise<void>;
  /** SIGSTOP, then SIGCONT: it neither hears nor says anything in between. */
  freeze(): void;
  /** Every process that was frozen. */
  thaw(): void;
  cables(): WorkerCables;
  close(): Promise<void>;
}

type Env = Record<'DATABASE_URL' | 'TEMPORAL_ADDRESS', string> & Record<string, string>;

/** @param clockOffMs how far its clock is off; `skipping`: it has the server's */
export async function insideWorker(
  env: Env,
  codePath: string,
  { skipping, clockOffMs }: { skipping: boolean; clockOffMs: number },
): Promise<SceneWorkers> {
  const bundle = { workflowBundle: { codePath } };
  const skippedMs = () => Context.current().info.currentAttemptScheduledTimestampMs;
  const nowMs = skipping ? skippedMs : () => Date.now() + clockOffMs;
  const { worker, close } = await createOrderWorker(readWorkerSettings(env), bundle, nowMs);
  const running = worker.run();
  const refuse = () => expect.fail('this worker lives inside the test');
  return {
    kill: refuse,
    start: refuse,
    freeze: refuse,
    thaw: refuse,
    cables: refuse,
    close: async () => {
      worker.shutdown();
      await running;
      await close();
    },
  };
}

/**
 * @param options.spares keeps the next process loaded and waiting, so that a killed one is replaced in a moment
 * @param options.behindMs how long each byte between worker and Temporal is under way
 */
export async function processWorker(
  direct: Env,
  { spares, behindMs, hear }: { spares: boolean; behindMs: number; hear: (text: string) => void },
): Promise<SceneWorkers> {
  const { env, cables } = await cabled(direct, behindMs);
  let running: WorkerProcess | null = await startWorkerProcess(env, hear);
  const others: WorkerProcess[] = [];
  let spare = spares ? spareWorkerProcess(env, hear) : null;
  const kill = async () => {
    await running?.kill();
    running = null;
  };
  return {
    kill,
    start: async (change) => {
      if (running !== null) others.push(running);
      const next = change === undefined ? spare : null;
      running = next === null ? await startWorkerProcess({ ...env, ...change }, hear) : await (await next).begin();
      if (next !== null) spare = spareWorkerProcess(env, hear);
    },
    freeze: () => void running?.signal('SIGSTOP'),
    thaw: () => [running, ...others].forEach((each) => void each?.signal('SIGCONT')),
    cables: () => cables,
    close: async () => {
      await kill();
      for (const other of others) await other.kill();
      await (await spare)?.kill();
      for (const cable of Object.values(cables)) await cable.close();
    },
  };
}

async function cabled(direct: Env, behindMs: number): Promise<{ env: Env; cables: WorkerCables }> {
  const [host = '', port = ''] = direct.TEMPORAL_ADDRESS.split(':');
  const url = new URL(direct.DATABASE_URL);
  const cables = {
    temporal: await openCable(host, Number(port), behindMs),
    database: await openCable(url.hostname, Number(url.port)),
  };
  url.port = String(cables.database.port);
  const TEMPORAL_ADDRESS = `127.0.0.1:${cables.temporal.port}`;
  return { env: { ...direct, TEMPORAL_ADDRESS, DATABASE_URL: url.toString() }, cables };
}
