import type { Scene } from '../../setup/scene.ts';

/** Asking for a run that does not exist yet. */
const GRPC_NOT_FOUND = 5;
const ASK_AGAIN_MS = 2;

/**
 * Resolves once the order's run has so many history events, as soon as Temporal has written them; with fewer when the run
 * is closed before that, or `isOver` says that it is not worth waiting for more. Answers how many there were each time that
 * some were added: events that Temporal wrote together cannot be told apart.
 */
export async function untilEvent(scene: Scene, orderId: string, wanted: number, isOver: () => boolean) {
  const counts: number[] = [];
  const { namespace } = scene.client.options;
  const execution = { workflowId: scene.workflow(orderId).workflowId };
  let seen = 0;
  let nextPageToken: Uint8Array | null | undefined;
  while (seen < wanted && !isOver()) {
    const ask = { namespace, execution, waitNewEvent: true, ...(nextPageToken == null ? {} : { nextPageToken }) };
    try {
      const answer = await scene.client.withDeadline(Date.now() + 1_000, () =>
        scene.client.workflowService.getWorkflowExecutionHistory(ask),
      );
      seen += answer.history?.events?.length ?? 0;
      if (seen > (counts.at(-1) ?? 0)) counts.push(seen);
      nextPageToken = answer.nextPageToken;
      if (nextPageToken == null || nextPageToken.length === 0) break;
    } catch (error) {
      const code = (error as { code?: number }).code;
      if (code === GRPC_NOT_FOUND) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      else if (!isTimeout(code)) throw error;
    }
  }
  return counts;
}

/** Nothing new within the second: `DEADLINE_EXCEEDED` or `CANCELLED`. */
function isTimeout(code: number | undefined): boolean {
  return code === 4 || code === 1;
}
