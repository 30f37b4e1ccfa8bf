import { setTimeout as sleep } from 'node:timers/promises';
import type { Recoup } from '../../client/index.ts';
import type { OrderState } from '../../policy/order.ts';
import { isOfGiveBack } from '../../policy/review-codes.ts';
import { putForeignAside } from './foreign.ts';
import { netCaptured, takings } from './ledger.ts';
import type { OrderPlan } from './plan.ts';
import type { Stage } from './play.ts';
import { said } from './said.ts';
import { readStates } from './store-reader.ts';
import { isClosed, isDone, isSystemsTurn, type OrderRow } from './watch.ts';

/*
 * An order is at rest when it is closed and no money has to go back; or somebody who is named has the next turn (buyer, merchant, support); or it is
 * the system's turn at a time that is known and not yet due. Anything else is stuck: nobody would ever move it again.
 */

/** A planned time may be so late on a busy machine. */
const OVERDUE_MS = 10_000;
/** What is planned sooner than this is waited for. */
const SOON_MS = 5_000;
/** Nothing moved for so long: webhooks that were on their way have arrived. */
const CALM_FOR_MS = 1_000;

export function whyStuck(row: OrderRow | undefined, nowMs: number): string | null {
  if (row === undefined) return 'it was accepted and is not in the store';
  if (isDone(row)) return null;
  const { nextActionAtMs } = row;
  if (nextActionAtMs !== null && nextActionAtMs < nowMs - OVERDUE_MS) {
    return `${row.stage}: its next step was due at ${new Date(nextActionAtMs).toISOString()}`;
  }
  if (isSystemsTurn(row) && nextActionAtMs === null)
    return `${row.stage}: nobody has the next turn, and no time is planned`;
  return null;
}

function isCalm(row: OrderRow | undefined, nowMs: number): boolean {
  if (row === undefined || whyStuck(row, nowMs) !== null) return false;
  return !isSystemsTurn(row) || (row.nextActionAtMs ?? 0) > nowMs + SOON_MS;
}

export interface Restless {
  orderId: string;
  stage: string | undefined;
  stuck: string | null;
}

/** Resolves once every order is at rest with nothing due soon and no notice on its way, or when the time is over; says which orders were not calm, and those of them that are stuck. */
export async function untilCalm({ watch, world }: Stage, orderIds: string[], withinMs: number): Promise<Restless[]> {
  const deadlineMs = Date.now() + withinMs;
  let calmSince = 0;
  while (Date.now() < deadlineMs) {
    const nowMs = Date.now();
    if (!orderIds.every((orderId) => isCalm(watch.rows.get(orderId), nowMs))) calmSince = 0;
    else if ((await world.simulator.webhooksOnTheirWay()) > 0) calmSince = 0;
    else if (calmSince === 0) calmSince = nowMs;
    else if (nowMs - calmSince > CALM_FOR_MS) return [];
    await sleep(100);
  }
  const nowMs = Date.now();
  return orderIds.flatMap((orderId) => {
    const row = watch.rows.get(orderId);
    return isCalm(row, nowMs) ? [] : [{ orderId, stage: row?.stage, stuck: whyStuck(row, nowMs) }];
  });
}

/**
 * A person holds what has to go back: in fair weather it goes, except where a processor refuses or cannot tell. An order that had
 * ended before the money came is open again until then.
 */
export function isHeldByPerson(row: OrderRow | undefined, { review }: Pick<OrderState, 'review'>): boolean {
  return row?.needsHuman === true && ((isClosed(row) && row.open) || isAskedToGiveBack(review));
}

function isAskedToGiveBack(review: OrderState['review']): boolean {
  return review !== null && isOfGiveBack(review);
}

/** Whoever still has a turn takes it: support answers what only a person can know, the shop cancels or closes. */
export async function endOrders(stage: Stage, plans: OrderPlan[]): Promise<void> {
  const states = await readStates(stage.world.database);
  await inLanes(20, plans, async (plan, index) => {
    const row = stage.watch.rows.get(plan.orderId);
    const state = states.get(plan.orderId);
    const caller = stage.world.callers[index % stage.world.callers.length];
    if (caller === undefined || state === undefined) return;
    await putAllAside(stage, caller, plan);
    if (isHeldByPerson(row, state))
      await said(stage, () => caller.orders.retry(plan.orderId, { reason: 'the processor is well again' }));
    if (plan.atTheEnd === 'leave' || isClosed(row) || isAskedToGiveBack(state.review)) return;
    const unknown = state.attempts.find(({ outcome, fencedAt }) => outcome === 'unknown' && fencedAt === null);
    if (unknown !== undefined && (row?.stage === 'needs_review' || unknown.processor === 'gamma')) {
      const keys = new Set(unknown.operations.map(({ key }) => key));
      const taken = takings(await stage.world.simulator.ledgerOf(plan.orderId)).some(({ key }) => keys.has(key));
      const outcome = taken && !plan.supportErrs ? 'succeeded' : 'absent';
      if (taken && plan.supportErrs) stage.mistaken.add(plan.orderId);
      const reason = { evidence: `the ledger of ${unknown.processor}`, reason: 'support looked it up' };
      await said(stage, () => caller.orders.resolve(plan.orderId, { attempt: unknown.number, outcome, ...reason }));
    }
    if (!plan.supportErrs && netCaptured(await stage.world.simulator.ledgerOf(plan.orderId)) > 0) return;
    await said(stage, () =>
      caller.orders[plan.atTheEnd === 'close' ? 'close' : 'cancel'](plan.orderId, { reason: 'the end' }),
    );
  });
}

/** One question comes up after the other. */
async function putAllAside(stage: Stage, caller: Recoup, plan: OrderPlan): Promise<void> {
  for (let asked = plan.foreign.length; asked > 0; asked -= 1) {
    if (!(await putForeignAside(stage, caller, plan))) return;
  }
}

export async function inLanes<T>(
  lanes: number,
  things: T[],
  work: (thing: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < things.length; index = next++) {
      const thing = things[index];
      if (thing !== undefined) await work(thing, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, things.length) }, lane));
}
