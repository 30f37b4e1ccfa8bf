import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderWorkflowId } from '../../contract/ids.ts';
import { ORDER_PAYMENT } from '../../contract/messages.ts';
import { newOrderId, order } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';

const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene();
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

test('an order with a mandate whose `collect` was lost before anybody accepted it is seen after minutes, and charges nobody', async () => {
  const input = await scene.newInput(order(orderId, 'sim:alpha=ok', MANDATE));
  await scene.client.workflow.start(ORDER_PAYMENT, {
    workflowId: orderWorkflowId({ merchantId: scene.merchantId, orderId }),
    taskQueue: scene.taskQueue,
    args: [{ ...input, startId: 'its caller is gone' }],
  });
  await scene.pass(3 * 60_000);
  const seen = await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer', 5_000);
  expect(seen.attempts).toEqual([]);
  const { decisions } = await scene.recoup.orders.explain(orderId);
  expect(decisions.flatMap(({ refused }) => refused.map(({ why }) => why)).join()).toContain('never accepted');
  await scene.pass(30 * 24 * 3_600_000);
  // Pages are offered in their turn; nothing is charged by itself.
  expect((await scene.ledger(orderId)).filter(({ operation }) => operation === 'charge')).toEqual([]);
  expect(await scene.netCaptured(orderId)).toBe(0);
});
