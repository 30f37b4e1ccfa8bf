import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, order } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';
import { actOnPage, effects, offered, toldTypes } from './acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const why = { reason: 'a test asks' };

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene();
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

const collected = async (token: string, more: Partial<CollectRequest> = {}) => {
  const answer = await scene.collectWith(order(orderId, token, more), {});
  return scene.until(orderId, ({ stage }) => stage === answer.stage, 5_000);
};
const stageIs = (wanted: OrderView['stage']) => scene.until(orderId, ({ stage }) => stage === wanted, 5_000);
const pageIsOpen = () => scene.until(orderId, ({ nextAction }) => nextAction.url !== undefined, 5_000);
/** Days after the first attempt on which cards were tried, in order. */
const startedOnDays = async () => {
  const { attempts } = await scene.recoup.orders.get(orderId);
  const cards = attempts.filter(({ instrument }) => instrument !== null);
  const startedMs = cards.map(({ operations: [charge] }) => Date.parse(charge?.startedAt ?? ''));
  return startedMs.map((ms) => Math.round((ms - (startedMs[0] ?? 0)) / DAY_MS));
};
const charges = async () => (await scene.ledger(orderId)).map(({ processor }) => processor);

test('nobody pays: buyer 24 h, hosted checkout 72 h, invoice 14 days, then a person', async () => {
  const first = await collected(DECLINED);
  expect(first.stage).toBe('waiting_buyer');
  await scene.pass(23 * HOUR_MS);
  await stageIs('waiting_buyer');
  await scene.pass(2 * HOUR_MS);
  const hosted = await stageIs('hosted_checkout');
  expect(offered(hosted)[0]).toBe('hosted_checkout');
  expect((await scene.ledger(orderId)).map(({ operation }) => operation)).toEqual(['charge', 'charge']);
  await scene.pass(3 * DAY_MS);
  await stageIs('invoiced');
  const invoiced = await pageIsOpen();
  expect(invoiced.nextAction).toMatchObject({ type: 'invoice', who: 'buyer', url: expect.any(String) });
  await scene.pass(15 * DAY_MS);
  const review = await stageIs('needs_review');
  expect(review.nextAction).toMatchObject({ type: 'review', who: 'support', messageKey: 'windows_over' });
  expect(await actOnPage(invoiced)).toBe(410);
  expect(await effects(scene, orderId)).toEqual([]);
  expect(await toldTypes(scene, orderId)).toContain('order.needs_review');
});

test('the buyer pays the invoice on its tenth day', async () => {
  await collected(DECLINED);
  await scene.pass(25 * HOUR_MS + 3 * DAY_MS);
  await stageIs('invoiced');
  const invoiced = await pageIsOpen();
  await scene.pass(10 * DAY_MS);
  await actOnPage(invoiced);
  await stageIs('paid');
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
});

test('a hosted page that the buyer opened closes with its window, and cannot be paid after it', async () => {
  await collected(DECLINED);
  const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
  await scene.pass(73 * HOUR_MS);
  expect(await actOnPage(open)).toBe(410);
  expect(await effects(scene, orderId)).toEqual([]);
  expect((await scene.recoup.orders.get(orderId)).nextAction.options.length).toBeGreaterThan(0);
});

test('with a mandate: later tries after 1, 3 and 7 days, then no more by itself', async () => {
  const first = await collected(DECLINED, MANDATE);
  expect(first).toMatchObject({ stage: 'retry_scheduled', nextAction: { type: 'wait_scheduled', who: 'system' } });
  const planned = Date.parse(first.nextAction.at ?? '') - (await scene.nowMs());
  expect(planned).toBeGreaterThan(DAY_MS - 60_000);
  expect(planned).toBeLessThanOrEqual(DAY_MS);
  await scene.pass(23 * HOUR_MS);
  expect(await startedOnDays()).toEqual([0, 0]);
  await scene.pass(60 * DAY_MS);
  await stageIs('needs_review');
  const days = await startedOnDays();
  expect([...new Set(days)]).toEqual([0, 1, 3, 7]);
  expect(new Set((await scene.ledger(orderId)).map(({ key }) => key)).size).toBe((await scene.ledger(orderId)).length);
});

test('a later try that succeeds pays the order', async () => {
  await collected('sim:alpha=insufficient_funds,ok;beta=insufficient_funds', MANDATE);
  await scene.pass(25 * HOUR_MS);
  const paid = await stageIs('paid');
  expect(paid.attempts).toMatchObject([{}, {}, { number: 3, processor: 'alpha', outcome: 'succeeded' }]);
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
});

test('a hold stops a later try for as long as it lasts; released, it runs', async () => {
  await collected('sim:alpha=insufficient_funds,ok;beta=insufficient_funds', MANDATE);
  await scene.recoup.orders.hold(orderId, why);
  await scene.pass(5 * DAY_MS);
  expect(await charges()).toHaveLength(2);
  expect((await scene.recoup.orders.get(orderId)).nextAction).toMatchObject({ type: 'on_hold', who: 'support' });
  await scene.recoup.orders.release(orderId, why);
  await stageIs('paid');
  expect(await scene.netCaptured(orderId)).toBe(4999);
});

test('without a mandate nothing is tried again by itself, however long it takes', async () => {
  await collected(DECLINED);
  await scene.pass(60 * DAY_MS);
  const review = await stageIs('needs_review');
  expect(review.attempts.filter(({ instrument }) => instrument !== null)).toHaveLength(2);
  const operations = (await scene.ledger(orderId)).map(({ operation }) => operation);
  expect(operations.filter((operation) => operation === 'charge')).toHaveLength(2);
});

test('a challenge that nobody answers is closed when its window ends, and other ways are offered', async () => {
  const asked = await collected('sim:alpha=3ds_ok');
  expect(asked.stage).toBe('waiting_authentication');
  await scene.pass(61 * 60_000);
  const view = await stageIs('waiting_buyer');
  expect(view.attempts).toMatchObject([{ failureClass: 'authentication_failed', authentication: 'abandoned' }]);
  expect(await actOnPage(asked)).toBe(410);
  expect(await effects(scene, orderId)).toEqual(['alpha voided']);
});

test('an order expires when it says so: its page is closed first', async () => {
  const expiresAt = new Date((await scene.nowMs()) + 2 * DAY_MS).toISOString();
  await collected(DECLINED, { expiresAt });
  await scene.recoup.orders.recover(orderId, { path: 'invoice' });
  const open = await stageIs('invoiced');
  await scene.pass(47 * HOUR_MS);
  await stageIs('invoiced');
  await scene.pass(2 * HOUR_MS);
  await stageIs('expired');
  expect(await actOnPage(open)).toBe(410);
  expect(await toldTypes(scene, orderId)).toContain('order.expired');
  expect(await scene.netCaptured(orderId)).toBe(0);
});

test('an authorization that nobody captures stays for the merchant, and can be captured a week later', async () => {
  await collected('sim:alpha=ok', { capture: 'manual' });
  await scene.pass(6 * DAY_MS);
  await stageIs('authorized');
  expect((await scene.recoup.orders.capture(orderId, why)).stage).toBe('paid');
  expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
});
