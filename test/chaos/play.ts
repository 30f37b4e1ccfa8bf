import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderView, Recoup } from '../../client/index.ts';
import { orderWorkflowId } from '../../contract/ids.ts';
import { putForeignAside, tellOfForeign } from './foreign.ts';
import type { BuyerChoice, OrderPlan } from './plan.ts';
import { said } from './said.ts';
import type { AfterMistake } from './stories.ts';
import type { OrderRow, Watch } from './watch.ts';
import { isClosed } from './watch.ts';
import { MERCHANT_ID, type World } from './world.ts';

export interface Stage {
  world: World;
  watch: Watch;
  /** Orders whose `collect` was answered: they were promised to somebody. */
  accepted: Set<string>;
  /** Orders of which support said that a payment was not made, and it was. */
  mistaken: Set<string>;
  /** Notices of payments that are none of ours, taken by the gateway. */
  foreignTold: { count: number };
  /** Counts what callers were answered with, by error code. */
  answered(code: string): void;
}

/** Nobody waits longer for the answer to a command; the order goes on by itself. */
const CALLER_WAITS_MS = 8_000;
/** After this the story is left to itself. */
const STORY_MS = 10_000;
/** So long support waits for something to be wrong about: a busy machine charges late. */
const DOUBT_WITHIN_MS = 30_000;
/** How long a row has to stay the same before the next one acts. */
const REACTION_MS = 60;

/** Plays one order: the callers, the buyer, the merchant, support, each as its plan says. */
export async function playOrder(stage: Stage, plan: OrderPlan): Promise<void> {
  const startedMs = Date.now();
  const request = {
    ...plan.request,
    ...(plan.expiresAfterMs === null ? {} : { expiresAt: new Date(startedMs + plan.expiresAfterMs).toISOString() }),
  };
  const collect = async (caller: Recoup) => {
    const answer = await said(stage, () => caller.orders.collect(request, { waitMs: plan.patienceMs }));
    if (answer !== undefined) stage.accepted.add(plan.orderId);
  };
  const callers = Array.from({ length: plan.callers }, (_, index) => callerOf(stage, plan, index));
  const others = interruptions(stage, plan, collect);
  const support = plan.afterMistake === null ? null : mistake(stage, plan, plan.afterMistake);
  await Promise.all(callers.map(collect));
  await buyersPart(stage, plan, startedMs + STORY_MS);
  await support;
  await Promise.all(others);
}

function callerOf({ world }: Stage, { orderId }: OrderPlan, offset: number): Recoup {
  const caller = world.callers[(Number(orderId.split('-')[2]) + offset) % world.callers.length];
  if (caller === undefined) throw new Error('there is no caller');
  return caller;
}

/** What happens to the order from outside at its own time, whatever stage it is in by then. */
function interruptions(
  stage: Stage,
  plan: OrderPlan,
  collect: (caller: Recoup) => Promise<unknown>,
): Promise<unknown>[] {
  const { orderId, merchant, support } = plan;
  const caller = callerOf(stage, plan, 3);
  const at = (afterMs: number | null, act: () => Promise<unknown>) =>
    afterMs === null ? [] : [sleep(afterMs).then(() => said(stage, act))];
  const workflow = stage.world.temporal.workflow.getHandle(orderWorkflowId({ merchantId: MERCHANT_ID, orderId }));
  const because = (reason: string) => ({ reason });
  return [
    ...at(merchant.cancelAfterMs, () =>
      caller.orders.cancel(orderId, because('the shop cancels'), { waitMs: CALLER_WAITS_MS }),
    ),
    ...at(support.holdAfterMs, async () => {
      await caller.orders.hold(orderId, because('support looks'), { waitMs: CALLER_WAITS_MS });
      await sleep(500);
      await caller.orders.release(orderId, because('support is done'), { waitMs: CALLER_WAITS_MS });
    }),
    ...at(support.retryAfterMs, () =>
      caller.orders.retry(orderId, because('support tries'), { waitMs: CALLER_WAITS_MS }),
    ),
    ...at(plan.cancelInTemporalAfterMs, () => workflow.cancel()),
    ...at(plan.terminatedAfterMs, async () => {
      await workflow.terminate('somebody terminates');
      await collect(callerOf(stage, plan, 5));
    }),
    ...plan.foreign.flatMap((told) => at(told.afterMs, () => tellOfForeign(stage, plan, told))),
    ...at(plan.reset?.afterMs ?? null, () => reset(stage, orderId, plan.reset?.to ?? 0)),
  ];
}

/** A person is asked at once where hours pass in a second. */
const isInDoubt = (row: OrderRow | undefined) => row?.stage === 'confirming' || row?.stage === 'needs_review';

