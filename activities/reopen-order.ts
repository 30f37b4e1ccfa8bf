import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../contract/ids.ts';
import { collect, ORDER_PAYMENT, type OrderPaymentInput } from '../contract/messages.ts';
import { isAtRest } from '../policy/facts.ts';
import type { ActivityContext } from './context.ts';
import { createLoadOrder } from './load-order.ts';

/** As for every start of an order: a worker that dies with a workflow task in its hands holds it up for this long. */
const WORKFLOW_TASK_TIMEOUT = '5 s';

/**
 * Starts a new run for an order that is open in the store while its run is closed (terminated, or closed before late truth);
 * a paid order of which money has to go back is open too.
 * Allowed by the store alone; two at once are one, because Temporal runs one workflow of an id at a time.
 */
export function createReopenOrder(context: ActivityContext) {
  const loadOrder = createLoadOrder(context);
  return async function reopenOrder(order: OrderRef): Promise<'reopened' | 'running' | 'closed'> {
    const loaded = await loadOrder(order);
    if (loaded !== null && isAtRest(loaded.state)) return 'closed';
    const input: OrderPaymentInput | null =
      loaded === null
        ? await neverWritten(context, order)
        : { ...loaded, reopened: false, firstOfOrder: false, startId: `resumed-${loaded.state.seq}` };
    if (input === null) return 'closed';
    try {
      await context.client.workflow.start(ORDER_PAYMENT, {
        workflowId: orderWorkflowId(order),
        taskQueue: context.taskQueue,
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        args: [input],
      });
      return 'reopened';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running';
      throw error;
    }
  };
}

/**
 * An order whose run was ended before its first write: nothing was claimed, so nothing was sent, and what the run was
 * started with is the whole order. Without an accepted `collect` the next run waits for one again; after `notAfter` it
 * asks the buyer.
 */
async function neverWritten(
  { client, taskQueue }: ActivityContext,
  order: OrderRef,
): Promise<OrderPaymentInput | null> {
  const handle = client.workflow.getHandle(orderWorkflowId(order));
  try {
    const run = await handle.describe();
    // A run of other workers, with a store of their own, is theirs to start again.
    if (run.taskQueue !== taskQueue || run.type !== ORDER_PAYMENT) return null;
    const { events } = await handle.fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (payload == null) return null;
    const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
    let payloads = [payload];
    for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
    const [plain] = payloads;
    if (plain === undefined) return null;
    const accepted = events?.some(
      ({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
        update?.acceptedRequest?.input?.name === collect.name,
    );
    const input = payloadConverter.fromPayload<OrderPaymentInput>(plain);
    return { ...input, firstOfOrder: accepted !== true, startId: 'resumed-0' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
