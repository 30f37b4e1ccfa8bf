import { randomUUID } from 'node:crypto';
import type { Scene } from '../setup/scene.ts';

/** The workflow tasks of the order's latest run so far, each by the event that completed it: where a reset can go to. */
export async function finishedTasks(scene: Scene, orderId: string): Promise<number[]> {
  const { events } = await scene.workflow(orderId).fetchHistory();
  const tasks = events?.filter(({ workflowTaskCompletedEventAttributes: completed }) => completed != null) ?? [];
  return tasks.map(({ eventId }) => Number(eventId));
}

/** As the button in Temporal does it; `more`: of the request, e.g. what is not to be applied again. */
export async function resetTo(
  scene: Scene,
  orderId: string,
  { runId, task, ...more }: { runId: string; task: number; resetReapplyExcludeTypes?: number[] },
): Promise<void> {
  await scene.client.workflowService.resetWorkflowExecution({
    namespace: scene.client.options.namespace,
    workflowExecution: { workflowId: scene.workflow(orderId).workflowId, runId },
    workflowTaskFinishEventId: task as never,
    reason: 'a test resets',
    requestId: randomUUID(),
    ...more,
  });
}
