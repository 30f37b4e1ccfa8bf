import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderViewSchema } from '../../contract/schemas/answers.ts';
import { json, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const get = (orderId: string, suffix = '') => json(world.call(`/v1/orders/${orderId}${suffix}`));
const act = (orderId: string, name: string, body: unknown = { reason: 'test' }) =>
  world.post(`/v1/orders/${orderId}/${name}`, body);
const declined = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

async function start(token: string, more: Record<string, unknown> = {}): Promise<string> {
  const orderId = newOrderId();
  const response = await world.post('/v1/orders', order(orderId, token, more));
  expect(response.status).toBe(201);
  return orderId;
}

async function until(orderId: string, stage: string): Promise<void> {
  await expect.poll(async () => (await get(orderId)).stage, { timeout: 20_000 }).toBe(stage);
}

async function entriesInLedger(orderId: string): Promise<{ effect: string }[]> {
  const url = `${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`;
  return (await json(fetch(url))).entries;
}

describe('collecting', () => {
  test('an order is started once, found again, and paid', async () => {
    const orderId = newOrderId();
    const created = await world.post('/v1/orders', order(orderId));
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/orders/${orderId}`);
    const view = await json(created);
    expect(view).toMatchObject({ orderId, stage: 'paid', money: { captured: 4999, net: 4999 } });
    expect(orderViewSchema.strict().parse(view)).toEqual(view);
    const found = await world.post('/v1/orders', order(orderId, 'sim:alpha=stolen_card'));
    expect(found.status).toBe(200);
    expect(await json(found)).toEqual(await get(orderId));
    expect(await entriesInLedger(orderId)).toHaveLength(1);
  });

  test('a decline is an answer: 201, and the retry processor gets the order paid', async () => {
    const orderId = await start('sim:alpha=insufficient_funds');
    expect(await get(orderId)).toMatchObject({
      stage: 'paid',
      attempts: [
        { number: 1, processor: 'alpha', outcome: 'declined', processorCode: 'insufficient_funds' },
        { number: 2, processor: 'beta', outcome: 'succeeded' },
      ],
    });
  });

  test('when the wait is over first: 202 with Location, and the order goes on', async () => {
    const orderId = newOrderId();
    const slow = order(orderId, 'sim:alpha=slow_1900');
    const response = await world.post('/v1/orders', slow, { headers: { prefer: 'respond-async, wait=1' } });
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/v1/orders/${orderId}`);
    expect(await json(response)).toMatchObject({ orderId, stage: 'attempting' });
    await until(orderId, 'paid');
  });

  test('a found order that is another one is a conflict even while it is being tried', async () => {
    const orderId = newOrderId();
    const first = world.post('/v1/orders', order(orderId, 'sim:alpha=slow_1900'));
    await expect.poll(async () => (await world.call(`/v1/orders/${orderId}`)).status).toBe(200);
    const other = order(orderId, 'sim:alpha=ok', { amount: { minor: 1, currency: 'EUR' } });
    const response = await world.post('/v1/orders', other, { headers: { prefer: 'wait=0' } });
    expect(response.status).toBe(409);
    expect((await first).status).toBe(201);
    expect(await entriesInLedger(orderId)).toHaveLength(1);
  });
});