/** Support takes the payment whose answer is missing for one that was never made, and the order goes on without it. */
async function mistake(stage: Stage, plan: OrderPlan, next: AfterMistake): Promise<void> {
  const { orderId } = plan;
  const caller = callerOf(stage, plan, 2);
  const row = await stage.watch.until(orderId, (each) => isClosed(each) || isInDoubt(each), DOUBT_WITHIN_MS);
  if (!isInDoubt(row)) return;
  const view = await said(stage, () => caller.orders.get(orderId));
  const unknown = view?.attempts.find(({ outcome }) => outcome === 'unknown');
  if (unknown === undefined) return;
  stage.mistaken.add(orderId);
  const why = { evidence: 'not in the dashboard', reason: 'support is wrong' };
  await said(stage, () => caller.orders.resolve(orderId, { attempt: unknown.number, outcome: 'absent', ...why }));
  await said(stage, () =>
    next.path === 'cancel'
      ? caller.orders.cancel(orderId, { reason: 'the shop gives up' }, { waitMs: CALLER_WAITS_MS })
      : caller.orders.recover(orderId, next, { waitMs: CALLER_WAITS_MS }),
  );
  await buyersPart(stage, plan, Date.now() + STORY_MS);
}

/** Goes back to an earlier workflow task, as with `temporal workflow reset`. */
async function reset({ world }: Stage, orderId: string, to: number): Promise<void> {
  const workflowId = orderWorkflowId({ merchantId: MERCHANT_ID, orderId });
  const handle = world.temporal.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const { events = [] } = await world.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  const finished = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
  const task = finished[Math.min(finished.length - 1, Math.floor(to * finished.length))];
  if (task?.eventId == null) return;
  await world.temporal.workflowService.resetWorkflowExecution({
    namespace: world.temporal.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: task.eventId,
    reason: 'somebody resets',
    requestId: randomUUID(),
  });
}

/** Acts whenever it is the buyer's or the merchant's turn, until nobody on the plan has anything more to do. */
async function buyersPart(stage: Stage, plan: OrderPlan, untilMs: number): Promise<void> {
  const { watch } = stage;
  const choices = [...plan.buyer.choices];
  let seen = -1;
  while (Date.now() < untilMs) {
    const before = seen;
    const row = await watch.until(
      plan.orderId,
      (each) => isClosed(each) || (each !== undefined && each.seq > before),
      1_500,
    );
    if (row === undefined || isClosed(row) || row.seq === before) return;
    await sleep(REACTION_MS);
    seen = watch.rows.get(plan.orderId)?.seq ?? row.seq;
    if (!(await react(stage, plan, watch.rows.get(plan.orderId) ?? row, choices))) return;
  }
}

/** False when nobody will do anything more here. */
async function react(stage: Stage, plan: OrderPlan, row: OrderRow, choices: BuyerChoice[]): Promise<boolean> {
  const { orderId, buyer, merchant } = plan;
  const caller = callerOf(stage, plan, 1);
  switch (row.stage) {
    case 'waiting_authentication':
      if (buyer.authentication === 'leave') return chooses(stage, plan, choices);
      await onPage(stage, caller, orderId, { decision: buyer.authentication });
      return true;
    case 'hosted_checkout':
    case 'invoiced': {
      if (buyer.switches && choices.length > 0) return chooses(stage, plan, choices);
      if (buyer.page === 'leave') return false;
      if (buyer.page === 'decline_then_pay') await onPage(stage, caller, orderId, { decision: 'decline' });
      return await onPage(stage, caller, orderId, { decision: 'pay' });
    }
    case 'waiting_buyer':
      return chooses(stage, plan, choices);
    case 'authorized':
      if (merchant.authorized === 'leave') return false;
      await said(stage, () =>
        caller.orders[merchant.authorized === 'capture' ? 'capture' : 'cancel'](orderId, {
          reason: 'the shop decides',
        }),
      );
      return true;
    case 'needs_review':
      if (await putForeignAside(stage, caller, plan)) return true;
      return plan.support.retryAfterMs !== null || choices.length > 0;
    case 'retry_scheduled':
      return plan.support.retryAfterMs !== null || choices.length > 0;
    default:
      return true;
  }
}

async function chooses(stage: Stage, plan: OrderPlan, choices: BuyerChoice[]): Promise<boolean> {
  const choice = choices.shift();
  if (choice === undefined) return false;
  const caller = callerOf(stage, plan, 1);
  const { orderId } = plan;
  if (choice.path === 'saved_method') {
    const view = await said(stage, () => caller.orders.get(orderId));
    const instrument = view?.nextAction.options.find(({ path }) => path === 'saved_method')?.instrument?.id;
    if (instrument === undefined) return true;
    await said(stage, () =>
      caller.orders.recover(orderId, { path: 'saved_method', instrument }, { waitMs: CALLER_WAITS_MS }),
    );
    return true;
  }
  await said(stage, () => caller.orders.recover(orderId, choice, { waitMs: CALLER_WAITS_MS }));
  return true;
}

/** The buyer decides on the processor's page. False when there is none. */
async function onPage(stage: Stage, caller: Recoup, orderId: string, fields: Record<string, string>): Promise<boolean> {
  const view: OrderView | undefined = await said(stage, () => caller.orders.get(orderId));
  const url = view?.nextAction.url;
  if (url === undefined) return false;
  try {
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    await answer.text();
    return true;
  } catch {
    // The processor is down for the buyer as well.
    return false;
  }
}
