import { lateEventWorkflowId, type OrderRef, orderOfWorkflowId } from '../contract/ids.ts';
import { ORDER_LATE_EVENT, ORDER_PAYMENT, processorEvent } from '../contract/messages.ts';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { ActivityContext } from './context.ts';
import { createReopenOrder } from './reopen-order.ts';

/** Events older than this that no run applied are signalled again; younger ones are probably on their way. */
const EVENT_GRACE_MS = 30_000;
const BATCH = 100;
/** Runs that ended other than by their own return, seen in this time. */
const LOOK_BACK_MS = 24 * 3_600_000;

/** Finds orders that nobody works on although they are open, and events that nobody applied, and hands both to a run. */
export function createSweep(context: ActivityContext) {
  const reopenOrder = createReopenOrder(context);
  return async function sweep(): Promise<{ reopened: number; signalled: number }> {
    let reopened = 0;
    for (const order of await ordersWithoutRun(context)) {
      if ((await reopenOrder(order)) === 'reopened') reopened += 1;
    }
    const before = new Date(context.nowMs() - EVENT_GRACE_MS).toISOString();
    const events = await context.store.listUnappliedEvents({ before, limit: BATCH });
    for (const event of events) await signalAgain(context, event);
    return { reopened, signalled: events.length };
  };
}

async function ordersWithoutRun({ client, nowMs }: ActivityContext): Promise<OrderRef[]> {
  const since = new Date(nowMs() - LOOK_BACK_MS).toISOString();
  const query =
    `WorkflowType = '${ORDER_PAYMENT}' AND ExecutionStatus IN ('Terminated', 'Failed', 'Canceled', 'TimedOut') ` +
    `AND CloseTime > '${since}'`;
  const orders = new Map<string, OrderRef>();
  for await (const { workflowId } of client.workflow.list({ query, pageSize: BATCH })) {
    const order = orderOfWorkflowId(workflowId);
    if (order !== null) orders.set(workflowId, order);
    if (orders.size >= BATCH) break;
  }
  return [...orders.values()];
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
