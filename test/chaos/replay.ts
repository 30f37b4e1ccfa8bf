import { Worker } from '@temporalio/worker';
import { orderWorkflowId } from '../../contract/ids.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { MERCHANT_ID, type World } from './world.ts';

export interface Replays {
  replayed: number;
  failures: { orderId: string; what: string }[];
}

/** Every run that Temporal still knows of these orders must replay on today's code. */
export async function replayHistories(world: World, orderIds: string[]): Promise<Replays> {
  const codePath = await workflowBundle();
  const histories = async function* () {
    for (const orderId of orderIds) {
      const workflowId = orderWorkflowId({ merchantId: MERCHANT_ID, orderId });
      const history = await world.temporal.workflow
        .getHandle(workflowId)
        .fetchHistory()
        .catch(() => null);
      if (history !== null) yield { workflowId, history };
    }
  };
  const replays: Replays = { replayed: 0, failures: [] };
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories())) {
    replays.replayed += 1;
    if (error !== undefined) replays.failures.push({ orderId: workflowId, what: error.message });
  }
  return replays;
}
