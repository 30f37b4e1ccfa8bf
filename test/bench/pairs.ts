import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Recoup } from '../../client/index.ts';
import { orderWorkflowId } from '../../contract/ids.ts';
import type { BareCharge } from './bare-worker.ts';

export interface Case {
  name: string;
  /** How long the processor takes to answer. */
  processorMs: number;
  inFlight: number;
  /** Processors that are called, in order, and the token that makes them answer so. */
  calls: string[];
  token: string;
  rounds: number;
}

export interface CaseResult {
  name: string;
  processorMs: number;
  inFlight: number;
  p50Ms: number;
  p50Ratio: number;
  p99Ratio: number;
  ordersPerSecond: number;
  throughputRatio: number;
  eventsAtAnswer: number;
  eventsAtClose: number;
  bareEvents: number;
  workflowTasks: number;
  bareWorkflowTasks: number;
}

export interface Rivals {
  recoup: Recoup;
  client: Client;
}

interface Batch {
  ms: number[];
  elapsedMs: number;
}

/** Runs both sides in turn, round by round, so that a machine that changes its speed changes it for both. */
export async function runCase(rivals: Rivals, each: Case): Promise<CaseResult> {
  await batch(each.inFlight, () => collect(rivals, each));
  await batch(each.inFlight, () => bare(rivals, each));
  const ours: Batch[] = [];
  const theirs: Batch[] = [];
  for (let round = 0; round < each.rounds; round += 1) {
    const sides = [
      async () => ours.push(await batch(each.inFlight, () => collect(rivals, each))),
      async () => theirs.push(await batch(each.inFlight, () => bare(rivals, each))),
    ];
    for (const side of round % 2 === 0 ? sides : sides.reverse()) await side();
  }
  const [ourMs, theirMs] = [ours.flatMap(({ ms }) => ms), theirs.flatMap(({ ms }) => ms)];
  const [ourRate, theirRate] = [rateOf(ours), rateOf(theirs)];
  return {
    name: each.name,
    processorMs: each.processorMs,
    inFlight: each.inFlight,
    p50Ms: round(percentile(ourMs, 50), 1),
    p50Ratio: round(percentile(ourMs, 50) / percentile(theirMs, 50), 3),
    p99Ratio: round(percentile(ourMs, 99) / percentile(theirMs, 99), 3),
    ordersPerSecond: round(ourRate, 1),
    throughputRatio: round(ourRate / theirRate, 3),
    ...(await countEvents(rivals, each)),
  };
}

/** One order, from the client's call to its answer. */
async function collect({ recoup }: Rivals, each: Case): Promise<string> {
  const orderId = newId();
  const answer = await recoup.orders.collect(
    { orderId, amount: { minor: 4999, currency: 'EUR' }, paymentMethod: { token: each.token } },
    { waitMs: 60_000 },
  );
  if (answer.stage !== 'paid') throw new Error(`${each.name}: order ${orderId} is ${answer.stage}`);
  return orderId;
}

async function bare({ client }: Rivals, each: Case): Promise<string> {
  const orderId = newId();
  const charges: BareCharge[] = each.calls.map((processor) => ({
    processor,
    orderId,
    key: `bare-${orderId}-${processor}`,
    token: each.token,
  }));
  const outcome = await client.workflow.execute('bareWorkflow', {
    workflowId: `bare-${orderId}`,
    taskQueue: 'bare',
    args: [charges],
  });
  if (outcome !== 'succeeded') throw new Error(`${each.name}: bare order ${orderId} is ${outcome}`);
  return orderId;
}

/** So many at once that each of them has `inFlight` companions: starts 3 × that, or 10 where they run alone. */
async function batch(inFlight: number, run: () => Promise<unknown>): Promise<Batch> {
  const ms: number[] = [];
  let left = inFlight === 1 ? 10 : inFlight * 3;
  const startedMs = performance.now();
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      await run();
      ms.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { ms, elapsedMs: performance.now() - startedMs };
}

async function countEvents(rivals: Rivals, each: Case) {
  const orderId = await collect(rivals, each);
  const atAnswer = await historyOf(rivals.client, orderWorkflowId({ merchantId: 'default', orderId }));
  await rivals.client.workflow.getHandle(orderWorkflowId({ merchantId: 'default', orderId })).result();
  const atClose = await historyOf(rivals.client, orderWorkflowId({ merchantId: 'default', orderId }));
  const bareHistory = await historyOf(rivals.client, `bare-${await bare(rivals, each)}`);
  return {
    eventsAtAnswer: atAnswer.events,
    eventsAtClose: atClose.events,
    bareEvents: bareHistory.events,
    workflowTasks: atClose.workflowTasks,
    bareWorkflowTasks: bareHistory.workflowTasks,
  };
}

async function historyOf(client: Client, workflowId: string): Promise<{ events: number; workflowTasks: number }> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const workflowTasks = events?.filter(({ workflowTaskCompletedEventAttributes: each }) => each != null).length ?? 0;
  return { events: events?.length ?? 0, workflowTasks };
}

function rateOf(batches: Batch[]): number {
  const orders = batches.reduce((sum, { ms }) => sum + ms.length, 0);
  return (1000 * orders) / batches.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
}

function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? 0;
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

function newId(): string {
  return `b${randomBytes(8).toString('hex')}`;
}
