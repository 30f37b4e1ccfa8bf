import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../contract/ids.ts';
import { ORDER_PAYMENT, type OrderPaymentInput } from '../contract/messages.ts';
import { isAtRest } from '../policy/facts.ts';
import type { ActivityContext } from './context.ts';
import { createLoadOrder } from './load-order.ts';

/**
 * Starts a new run for an order that is open in the store while its run is closed (terminated, or closed before late truth);
 * a paid order of which money has to go back is open too.
 * Allowed by the store alone; two at once are one, because Temporal runs one workflow of an id at a time.
 */
export function createReopenOrder(context: ActivityContext) {
  const loadOrder = createLoadOrder(context);
  return async function reopenOrder(order: OrderRef): Promise<'reopened' | 'running' | 'closed'> {
    const loaded = await loadOrder(order);
    if (loaded === null || isAtRest(loaded.state)) return 'closed';
    const input: OrderPaymentInput = {
      ...loaded,
      reopened: false,
      firstOfOrder: false,
      startId: `resumed-${loaded.state.seq}`,
    };
    try {
      await context.client.workflow.start(ORDER_PAYMENT, {
        workflowId: orderWorkflowId(order),
        taskQueue: context.taskQueue,
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
