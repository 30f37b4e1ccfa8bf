import { log } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { lateEventWorkflowId, type OrderRef, orderOfWorkflowId, orderWorkflowId } from '../contract/ids.ts';
import { ORDER_LATE_EVENT, ORDER_PAYMENT, processorEvent } from '../contract/messages.ts';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { Instant } from '../policy/terms.ts';
import type { EventName, OpenOrder } from '../store/store.ts';
import type { ActivityContext } from './context.ts';
import type { SweepPlace, SweepResult } from './inputs.ts';
import { createReopenOrder } from './reopen-order.ts';

/** Events older than this that no run applied are signalled again; younger ones are probably on their way. */
const EVENT_GRACE_MS = 30_000;
/** Orders that were written more recently than this are surely being worked on. */
const ORDER_GRACE_MS = 60_000;
const BATCH = 100;
/** Helped at the same time, so that a sweep ends before its time is over, however slow each is. */
const AT_ONCE = 5;
/** Runs that ended other than by their own return, seen in this time. */
const LOOK_BACK_MS = 24 * 3_600_000;

/**
 * Finds orders that are open although nobody works on them, and events that nobody applied, and hands both to a run.
 * Recent endings are seen at once; beyond that each sweep looks at the next hundred of each kind, round and round, so
 * that what cannot be helped hides nothing.
 */
export function createSweep(context: ActivityContext) {
  const reopenOrder = createReopenOrder(context);
  return async function sweep({ after }: { after: SweepPlace }): Promise<SweepResult> {
    const open = await nextOpenOrders(context, after.openOrder);
    const newest = await endedRuns(context, null);
    const from = after.endedRun ?? newest.next;
    const older = from === null ? NO_RUNS : await endedRuns(context, from);
    const lost = [...newest.orders, ...older.orders, ...(await withoutRun(context, open))];
    let reopened = 0;
    await each(lost, async (order) => {
      if ((await reopenOrder(order)) === 'reopened') reopened += 1;
    });
    const events = await nextEvents(context, after.event);
    let signalled = 0;
    await each(events, async (event) => {
      await signalAgain(context, event);
      signalled += 1;
    });
    await context.store.idempotency.purge();
    return {
      reopened,
      signalled,
      after: { openOrder: nextOf(open), event: nameOf(nextOf(events)), endedRun: older.next },
    };
  };
}

/** One order that cannot be helped must not keep the others from being helped: a later sweep tries it again. */
async function each<T extends OrderRef>(all: T[], help: (one: T) => Promise<void>): Promise<void> {
  const helpOne = async (one: T) => {
    try {
      await help(one);
    } catch (error) {
      const name = error instanceof Error ? error.name : 'unknown';
      log.warn('The sweeper could not help an order', { merchantId: one.merchantId, orderId: one.orderId, name });
    }
  };
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(helpOne));
}

function nextOf<T>(page: T[]): T | null {
  return page.length < BATCH ? null : (page.at(-1) ?? null);
}

function nameOf(event: ProcessorEvent | null): EventName | null {
  return event && { processor: event.processor, eventId: event.eventId };
}

function nextOpenOrders({ store, nowMs }: ActivityContext, after: OpenOrder | null): Promise<OpenOrder[]> {
  const before = new Date(nowMs() - ORDER_GRACE_MS).toISOString();
  return store.listOpenOrders({ before, limit: BATCH, ...(after === null ? {} : { after }) });
}

async function withoutRun({ client }: ActivityContext, open: OpenOrder[]): Promise<OrderRef[]> {
  const lost: OrderRef[] = [];
  for (const order of open) {
    try {
      const { status } = await client.workflow.getHandle(orderWorkflowId(order)).describe();
      if (status.name !== 'RUNNING') lost.push(order);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      lost.push(order);
    }
  }
  return lost;
}

function nextEvents({ store, nowMs }: ActivityContext, after: EventName | null): Promise<ProcessorEvent[]> {
  const before = new Date(nowMs() - EVENT_GRACE_MS).toISOString();
  return store.listUnappliedEvents({ before, limit: BATCH, ...(after === null ? {} : { after }) });
}

interface EndedRuns {
  orders: OrderRef[];
  next: Instant | null;
}

const NO_RUNS: EndedRuns = { orders: [], next: null };

/** A page of them, newest first. It ends between two instants, so that the next one begins where it ended. */
async function endedRuns({ client, taskQueue, nowMs }: ActivityContext, before: Instant | null): Promise<EndedRuns> {
  const since = new Date(nowMs() - LOOK_BACK_MS).toISOString();
  const query =
    `WorkflowType = '${ORDER_PAYMENT}' AND ExecutionStatus IN ('Terminated', 'Failed', 'Canceled', 'TimedOut') ` +
    `AND TaskQueue = '${taskQueue}' AND CloseTime > '${since}'${before === null ? '' : ` AND CloseTime < '${before}'`}`;
  const ended = new Map<string, OrderRef>();
  let runs = 0;
  let last: Instant | null = null;
  for await (const { workflowId, closeTime } of client.workflow.list({ query, pageSize: BATCH })) {
    const closedAt = closeTime?.toISOString() ?? null;
    if (runs >= BATCH && closedAt !== last) return { orders: [...ended.values()], next: last };
    const order = orderOfWorkflowId(workflowId);
    if (order !== null) ended.set(workflowId, order);
    runs += 1;
    last = closedAt;
  }
  return { orders: [...ended.values()], next: null };
}

/** A stored event whose signal was lost: a late-event run finds out whose turn it is. */
async function signalAgain({ client, taskQueue }: ActivityContext, event: ProcessorEvent): Promise<void> {
  const { merchantId, orderId } = event;
  await client.workflow.signalWithStart(ORDER_LATE_EVENT, {
    workflowId: lateEventWorkflowId(event),
    taskQueue,
    args: [{ merchantId, orderId }],
    signal: processorEvent,
    signalArgs: [event],
  });
}
