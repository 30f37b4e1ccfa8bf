import { log } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { lateEventWorkflowId, type OrderRef, orderOfWorkflowId, orderWorkflowId } from '../contract/ids.ts';
import { ORDER_LATE_EVENT, ORDER_PAYMENT, processorEvent } from '../contract/messages.ts';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { OpenOrder } from '../store/store.ts';
import type { ActivityContext } from './context.ts';
import type { SweepResult } from './inputs.ts';
import { createReopenOrder } from './reopen-order.ts';

/** Events older than this that no run applied are signalled again; younger ones are probably on their way. */
const EVENT_GRACE_MS = 30_000;
/** Orders that were written more recently than this are surely being worked on. */
const ORDER_GRACE_MS = 60_000;
const BATCH = 100;
/** Runs that ended other than by their own return, seen in this time. */
const LOOK_BACK_MS = 24 * 3_600_000;

/**
 * Finds orders that are open although nobody works on them, and events that nobody applied, and hands both to a run.
 * Recent endings are seen at once; beyond that each sweep looks at the next hundred open orders, round and round.
 */
export function createSweep(context: ActivityContext) {
  const reopenOrder = createReopenOrder(context);
  return async function sweep({ after }: { after: OpenOrder | null }): Promise<SweepResult> {
    const open = await nextOpenOrders(context, after);
    const lost = [...(await endedRuns(context)), ...(await withoutRun(context, open))];
    let reopened = 0;
    for (const order of lost) {
      await one(order, async () => {
        if ((await reopenOrder(order)) === 'reopened') reopened += 1;
      });
    }
    const before = new Date(context.nowMs() - EVENT_GRACE_MS).toISOString();
    const events = await context.store.listUnappliedEvents({ before, limit: BATCH });
    let signalled = 0;
    for (const event of events) {
      await one(event, async () => {
        await signalAgain(context, event);
        signalled += 1;
      });
    }
    await context.store.idempotency.purge();
    return { reopened, signalled, after: open.length < BATCH ? null : (open.at(-1) ?? null) };
  };
}

/** One order that cannot be helped must not keep the others from being helped: the next sweep tries it again. */
async function one(order: OrderRef, help: () => Promise<void>): Promise<void> {
  try {
    await help();
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    log.warn('The sweeper could not help an order', { merchantId: order.merchantId, orderId: order.orderId, name });
  }
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

async function endedRuns({ client, taskQueue, nowMs }: ActivityContext): Promise<OrderRef[]> {
  const since = new Date(nowMs() - LOOK_BACK_MS).toISOString();
  const query =
    `WorkflowType = '${ORDER_PAYMENT}' AND ExecutionStatus IN ('Terminated', 'Failed', 'Canceled', 'TimedOut') ` +
    `AND TaskQueue = '${taskQueue}' AND CloseTime > '${since}'`;
  const ended = new Map<string, OrderRef>();
  for await (const { workflowId } of client.workflow.list({ query, pageSize: BATCH })) {
    const order = orderOfWorkflowId(workflowId);
    if (order !== null) ended.set(workflowId, order);
    if (ended.size >= BATCH) break;
  }
  return [...ended.values()];
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
