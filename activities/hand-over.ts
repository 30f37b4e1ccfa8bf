import { WorkflowNotFoundError } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../contract/ids.ts';
import { processorEvent } from '../contract/messages.ts';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { ActivityContext } from './context.ts';
import { createReopenOrder } from './reopen-order.ts';

/** Gives events to the order's run, starting one when the order is open in the store. Repeating it changes nothing: events have ids. */
export function createHandOver(context: ActivityContext) {
  const reopenOrder = createReopenOrder(context);
  return async function handOver(input: {
    order: OrderRef;
    events: ProcessorEvent[];
  }): Promise<'delivered' | 'closed'> {
    if ((await reopenOrder(input.order)) === 'closed') return 'closed';
    const handle = context.client.workflow.getHandle(orderWorkflowId(input.order));
    try {
      for (const event of input.events) await handle.signal(processorEvent, event);
      return 'delivered';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'closed';
      throw error;
    }
  };
}
