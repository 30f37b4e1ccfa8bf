import { afterEach, beforeEach, expect, test } from 'vitest';
import { deliverNotice, type Notice, notice } from '../setup/notices.ts';
import { newOrderId, order, WEBHOOK_SECRET } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';
import { control, effects, toldTypes } from '../workflows/acts.ts';

const DAY_MS = 86_400_000;
const TIMES = 100;

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene({ webhooks: 'held' });
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

/** One notice a hundred times at once: same id, same body, each signed as it leaves. */
const delivered = async (told: Notice) => {
  const signed = { secret: WEBHOOK_SECRET, id: `evt_${orderId}` };
  const send = () => deliverNotice(scene.gatewayUrl, told, signed);
  expect(new Set(await Promise.all(Array.from({ length: TIMES }, send)))).toEqual(new Set([200]));
};

const told = async (type: string, change: Record<string, unknown>) => {
  const [charge] = await scene.ledger(orderId);
  return notice({ merchantId: scene.merchantId, orderId }, { key: charge?.key, reference: null, ...change }, type);
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
  const captured = await told('payment.captured', {});
  await delivered(captured);
  await scene.until(orderId, ({ stage }) => stage === 'paid', 10_000);
  const paid = await everything();
  expect(paid.timeline.filter(({ kind }) => kind === 'attempt_succeeded')).toHaveLength(1);
  expect((await toldTypes(scene, orderId)).filter((type) => type === 'order.payment_succeeded')).toHaveLength(1);
  await scene.pass(30 * DAY_MS);
  await delivered(captured);
  expect(await everything()).toEqual(paid);
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  expect(await scene.store.listUnappliedEvents({ merchantId: scene.merchantId, orderId, limit: 10 })).toEqual([]);
});

test('F12: of an authorization: one change; thirty days later, when the order is still open, none; then it is captured', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=ok', { capture: 'manual' }), {});
  await scene.until(orderId, ({ stage }) => stage === 'authorized', 5_000);
  const reserved = await told('payment.authorized', {
    operation: 'authorize',
    authorizedMinor: 4999,
    capturedMinor: 0,
  });
  await delivered(reserved);
  const authorized = await everything();
  await scene.pass(30 * DAY_MS);
  await delivered(reserved);
  expect(await everything()).toEqual(authorized);
  expect((await scene.recoup.orders.capture(orderId, { reason: 'a test asks' })).stage).toBe('paid');
  expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
});
