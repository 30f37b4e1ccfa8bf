import { afterEach, beforeEach, expect, test } from 'vitest';
import { newOrderId, order } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';
import { control, effects, releaseWebhooks } from '../workflows/acts.ts';

const DAY_MS = 86_400_000;
const TIMES = 100;

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene({ webhooks: 'held' });
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

const counts = async () => {
  const answer = await fetch(`${scene.simulator.url}/control/webhooks`);
  return ((await answer.json()) as { counts: { delivered: number; failedTries: number; held: number } }).counts;
};

/** The webhook that the simulator holds, once; it is due a second after what it tells of. */
const delivered = async () => {
  await expect.poll(async () => (await counts()).held, { timeout: 10_000 }).toBe(1);
  await releaseWebhooks(scene);
  await expect.poll(async () => (await counts()).delivered, { timeout: 10_000 }).toBe(1);
};

/** The order's webhooks a hundred times at once, each of them answered with 2xx. */
const redelivered = async (messages: number) => {
  const before = await counts();
  await control(scene, 'webhooks', { hold: false });
  await control(scene, 'webhooks/resend', { orderId, merchantId: scene.merchantId, times: TIMES });
  await expect
    .poll(async () => (await counts()).delivered - before.delivered, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(TIMES * messages);
  expect((await counts()).failedTries).toBe(0);
};

/** All that there is to change about an order. */
const everything = async () => ({
  order: await scene.recoup.orders.get(orderId),
  timeline: (await scene.recoup.orders.timeline(orderId)).entries.filter(({ planned }) => !planned),
  told: await scene.outbox(orderId),
});

test('F12: of a charge without an answer: one change; thirty days later, when its run is long closed, none', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=500_charged'), {});
  await control(scene, 'alpha/down', {});
  await delivered();
  await redelivered(1);
  await scene.until(orderId, ({ stage }) => stage === 'paid', 10_000);
  const paid = await everything();
  expect(paid.timeline.filter(({ kind }) => kind === 'attempt_succeeded')).toHaveLength(1);
  await scene.pass(30 * DAY_MS);
  await redelivered(1);
  expect(await everything()).toEqual(paid);
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  expect(await scene.store.listUnappliedEvents({ merchantId: scene.merchantId, orderId, limit: 10 })).toEqual([]);
});

test('F12: of an authorization: one change; thirty days later, when the order is still open, none; then it is captured', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=ok', { capture: 'manual' }), {});
  await scene.until(orderId, ({ stage }) => stage === 'authorized', 5_000);
  await delivered();
  await redelivered(1);
  const authorized = await everything();
  await scene.pass(30 * DAY_MS);
  await redelivered(1);
  expect(await everything()).toEqual(authorized);
  expect((await scene.recoup.orders.capture(orderId, { reason: 'a test asks' })).stage).toBe('paid');
  expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
});
