import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newOrderId, openWorld, type World } from '../gateway/world.ts';

let world: World;
let payOrder: typeof import('./checkout.ts').payOrder;
beforeAll(async () => {
  world = await openWorld();
  vi.stubEnv('RECOUP_URL', world.url);
  vi.stubEnv('RECOUP_API_KEY', world.apiKey);
  ({ payOrder } = await import('./checkout.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

test.each([
  ['a card that is accepted', 'sim:alpha=ok', { show: 'thank you' }],
  ['a decline that the retry processor takes', 'sim:alpha=insufficient_funds;beta=ok', { show: 'thank you' }],
  ['3-D Secure', 'sim:alpha=3ds_ok', { redirectTo: expect.stringContaining('/pages/3ds/') }],
  [
    'two declines',
    'sim:alpha=insufficient_funds;beta=do_not_honor',
    { show: 'other ways to pay', options: expect.arrayContaining([expect.objectContaining({ path: 'new_method' })]) },
  ],
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
