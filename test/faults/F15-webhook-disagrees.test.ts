import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverNotice, notice } from '../setup/notices.ts';
import { newOrderId, openScene, order, poll, type Scene, WEBHOOK_SECRET } from '../setup/scene.ts';
import { effects, toldTypes } from '../workflows/acts.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10, webhooks: 'held' });
});
afterAll(() => scene.close());

/** A charge that went through, of which nobody knows yet. */
const unknown = async () => {
  const orderId = newOrderId();
  await scene.recoup.orders.collect(order(orderId, 'sim:alpha=late_webhook_9999'));
  const [charge] = await scene.ledger(orderId);
  return { orderId, key: charge?.key };
};
const deliver = (orderId: string, change: Record<string, unknown>) =>
  deliverNotice(scene.gatewayUrl, notice({ merchantId: scene.merchantId, orderId }, { reference: null, ...change }), {
    secret: WEBHOOK_SECRET,
  });
const alerted = async (orderId: string) => {
  const review = await scene.until(orderId, ({ stage }) => stage === 'needs_review', 10_000);
  expect(review.nextAction).toMatchObject({ type: 'review', who: 'support' });
  expect(review.money).toMatchObject({ captured: 0, net: 0 });
  await poll(
    () => toldTypes(scene, orderId),
    (types) => types.includes('order.needs_review'),
    5_000,
  );
  await poll(
    async () => scene.logged(),
    (text) => text.includes('A person has to look at an order') && text.includes(orderId),
    5_000,
  );
};
const kinds = async (orderId: string) => (await scene.recoup.orders.timeline(orderId)).entries.map(({ kind }) => kind);

describe.concurrent('F15: a success webhook that disagrees with the order', () => {
  test.each([
    ['less', { capturedMinor: 4998 }],
    ['more', { capturedMinor: 499900 }],
    ['another currency', { currency: 'USD' }],
    ['another account of the same processor', { account: 'another_account' }],
  ])('F15: %s: not paid, quarantined, alert; and the right one still pays', async (_, change) => {
    const { orderId, key } = await unknown();
    expect(await deliver(orderId, { key, ...change })).toBe(200);
    await alerted(orderId);
    expect(await kinds(orderId)).toContain('event_quarantined');
    // Nobody can start another payment meanwhile: money may be where we do not see it.
    const choice = { path: 'new_method', paymentMethod: { token: 'sim:card=other;alpha=ok' } } as const;
    await expect(scene.recoup.orders.recover(orderId, choice)).rejects.toMatchObject({ code: 'recovery_refused' });
    await deliver(orderId, { key });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F15: another order: the key of this one does not pay that one, nor this one', async () => {
    const [mine, other] = [await unknown(), await unknown()];
    expect(await deliver(other.orderId, { key: mine.key, attempt: 7 })).toBe(200);
    await alerted(other.orderId);
    expect(await kinds(other.orderId)).toContain('event_parked');
    expect((await scene.recoup.orders.get(mine.orderId)).stage).toBe('confirming');
  });

  test('F15: another order’s payment, under this order’s attempt number: not paid, a person is asked', async () => {
    const [mine, other] = [await unknown(), await unknown()];
    expect(await deliver(other.orderId, { key: mine.key, attempt: 1 })).toBe(200);
    await alerted(other.orderId);
    expect((await scene.recoup.orders.get(other.orderId)).money.captured).toBe(0);
  });

  test('F15: another processor: not paid, parked, alert', async () => {
    const { orderId, key } = await unknown();
    expect(await deliver(orderId, { key, processor: 'beta' })).toBe(200);
    await alerted(orderId);
    expect(await kinds(orderId)).toContain('event_parked');
  });

  test('F15: another merchant: it reaches no order of ours', async () => {
    const { orderId, key } = await unknown();
    expect(await deliver(orderId, { key, merchantId: 'somebody_else' })).toBe(200);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('confirming');
    const parked = await scene.store.listUnappliedEvents({ merchantId: 'somebody_else', orderId, limit: 10 });
    expect(parked).toHaveLength(1);
  });
});

test.concurrent.each([
  ['less', { capturedMinor: 1 }],
  ['another account of the same processor', { account: 'another_account' }],
])('F15: %s: the same for a paid order: its money stays as it is', async (_, change) => {
  const orderId = newOrderId();
  expect((await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'))).stage).toBe('paid');
  const [charge] = await scene.ledger(orderId);
  await scene.workflow(orderId).result();
  const about = { key: charge?.key, reference: charge?.reference };
  // The very same in all but this would be old news.
  expect(await deliver(orderId, { ...about, ...change })).toBe(200);
  await poll(
    () => kinds(orderId),
    (all) => all.includes('event_quarantined'),
    10_000,
  );
  expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'paid', money: { captured: 4999, net: 4999 } });
  expect(await scene.store.findOrder(scene.merchantId, orderId)).toMatchObject({ needsHuman: true });
});
