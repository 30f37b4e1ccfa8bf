import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** Longer than any sweep takes. Without an end, one that no worker takes would keep out all that come after it. */
const SWEPT_WITHIN = '2 minutes';

/** One schedule for each task queue, made by whichever of its workers comes first. */
export async function ensureSweeper(client: Client, taskQueue: string): Promise<void> {
  const id = `recoup-sweeper-${taskQueue}`;
  try {
    await client.schedule.create({
      scheduleId: id,
      spec: { intervals: [{ every: '1 minute' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweepOrders',
        workflowId: id,
        taskQueue,
        workflowExecutionTimeout: SWEPT_WITHIN,
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