describe('the buyer’s turn', () => {
  test('3DS: the page is in the answer and in each GET while it is open, and leads to paid', async () => {
    const orderId = newOrderId();
    const response = await world.post('/v1/orders', order(orderId, 'sim:alpha=3ds_ok'));
    const answered = await json(response);
    expect(answered).toMatchObject({
      stage: 'waiting_authentication',
      nextAction: { type: 'authenticate', who: 'buyer' },
    });
    expect(answered.nextAction.url).toMatch(/^http/);
    const { url } = (await get(orderId)).nextAction;
    expect(url).toBe(answered.nextAction.url);
    expect(await (await fetch(url, { method: 'POST', redirect: 'manual' })).status).toBeLessThan(400);
    await until(orderId, 'paid');
    expect((await get(orderId)).nextAction.url).toBeUndefined();
  });

  test('another method of payment is chosen, and paid with', async () => {
    const orderId = await start(declined);
    expect(await get(orderId)).toMatchObject({ stage: 'waiting_buyer', nextAction: { who: 'buyer' } });
    const choice = { path: 'new_method', paymentMethod: { token: 'sim:card=second;alpha=ok' } };
    const response = await act(orderId, 'recovery', choice);
    expect(response.status).toBe(200);
    expect(await json(response)).toMatchObject({ stage: 'paid', money: { net: 4999 } });
  });

  test('a saved method is chosen by its id', async () => {
    const orderId = await start(declined, { savedMethods: [{ token: 'sim:card=saved;alpha=ok', last4: '4242' }] });
    const { options } = (await get(orderId)).nextAction;
    const saved = options.find((option: { path: string }) => option.path === 'saved_method');
    expect(saved.instrument).toMatchObject({ last4: '4242' });
    const response = await act(orderId, 'recovery', { path: 'saved_method', instrument: saved.instrument.id });
    expect(await json(response)).toMatchObject({ stage: 'paid' });
  });

  test('hosted checkout is opened on the click, and its page pays', async () => {
    const orderId = await start(declined);
    const opened = await json(act(orderId, 'recovery', { path: 'hosted_checkout' }));
    expect(opened).toMatchObject({ stage: 'hosted_checkout', nextAction: { type: 'hosted_checkout' } });
    const page = await fetch(opened.nextAction.url);
    expect(page.status).toBe(200);
    await fetch(opened.nextAction.url, { method: 'POST', redirect: 'manual' });
    await until(orderId, 'paid');
  });

  test('the buyer chooses with a buyer token and reads no more than a buyer should', async () => {
    const orderId = await start(declined);
    const { token } = await json(world.post(`/v1/orders/${orderId}/buyer-tokens`, {}));
    const opened = await json(world.post('/v1/buyer/order/recovery', { path: 'invoice' }, { apiKey: token }));
    expect(opened).toMatchObject({ orderId, status: 'your_turn', nextAction: { type: 'invoice' } });
    expect(opened.nextAction.url).toMatch(/^http/);
    expect(Object.keys(opened).sort()).toEqual(['amount', 'nextAction', 'orderId', 'status']);
    const audit = await world.store.listAudit(world.merchantId, orderId);
    expect(audit).toMatchObject([
      { action: 'mint_buyer_token', actor: 'merchant:settings', detail: { actions: ['view', 'pay'] } },
      { action: 'recover', actor: 'buyer:buyer-token', detail: { path: 'invoice' } },
    ]);
  });

  test('an instrument that was declined for good is refused, whoever asks, and nothing is charged', async () => {
    const orderId = await start('sim:card=gone;alpha=stolen_card');
    const before = await get(orderId);
    const choice = { path: 'new_method', paymentMethod: { token: 'sim:card=gone;alpha=ok' } };
    const response = await act(orderId, 'recovery', choice);
    expect(response.status).toBe(409);
    expect((await json(response)).code).toBe('recovery_refused');
    const { token } = await json(world.post(`/v1/orders/${orderId}/buyer-tokens`, {}));
    const byBuyer = await world.post('/v1/buyer/order/recovery', choice, { apiKey: token });
    expect(byBuyer.status).toBe(409);
    expect(JSON.stringify(await json(byBuyer))).not.toMatch(/stolen|hard_decline|alpha/);
    expect((await get(orderId)).attempts).toEqual(before.attempts);
  });
});

describe('commands', () => {
  test('cancel ends an order that nobody can pay, is audited, and is refused the second time', async () => {
    const orderId = await start(declined);
    const response = await act(orderId, 'cancel', { reason: 'Out of stock' });
    expect(response.status).toBe(200);
    expect(await json(response)).toMatchObject({ stage: 'cancelled' });
    const again = await act(orderId, 'cancel');
    expect(again.status).toBe(409);
    expect((await json(again)).code).toBe('order_closed');
    const [first] = await world.store.listAudit(world.merchantId, orderId);
    expect(first).toMatchObject({ action: 'cancel', actor: 'merchant:settings', reason: 'Out of stock' });
  });

  test('a paid order is closed to commands', async () => {
    const orderId = await start('sim:alpha=ok');
    for (const [name, body] of [
      ['cancel', { reason: 'x' }],
      ['hold', { reason: 'x' }],
      ['retry', { reason: 'x' }],
      ['recovery', { path: 'hosted_checkout' }],
      ['resolve', { attempt: 1, outcome: 'absent', evidence: 'x', reason: 'x' }],
    ] as const) {
      const response = await act(orderId, name, body);
      expect(response.status, name).toBe(409);
      expect((await json(response)).code, name).toBe('order_closed');
    }
    expect(await get(orderId)).toMatchObject({ stage: 'paid' });
  });

  test('a manual capture takes the authorized amount once', async () => {
    const orderId = await start('sim:alpha=ok', { capture: 'manual' });
    expect(await get(orderId)).toMatchObject({ stage: 'authorized', nextAction: { type: 'capture', who: 'merchant' } });
    const response = await act(orderId, 'capture');
    expect([200, 202]).toContain(response.status);
    await until(orderId, 'paid');
    expect((await get(orderId)).money).toMatchObject({ captured: 4999 });
  });

  test('capture and resolve are refused where there is nothing to do', async () => {
    const orderId = await start(declined);
    expect((await json(act(orderId, 'capture'))).code).toBe('nothing_to_capture');
    const resolve = { attempt: 1, outcome: 'succeeded', evidence: 'seen', reason: 'x' };
    expect((await json(act(orderId, 'resolve', resolve))).code).toBe('not_unknown');
    expect((await get(orderId)).stage).toBe('waiting_buyer');
  });

  test('support closes an order, reopens it, and it goes on with its numbers', async () => {
    const orderId = await start(declined);
    await act(orderId, 'close', { reason: 'Buyer gave up' });
    await until(orderId, 'failed');
    const bySupport = { apiKey: await world.newKey({ scopes: ['orders:support'] }) };
    const reopened = await world.post(`/v1/orders/${orderId}/reopen`, { reason: 'Buyer is back' }, bySupport);
    expect([reopened.status, (await json(reopened)).attempts.length]).toEqual([200, 2]);
    const line = { kind: 'order_reopened', actor: 'support', text: expect.stringMatching(/: Buyer is back$/) };
    expect((await get(orderId, '/timeline')).entries).toContainEqual(expect.objectContaining(line));
    const choice = { path: 'new_method', paymentMethod: { token: 'sim:card=new;alpha=ok' } };
    expect(await json(act(orderId, 'recovery', choice))).toMatchObject({
      stage: 'paid',
      attempts: [{}, {}, { number: 3 }],
    });
    const again = await act(orderId, 'reopen');
    expect(again.status).toBe(409);
    expect((await json(again)).code).toBe('order_not_reopenable');
  });

  test('an unknown outcome is resolved by a person with evidence', async () => {
    const orderId = newOrderId();
    const lost = order(orderId, 'sim:gamma=timeout_lost', { metadata: { route: 'gamma' } });
    await world.post('/v1/orders', lost, { headers: { prefer: 'wait=5' } });
    await expect.poll(async () => (await get(orderId)).stage, { timeout: 10_000 }).toBe('confirming');
    const resolve = { attempt: 1, outcome: 'absent', evidence: 'No payment in the dashboard', reason: 'Checked' };
    const response = await act(orderId, 'resolve', resolve);
    expect(response.status).toBe(200);
    expect((await json(response)).stage).toBe('waiting_buyer');
  });
});

