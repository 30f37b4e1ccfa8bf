import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newOrderId, openWorld, order, type World } from '../gateway/world.ts';

let world: World;
let payOrder: typeof import('./checkout.ts').payOrder;
let whatToShow: typeof import('./checkout.ts').whatToShow;
beforeAll(async () => {
  world = await openWorld();
  vi.stubEnv('RECOUP_URL', world.url);
  vi.stubEnv('RECOUP_API_KEY', world.apiKey);
  ({ payOrder, whatToShow } = await import('./checkout.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

const OTHER_WAYS = {
  show: 'other ways to pay',
  options: expect.arrayContaining([expect.objectContaining({ path: 'new_method' })]),
};
const DECLINED = 'sim:alpha=insufficient_funds;beta=do_not_honor';

test.each([
  ['a card that is accepted', 'sim:alpha=ok', { show: 'thank you' }],
  ['a decline that the retry processor takes', 'sim:alpha=insufficient_funds;beta=ok', { show: 'thank you' }],
  ['3-D Secure', 'sim:alpha=3ds_ok', { redirectTo: expect.stringContaining('/pages/3ds/') }],
  ['two declines', DECLINED, OTHER_WAYS],
  [
    'an outcome that nobody knows yet',
    'sim:alpha=late_webhook_30',
    { show: 'your payment is being confirmed, you will not pay twice' },
  ],
])('%s', async (_name, token, shown) => {
  expect(await payOrder(newOrderId(), token)).toEqual(shown);
});

test('called twice, as after a reload: one charge', async () => {
  const orderId = newOrderId();
  await Promise.all([payOrder(orderId, 'sim:alpha=ok'), payOrder(orderId, 'sim:alpha=ok')]);
  const url = `${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`;
  const { entries } = (await (await fetch(url)).json()) as { entries: unknown[] };
  expect(entries).toMatchObject([{ effect: 'captured', requests: 1 }]);
});

/** An order that somebody started some time ago; the buyer comes back to it. */
async function earlier(token: string, more: Record<string, unknown> = {}): Promise<string> {
  const orderId = newOrderId();
  expect((await world.post('/v1/orders', order(orderId, token, more))).status).toBe(201);
  return orderId;
}

async function ended(name: 'cancel' | 'close'): Promise<string> {
  const orderId = await earlier(DECLINED);
  expect((await world.post(`/v1/orders/${orderId}/${name}`, { reason: 'test' })).status).toBe(200);
  return orderId;
}

test.each([
  ['was cancelled', () => ended('cancel'), 'cancelled'],
  ['was closed as failed', () => ended('close'), 'failed'],
])('an order that %s: closed, not “being confirmed”, and no other ways', async (_how, start, stage) => {
  expect(await payOrder(await start(), 'sim:alpha=ok')).toEqual({ show: 'this order is closed', stage });
});

test('an order that expired: closed', async () => {
  const orderId = await earlier(DECLINED, { expiresAt: new Date(Date.now() + 2_000).toISOString() });
  const shown = () => payOrder(orderId, 'sim:alpha=ok');
  await expect.poll(shown, { timeout: 20_000 }).toEqual({ show: 'this order is closed', stage: 'expired' });
});

test('a cancelled order whose late money goes back: closed', () => {
  const nextAction = { type: 'wait_confirming', who: 'system', messageKey: 'surplus', options: [] } as const;
  expect(whatToShow({ stage: 'cancelled', nextAction: { ...nextAction, options: [] } })).toMatchObject({
    show: 'this order is closed',
  });
});

test('a renewal that is tried again in days: the buyer may pay in another way now', async () => {
  const offSession = { agreement: 'recurring', mandateRef: 'mandate-1' };
  const orderId = await earlier('sim:alpha=insufficient_funds;beta=insufficient_funds', { offSession });
  expect(await payOrder(orderId, 'sim:alpha=ok')).toEqual(OTHER_WAYS);
});

test('an amount that is reserved, and captured later: thank you', async () => {
  const view = await world.recoup().orders.get(await earlier('sim:alpha=ok', { capture: 'manual' }));
  expect(view.stage).toBe('authorized');
  expect(whatToShow(view)).toEqual({ show: 'thank you' });
});

test('the processor’s page that the buyer chose: there', async () => {
  const orderId = await earlier(DECLINED);
  expect((await world.post(`/v1/orders/${orderId}/recovery`, { path: 'hosted_checkout' })).status).toBe(200);
  expect(await payOrder(orderId, 'sim:alpha=ok')).toEqual({ redirectTo: expect.stringContaining('http') });
});
