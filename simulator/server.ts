import { controlRoutes } from './control-routes.ts';
import { Delivery } from './delivery.ts';
import { runDueJob } from './due.ts';
import { Faults } from './faults.ts';
import { serve } from './http.ts';
import { type Job, PROCESSOR_NAMES, type ProcessorName } from './model.ts';
import { Port } from './port.ts';
import type { Processor } from './processor.ts';
import { processorRoutes } from './processor-routes.ts';
import { Scheduler } from './scheduler.ts';
import { sheetOf } from './sheet.ts';
import { State } from './state.ts';

export interface SimulatorOptions {
  /** Of the ledger and control port. 0, the default, is any free port; so for each processor. */
  port?: number;
  processorPorts?: Partial<Record<ProcessorName, number>>;
  /** Base address of webhooks; `/<processor>` is appended. */
  webhookUrl?: string | null;
  /** `whsec_` + base64; needed with an address. */
  webhookSecret?: string | null;
  /** Divides delays, windows and lifetimes. */
  timeScale?: number;
  stateFile?: string | null;
}

export interface Simulator {
  url: string;
  processors: Record<ProcessorName, string>;
  close(): Promise<void>;
}

/** Starts the ledger port and the three processors. Rejects when a port is taken or a setting is wrong. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const timeScale = options.timeScale ?? 1;
  const webhookUrl = options.webhookUrl ?? null;
  const secret = options.webhookSecret ?? null;
  if (!Number.isFinite(timeScale) || timeScale <= 0) throw new Error('RECOUP_TIME_SCALE must be a number above 0');
  if (webhookUrl !== null && secret === null) throw new Error('SIMULATOR_WEBHOOK_SECRET is needed to send webhooks');

  const delivery = new Delivery({
    secret,
    timeScale,
    settings: { duplicate: 0, reorder: false, delayMs: 0, hold: false, url: webhookUrl },
    onDone: (job) => state.commit([['job_done', { id: job.id }]]),
  });
  const state = new State(options.stateFile ?? null);
  const processors = processorsOf(state, timeScale);
  const scheduler = new Scheduler((job) => runJob(processors, delivery, job));
  state.onJob = (job) => scheduler.add(job);

  const ports: Record<ProcessorName, Port> = {
    alpha: openingPort(processors.alpha, options),
    beta: openingPort(processors.beta, options),
    gamma: openingPort(processors.gamma, options),
  };
  for (const name of PROCESSOR_NAMES) processors[name].url = () => ports[name].url;
  const control = new Port(serve(controlRoutes({ state, delivery, ports, processors })), options.port ?? 0);
  const all = [control, ...Object.values(ports)];

  const close = async () => {
    scheduler.close();
    delivery.close();
    await Promise.all(all.map((port) => port.close()));
    state.close();
  };
  const opened = await Promise.allSettled(all.map((port) => port.open()));
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  // What a former process left to do; only now, because what it tells may hold addresses of pages.
  for (const job of [...state.jobs.values()]) scheduler.add(job);
  return {
    url: control.url,
    processors: { alpha: ports.alpha.url, beta: ports.beta.url, gamma: ports.gamma.url },
    close,
  };
}

function processorsOf(state: State, timeScale: number): Record<ProcessorName, Processor> {
  const processorOf = (name: ProcessorName): Processor => ({
    name,
    sheet: sheetOf(name, timeScale),
    state,
    timeScale,
    url: () => '',
    faults: new Faults(),
    inFlight: new Set(),
  });
  return { alpha: processorOf('alpha'), beta: processorOf('beta'), gamma: processorOf('gamma') };
}

function openingPort(processor: Processor, options: SimulatorOptions): Port {
  return new Port(serve(processorRoutes(processor)), options.processorPorts?.[processor.name] ?? 0);
}

function runJob(processors: Record<ProcessorName, Processor>, delivery: Delivery, job: Job): void {
  if (job.kind === 'webhook') delivery.take(job);
  else runDueJob(processors[job.processor], job);
}
