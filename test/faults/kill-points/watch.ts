import type { Scene } from '../../setup/scene.ts';

/** Asking for a run that does not exist yet. */
const GRPC_NOT_FOUND = 5;
const ASK_AGAIN_MS = 2;
const LOOK_AGAIN_MS = 20;

/**
 * Resolves once the order's runs have so many history events in all, as soon as Temporal has written them; with fewer when
 * `isOver` says that it is not worth waiting for more. Answers how many there were each time that some were added: events that
 * Temporal wrote together cannot be told apart.
 */
export async function untilEvent(scene: Scene, orderId: string, wanted: number, isOver: () => boolean) {
  const counts: number[] = [];
  const { namespace } = scene.client.options;
  const { workflowId } = scene.workflow(orderId);
  let execution: { workflowId: string; runId?: string } = { workflowId };
  let current: string | undefined;
  let seen = 0;
  let nextPageToken: Uint8Array | null | undefined;
  while (seen < wanted && !isOver()) {
    const ask = { namespace, execution, waitNewEvent: true, ...(nextPageToken == null ? {} : { nextPageToken }) };
    try {
      const answer = await scene.client.withDeadline(Date.now() + 1_000, () =>
        scene.client.workflowService.getWorkflowExecutionHistory(ask),
      );
      const events = answer.history?.events ?? [];
      current = events[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? current;
      seen += events.length;
      if (seen > (counts.at(-1) ?? 0)) counts.push(seen);
      nextPageToken = answer.nextPageToken;
      if (nextPageToken == null || nextPageToken.length === 0) {
        const runId = await runAfter(scene, orderId, current, isOver);
        if (runId === null) break;
        execution = { workflowId, runId };
      }
    } catch (error) {
      const code = (error as { code?: number }).code;
      if (code === GRPC_NOT_FOUND) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      else if (!isTimeout(code)) throw error;
    }
  }
  return counts;
}

/** A late event, or the sweeper, may start one more run of an order whose run is closed. */
async function runAfter(scene: Scene, orderId: string, runId: string | undefined, isOver: () => boolean) {
  while (!isOver()) {
    const latest = await scene.workflow(orderId).describe();
    if (latest.runId !== runId) return latest.runId;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return null;
}

/** Nothing new within the second: `DEADLINE_EXCEEDED` or `CANCELLED`. */
function isTimeout(code: number | undefined): boolean {
  return code === 4 || code === 1;
}
