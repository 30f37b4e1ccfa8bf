import { Worker } from '@temporalio/worker';
import { orderWorkflowId } from '../../contract/ids.ts';
import { workflowBundle as bundle } from '../../worker/bundle.ts';
import type { MadeHistory } from '../setup/replays.ts';
import { MERCHANT_ID, type World } from './world.ts';

export interface Replays {
  replayed: number;
  failures: { orderId: string; what: string }[];
}

/** The last run that Temporal knows of each of these orders must replay on today's code. `keep` is given each of them. */
export async function replayHistories(
  world: World,
  orderIds: string[],
  keep: (made: MadeHistory) => void,
): Promise<Replays> {
  const histories = async function* () {
    for (const orderId of orderIds) {
      const workflowId = orderWorkflowId({ merchantId: MERCHANT_ID, orderId });
      const history = await world.temporal.workflow
        .getHandle(workflowId)
        .fetchHistory()
        .catch(() => null);
      if (history === null) continue;
      keep({ workflowId, history });
      yield { workflowId, history };
    }
  };
  return replayEach(histories());
}

/** What each came to on today's code. */
export async function replayEach(histories: AsyncIterable<MadeHistory>): Promise<Replays> {
  const workflowBundle = { codePath: await bundle() };
  const replays: Replays = { replayed: 0, failures: [] };
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    replays.replayed += 1;
    if (error !== undefined) replays.failures.push({ orderId: workflowId, what: error.message });
  }
  return replays;
}
