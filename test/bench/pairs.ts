import { randomBytes } from 'node:crypto';
import { type Client, WorkflowFailedError } from '@temporalio/client';
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
  /** Orders whose first answer was not `paid`, because a call timed out: being confirmed, or the buyer's turn. */
  notPaidAtAnswer: number;
  /** Of those, the ones whose time for silent attempts was over when the proof came: the buyer is asked. The others are paid. */
  notPaidInTheEnd: number;
  /** Of the bare workflows, those whose call timed out: they know nothing more, and nobody finds out. */
  bareWithoutAnswer: number;
}

export interface Rivals {
  recoup: Recoup;
  client: Client;
}

interface Run {
  id: string;
  /** Answered with what the case is about; otherwise a call timed out on the way. */
  asMeant: boolean;
}

interface Batch {
  ms: number[];
  elapsedMs: number;
  runs: Run[];
}

/**
 * Runs both sides in turn, round by round, so that a machine that changes its speed changes it for both. A round of orders
 * that run alone is one order.
 */
export async function runCase(rivals: Rivals, each: Case): Promise<CaseResult> {
  for (let warm = 0; warm < (each.inFlight === 1 ? 10 : 1); warm += 1) {
    await batch(each.inFlight, () => collect(rivals, each));
    await batch(each.inFlight, () => bare(rivals, each));
  }
  const ours: Batch[] = [];
  const theirs: Batch[] = [];
  const rounds = each.inFlight === 1 ? each.rounds * 10 : each.rounds;
  for (let round = 0; round < rounds; round += 1) {
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
    notPaidAtAnswer: unmeant(ours).length,
    notPaidInTheEnd: await settleAll(rivals, each, ours),
    bareWithoutAnswer: unmeant(theirs).length,
    ...(await countEvents(rivals, each)),
  };
}

function unmeant(batches: Batch[]): Run[] {
  return batches.flatMap(({ runs }) => runs).filter(({ asMeant }) => !asMeant);
}

/** Every order has to come to rest: paid, or the buyer asked. Answers how many are the buyer's. */
async function settleAll({ recoup }: Rivals, each: Case, batches: Batch[]): Promise<number> {
  let asked = 0;
  for (const { id } of unmeant(batches)) {
    const deadlineMs = Date.now() + SETTLED_WITHIN_MS;
    let { stage } = await recoup.orders.get(id);
    while (!AT_REST.has(stage)) {
      if (Date.now() > deadlineMs) throw new Error(`${each.name}: order ${id} is still ${stage}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
      ({ stage } = await recoup.orders.get(id));
    }
    if (stage !== 'paid') asked += 1;
  }
  return asked;
}

const AT_REST = new Set<string>(['paid', 'waiting_buyer']);

const SETTLED_WITHIN_MS = 120_000;

/** One order, from the client's call to its answer. */
async function collect({ recoup }: Rivals, each: Case): Promise<Run> {
  const orderId = newId();
  const answer = await recoup.orders.collect(
    { orderId, amount: { minor: 4999, currency: 'EUR' }, paymentMethod: { token: each.token } },
    { waitMs: 60_000 },
  );
  const { stage } = answer;
  if (stage !== 'confirming' && !AT_REST.has(stage)) throw new Error(`${each.name}: order ${orderId} is ${stage}`);
  return { id: orderId, asMeant: stage === 'paid' };
}

async function bare({ client }: Rivals, each: Case): Promise<Run> {
  const orderId = newId();
  const charges: BareCharge[] = each.calls.map((processor) => ({
    processor,
    orderId,
    key: `bare-${orderId}-${processor}`,
    token: each.token,
  }));
  const outcome = await client.workflow
    .execute('bareWorkflow', { workflowId: `bare-${orderId}`, taskQueue: 'bare', args: [charges] })
    .catch((error) => (error instanceof WorkflowFailedError ? 'fault' : Promise.reject(error)));
  if (outcome !== 'succeeded' && outcome !== 'fault') throw new Error(`${each.name}: bare ${orderId} is ${outcome}`);
  return { id: orderId, asMeant: outcome === 'succeeded' };
}

/** So many at once that each of them has `inFlight` companions: starts 3 × that, or one that runs alone. */
async function batch(inFlight: number, run: () => Promise<Run>): Promise<Batch> {
  const ms: number[] = [];
  const runs: Run[] = [];
  let left = inFlight === 1 ? 1 : inFlight * 3;
  const startedMs = performance.now();
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      const ended = await run();
      ms.push(performance.now() - from);
      runs.push(ended);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { ms, elapsedMs: performance.now() - startedMs, runs };
}

async function countEvents(rivals: Rivals, each: Case) {
  const order = await collect(rivals, each);
  const workflowId = orderWorkflowId({ merchantId: 'default', orderId: order.id });
  const atAnswer = await historyOf(rivals.client, workflowId);
  await rivals.client.workflow.getHandle(workflowId).result();
  const atClose = await historyOf(rivals.client, workflowId);
  const theirs = await bare(rivals, each);
  if (!order.asMeant || !theirs.asMeant) throw new Error(`${each.name}: an order that runs alone timed out`);
  const bareHistory = await historyOf(rivals.client, `bare-${theirs.id}`);
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
