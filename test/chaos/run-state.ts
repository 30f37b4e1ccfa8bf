import { orderWorkflowId } from '../../contract/ids.ts';
import { MERCHANT_ID, type World } from './world.ts';

const LAST_EVENTS = 15;

/** How the order's run stands in Temporal: its status, a workflow task that does not get through, its last events. */
export async function runStateOf({ temporal }: World, orderId: string): Promise<string> {
  try {
    const handle = temporal.workflow.getHandle(orderWorkflowId({ merchantId: MERCHANT_ID, orderId }));
    const { status, raw } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const last = (events ?? []).slice(-LAST_EVENTS).map((event) => {
      const [name = '?'] = Object.keys(event).filter((key) => key.endsWith('EventAttributes'));
      const failure = event.workflowTaskFailedEventAttributes?.failure?.message;
      return `${event.eventId} ${name.replace('EventAttributes', '')}${failure == null ? '' : ` (${failure})`}`;
    });
    const { pendingWorkflowTask: task, pendingActivities = [] } = raw;
    const waiting = [
      ...(task == null ? [] : [`workflow task, try ${task.attempt}`]),
      ...(pendingActivities ?? []).map(({ activityType, attempt }) => `${activityType?.name}, try ${attempt}`),
    ];
    return `${status.name}; pending: ${waiting.join(', ') || 'nothing'}; last: ${last.join(', ')}`;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}
