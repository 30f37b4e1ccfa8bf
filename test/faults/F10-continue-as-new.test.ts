import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScene, poll, type Scene, setWebhooks } from '../setup/scene.ts';
import { toldTypes } from '../workflows/acts.ts';
import { played, STORIES, type Story } from '../workflows/stories.ts';

describe('F10: continued as new after every event, an order ends as it would in one run', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
    // On a busy machine a notice that outruns the answer leaves nothing in doubt.
    await setWebhooks(scene.simulator, { delayMs: 1_000 });
  });
  afterAll(() => scene.close());

  const told = async (story: Story, eventsPerRun: number) => {
    const { orderId, end } = await played(scene, story, eventsPerRun);
    const { entries } = await scene.recoup.orders.timeline(orderId);
    return {
      orderId,
      told: {
        stage: end.stage,
        money: end.money,
        attempts: end.attempts.map(({ number, processor, outcome, failureClass }) => [
          number,
          processor,
          outcome,
          failureClass,
        ]),
        ledger: (await scene.ledger(orderId)).map(({ processor, operation, effect }) => [processor, operation, effect]),
        attemptsTold: entries.filter(({ kind }) => kind === 'attempt_started').length,
        merchantTold: (await toldTypes(scene, orderId)).sort(),
      },
    };
  };

  test.concurrent.each(STORIES)('F10: $story', async (story) => {
    const [whole, cut] = await Promise.all([told(story, 1_000), told(story, 1)]);
    expect(cut.told).toEqual(whole.told);
    if (story.steps.length === 0) return;
    const runs = `WorkflowId = '${scene.workflow(cut.orderId).workflowId}' AND ExecutionStatus = 'ContinuedAsNew'`;
    await poll(
      async () => (await scene.client.workflow.count(runs)).count,
      // After the opening, and after each step but the last, which ends the order.
      (count) => count >= story.steps.length,
      10_000,
    );
  });
});