describe('reading', () => {
  test('the timeline has past and planned entries, in order', async () => {
    const orderId = await start(declined);
    const { entries } = await get(orderId, '/timeline');
    const past = entries.filter(({ planned }: { planned: boolean }) => !planned);
    expect(past.length).toBeGreaterThan(2);
    expect(entries.some(({ planned }: { planned: boolean }) => planned)).toBe(true);
    const times = entries.map(({ at }: { at: string }) => at);
    expect(times).toEqual([...times].sort());
    expect(Object.keys(past[0])).toEqual(expect.arrayContaining(['at', 'kind', 'actor', 'text', 'planned']));
  });

  test('every decision is explained', async () => {
    const orderId = await start('sim:alpha=insufficient_funds');
    const { decisions } = await get(orderId, '/explain');
    expect(decisions.length).toBeGreaterThan(0);
    expect(decisions[0]).toMatchObject({
      rule: { rulebook: 'default', version: expect.any(Number) },
      decided: expect.any(String),
    });
  });

  test('lists are filtered, and paged without loss or repetition', async () => {
    const other = await world.newKey({ merchantId: `l${newOrderId().slice(0, 8)}` });
    const ids = [newOrderId(), newOrderId(), newOrderId()];
    for (const id of ids) await world.post('/v1/orders', order(id), { apiKey: other });
    await world.post('/v1/orders', order(newOrderId(), declined), { apiKey: other });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ stage: 'paid,failed', limit: '2', ...(cursor !== null && { cursor }) });
      const page = await json(world.call(`/v1/orders?${query}`, { apiKey: other }));
      seen.push(...page.orders.map(({ orderId }: { orderId: string }) => orderId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen.sort()).toEqual([...ids].sort());
  });

  test('no credential is in an answer, the store’s words, or the log', async () => {
    const orderId = await start('sim:card=canarycard;alpha=insufficient_funds;beta=do_not_honor');
    const texts = await Promise.all(
      ['', '/timeline', '/explain'].map(async (suffix) => JSON.stringify(await get(orderId, suffix))),
    );
    for (const text of [...texts, world.logged()]) expect(text).not.toContain('canarycard;');
  });
});

describe('the gateway itself', () => {
  test('is healthy and ready', async () => {
    expect((await world.call('/healthz', { apiKey: null })).status).toBe(200);
    const ready = await world.call('/readyz', { apiKey: null });
    expect(await json(ready)).toEqual({ ready: true, database: true, temporal: true, worker: true });
  });

  test('serves its document and the page of each error', async () => {
    const document = await json(world.call('/openapi.json', { apiKey: null }));
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/orders',
        '/v1/orders/{orderId}/recovery',
        '/v1/buyer/order',
        '/v1/webhooks/{processor}',
      ]),
    );
    const page = await world.call('/docs/errors/order_conflict', { apiKey: null });
    expect(page.headers.get('content-type')).toContain('text/markdown');
    expect((await world.call('/docs/errors/..%2f..%2fREADME', { apiKey: null })).status).toBe(404);
  });
});
