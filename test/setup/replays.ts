import { type Client, isGrpcServiceError } from '@temporalio/client';
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { orderOfWorkflowId } from '../../contract/ids.ts';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

export interface MadeHistory {
  workflowId: string;
  history: History;
}

/** Every history that the orders of a task queue made, run by run. */
export async function* historiesOf(client: Client, taskQueue: string): AsyncGenerator<MadeHistory> {
  for await (const { workflowId, runId } of client.workflow.list({ query: `TaskQueue = '${taskQueue}'` })) {
    if (orderOfWorkflowId(workflowId) === null) continue;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory().catch(unlessForgotten);
    if (history !== null) yield { workflowId, history };
  }
}

const GRPC_NOT_FOUND = 5;

/** A run that a test had Temporal forget may still be in its lists for a while. */
function unlessForgotten(error: unknown): null {
  if (isGrpcServiceError(error) && error.code === GRPC_NOT_FOUND) return null;
  throw error;
}

/**
 * Each must replay on today's code; throws with the events of the first that does not. One worker replays them all: starting
 * one takes longer than a history does. Answers how many there were.
 */
export async function replayAll(options: ReplayWorkerOptions, histories: AsyncIterable<MadeHistory>): Promise<number> {
  // The worker asks for the next one only when it is through with this one.
  let current: History = {};
  const noted = async function* () {
    for await (const made of histories) {
      current = made.history;
      yield made;
    }
  };
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, noted())) {
    if (error !== undefined) {
      const events = current.events?.map(({ eventId, eventType }) => `${eventId}:${eventType}`).join(' ');
      throw new Error(`The history of ${workflowId} does not replay: ${events}`, { cause: error });
    }
    replayed += 1;
  }
  return replayed;
}
