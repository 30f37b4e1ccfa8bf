import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { actOnPage } from '../workflows/acts.ts';

describe('POST /v1/buyer/order/returned', () => {
  let scene: Scene;
  beforeAll(async () => {
    // Webhooks held back: nothing but the return itself tells that the buyer is done.
    scene = await openScene({ webhooks: 'held' });
  });
  afterAll(() => scene.close());

  const called = (path: string, token: string, init: RequestInit = {}) =>
    fetch(`${scene.gatewayUrl}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
  const tokenFor = async (orderId: string): Promise<string> => {
    const headers = { 'idempotency-key': newOrderId() };
    const answer = await called(`/v1/orders/${orderId}/buyer-tokens`, scene.apiKey, { method: 'POST', headers });
    return ((await answer.json()) as { token: string }).token;
  };
  const returned = async (token: string, headers: Record<string, string> = {}) => {
    const answer = await called('/v1/buyer/order/returned', token, { method: 'POST', headers });
    return { httpStatus: answer.status, ...((await answer.json()) as { status: string }) };
  };
  const lookups = async (orderId: string) =>
    ((await scene.workflow(orderId).fetchHistory()).events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'lookup',
    ).length;

  test('asks the processor at once: an authenticated payment is paid before its webhook', async () => {
    const orderId = newOrderId();
    const waiting = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=3ds_ok'));
    const token = await tokenFor(orderId);
    await actOnPage(waiting);
    expect((await (await called('/v1/buyer/order', token)).json()) as unknown).toMatchObject({ status: 'your_turn' });
    expect(await lookups(orderId)).toBe(0);
    expect(await returned(token)).toMatchObject({ httpStatus: 200, status: 'paid' });
    expect(await lookups(orderId)).toBe(1);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    // The link again, after payment.
    expect(await returned(token)).toMatchObject({ status: 'paid' });
  });

  test('of a buyer who did nothing there asks once, however often the page is loaded', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=3ds_ok'));
    const token = await tokenFor(orderId);
    const noWait = { prefer: 'wait=1' };
    await Promise.all([returned(token, noWait), returned(token, noWait), returned(token, noWait)]);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('waiting_authentication');
    // A five-second boundary may lie between the three.
    expect(await lookups(orderId)).toBeLessThanOrEqual(2);
    expect(await lookups(orderId)).toBeGreaterThanOrEqual(1);
    expect((await scene.recoup.orders.timeline(orderId)).entries.map(({ kind }) => kind)).toContain('buyer_returned');
    await scene.recoup.orders.cancel(orderId, { reason: 'a test ends' });
  });

  test('is the buyer’s own: an API key does not do', async () => {
    expect((await returned(scene.apiKey)).httpStatus).toBe(401);
  });
});
