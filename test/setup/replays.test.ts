import { describe, expect, inject, test } from 'vitest';
import { historiesOf, type MadeHistory, replayAll } from './replays.ts';
import { newOrderId, openScene, order } from './scene.ts';
import './provided.ts';

async function* each(all: MadeHistory[]) {
  yield* all;
}

describe('the replay of what a test file made', () => {
  test('takes every run of every order, and fails for the one that was not made by this code', async () => {
    const scene = await openScene();
    const orderIds = [newOrderId(), newOrderId(), newOrderId()];
    for (const orderId of orderIds) await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    const options = { workflowBundle: { codePath: inject('workflowBundlePath') } };
    const made: MadeHistory[] = [];
    await expect
      .poll(
        async () => {
          made.splice(0);
          for await (const one of historiesOf(scene.client, scene.taskQueue)) made.push(one);
          return made.length;
        },
        { timeout: 10_000 },
      )
      .toBe(orderIds.length);
    expect(await replayAll(options, each(made))).toBe(orderIds.length);
    const [first, second, third] = made as [MadeHistory, MadeHistory, MadeHistory];
    await expect(replayAll(options, each([first, foreign(second), third]))).rejects.toThrow(
      `The history of ${second.workflowId} does not replay: 1:`,
    );
    await scene.close();
  });
});

/** The same history, of a workflow that had called another activity. */
function foreign({ workflowId, history }: MadeHistory): MadeHistory {
  const events = history.events?.map((event) => {
    const { activityTaskScheduledEventAttributes: scheduled } = event;
    if (scheduled == null) return event;
    const activityType = { name: 'somethingElse' };
    return { ...event, activityTaskScheduledEventAttributes: { ...scheduled, activityType } };
  });
  return { workflowId, history: { ...history, events: events ?? null } };
}
