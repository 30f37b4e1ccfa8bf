import { afterEach, beforeEach, expect, test } from 'vitest';
import { newOrderId, order } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';
import { control, effects, toldTypes } from '../workflows/acts.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=other;alpha=ok' } } as const;

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene({ webhooks: 'held' });
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

const stageIs = (wanted: string) => scene.until(orderId, ({ stage }) => stage === wanted, 20_000);
const stored = async () => (await scene.store.findOrder(scene.merchantId, orderId))?.state;
/** What the table calls an alert: the order says so, the merchant is told, and the log has a line. */
const alerted = async () => {
  expect(await scene.store.findOrder(scene.merchantId, orderId)).toMatchObject({ needsHuman: true });
  expect(await toldTypes(scene, orderId)).toContain('order.needs_review');
  const lines = scene.logged().split('\n').join(' ');
  expect(lines).toMatch(/A person has to look at an order/);
};

test('F4: the key answers 500 for ever, the charge was made, its webhook comes 6 h later: paid from it, with no other key', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=500_charged'), {});
  await stageIs('confirming');
  // Nobody can look it up: alpha takes no calls, but its webhooks get through.
  await control(scene, 'alpha/down', {});
  await scene.pass(6 * HOUR_MS);
  expect((await stageIs('needs_review')).attempts).toMatchObject([{ outcome: 'unknown' }]);
  await alerted();
  // From now on, not only what is held by now: six hours pass here in less than the second after which the notice is due.
  await control(scene, 'webhooks', { hold: false });
  const paid = await stageIs('paid');
  expect(paid.attempts).toHaveLength(1);
  const { entries } = await scene.recoup.orders.timeline(orderId);
  expect(entries.find(({ kind }) => kind === 'attempt_succeeded')?.evidence).toBe('webhook');
  expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
});

test('F5: unknown for longer than the key lives, 24 h: never sent again, looked up, a person is called', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=late_webhook_99999'), {});
  await stageIs('confirming');
  await scene.pass(10 * MINUTE_MS);
  const sentAtFirst = await scene.ledger(orderId);
  const askedAtFirst = (await stored())?.attempts[0]?.proof?.lookups ?? 0;
  await scene.pass(25 * HOUR_MS);
  await stageIs('needs_review');
  await alerted();
  expect((await stored())?.attempts[0]?.proof?.lookups).toBeGreaterThanOrEqual(askedAtFirst + 20);
  await expect(scene.recoup.orders.retry(orderId, { reason: 'a test asks' })).rejects.toMatchObject({
    code: 'recovery_refused',
  });
  // The buyer may choose another way: it waits for the fence, and the old key is still not sent.
  await scene.recoup.orders.recover(orderId, NEW_METHOD);
  await scene.pass(2 * HOUR_MS);
  const charges = (entries: typeof sentAtFirst) => entries.filter(({ operation }) => operation === 'charge');
  expect(charges(await scene.ledger(orderId))).toEqual(charges(sentAtFirst));
  await scene.recoup.orders.resolve(orderId, {
    attempt: 1,
    outcome: 'succeeded',
    evidence: 'seen in the dashboard',
    reason: 'a test asks',
  });
  await stageIs('paid');
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
});
