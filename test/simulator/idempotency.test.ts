import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { charge, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

test.each(['alpha', 'beta'] as const)('%s executes a key once and replays its result', async (name) => {
  const first = await world.pay(name, `once_${name}`, 'sim:', 'K');
  const second = await world.pay(name, `once_${name}`, 'sim:', 'K');
  expect(second).toMatchObject({ status: 200, replayed: true, body: first.body });
  expect(await world.lines(`once_${name}`)).toEqual(['charge K captured 4999 x2']);
});

test('a declined key replays the decline and never takes the next outcome', async () => {
  const token = 'sim:alpha=insufficient_funds,ok';
  await world.pay('alpha', 'decl', token, 'decl');
  expect(await world.pay('alpha', 'decl', token, 'decl')).toMatchObject({
    replayed: true,
    body: { status: 'declined', code: 'insufficient_funds' },
  });
  expect(await world.lines('decl')).toEqual(['charge decl none 4999 x2']);
});

test.each([
  { amountMinor: 5000 },
  { currency: 'USD' },
  { orderId: 'other' },
  { capture: false },
  { token: 'sim:alpha=x' },
])('the same key with %j is refused, and nothing runs', async (change) => {
  const key = `reuse_${Object.keys(change)[0]}`;
  await world.pay('alpha', 'reuse', 'sim:', key);
  expect(await world.pay('alpha', 'reuse', 'sim:', key, change)).toMatchObject({
    status: 409,
    body: { error: { code: 'idempotency_key_reuse', executed: false } },
  });
  expect((await world.lines('reuse')).at(-1)).toBe(`charge ${key} captured 4999 x2`);
});

test('the same key on another path is refused', async () => {
  const { body } = await world.pay('alpha', 'path', 'sim:', 'path');
  const refund = { merchantId: 'default', orderId: 'path', reference: body.reference };
  expect((await world.post('alpha', '/v1/refunds', 'path', refund)).body.error.code).toBe('idempotency_key_reuse');
});

test('fields in another order are the same request', async () => {
  await world.pay('alpha', 'fields', 'sim:', 'fields');
  const turned = Object.fromEntries(Object.entries(charge('fields', 'sim:')).reverse());
  expect((await world.post('alpha', '/v1/payments', 'fields', turned)).replayed).toBe(true);
});

test('fifty at once under one key are one charge', async () => {
  const all = await Promise.all(
    Array.from({ length: 50 }, () => world.pay('alpha', 'fifty', 'sim:alpha=slow_50', 'fifty')),
  );
  expect(all.every(({ status, body }) => status === 200 || body.error.code === 'in_flight')).toBe(true);
  expect(await world.lines('fifty')).toEqual(['charge fifty captured 4999 x50']);
});

test('past its window a key executes again, and the ledger shows the double charge', async () => {
  await world.pay('alpha', 'window', 'sim:', 'window');
  await world.control('expire-keys');
  expect((await world.pay('alpha', 'window', 'sim:', 'window')).replayed).toBe(false);
  expect(await world.lines('window')).toEqual(['charge window captured 4999 x1', 'charge window captured 4999 x1']);
});

test('the window is 24 h divided by the time scale', async () => {
  expect((await world.get('alpha', '/sheet')).body.idempotency.windowMs).toBe(86_400_000 / 10);
});

test('alpha and beta want a key', async () => {
  for (const name of ['alpha', 'beta'] as const) {
    expect(await world.post(name, '/v1/payments', null, charge('nokey', 'sim:'))).toMatchObject({
      status: 400,
      body: { error: { code: 'idempotency_key_missing', executed: false } },
    });
  }
  expect(await world.ledger('nokey')).toEqual([]);
});

describe('gamma', () => {
  test('the same key twice is two charges, on two lines', async () => {
    await world.pay('gamma', 'g1', 'sim:', 'G');
    await world.pay('gamma', 'g1', 'sim:', 'G');
    expect(await world.lines('g1')).toEqual(['charge G captured 4999 x1', 'charge G captured 4999 x1']);
  });

  test('two slow ones at once under one key are two charges, too', async () => {
    await Promise.all([1, 2].map(() => world.pay('gamma', 'g2', 'sim:gamma=slow_50', 'g2')));
    expect(await world.lines('g2')).toEqual(['charge g2 captured 4999 x1', 'charge g2 captured 4999 x1']);
  });

  test('a lost request and the charge after it share a line', async () => {
    expect(await world.payUnanswered('gamma', 'g3', 'sim:gamma=timeout_lost,ok', 'g3')).toBe('timeout');
    await world.pay('gamma', 'g3', 'sim:gamma=timeout_lost,ok', 'g3');
    expect(await world.lines('g3')).toEqual(['charge g3 captured 4999 x2']);
  });

  test('has no lookup', async () => {
    const { body } = await world.pay('gamma', 'g4', 'sim:', 'g4');
    for (const path of [`/v1/payments/${body.reference}`, '/v1/operations?key=g4']) {
      expect(await world.get('gamma', path)).toMatchObject({ status: 405, body: { error: { code: 'not_supported' } } });
    }
    expect((await world.get('gamma', '/sheet')).body).toMatchObject({ idempotency: null, lookup: null });
  });

  test('has no fence: 3DS, hosted pages and invoices stay open', async () => {
    const order = { merchantId: 'default', orderId: 'g5' };
    const waiting = await world.pay('gamma', 'g5', 'sim:gamma=3ds_ok', 'g5a');
    const fence = { ...order, reference: waiting.body.reference };
    expect((await world.post('gamma', '/v1/voids', 'g5b', fence)).status).toBe(405);
    for (const path of ['/v1/hosted-sessions', '/v1/invoices']) {
      const { body } = await world.post('gamma', path, path, { ...charge('g5', ''), ...order });
      const closing = await world.post('gamma', `${path}/close`, `${path}c`, { ...order, reference: body.reference });
      expect(closing.status).toBe(405);
      expect((await fetch(body.url)).status).toBe(200);
      expect((await world.get('gamma', `/v1/page-urls/${body.reference}`)).body.url).toBe(body.url);
    }
  });

  test('releases an authorization that it knows', async () => {
    const { body } = await world.pay('gamma', 'g6', 'sim:', 'g6', { capture: false });
    const release = { merchantId: 'default', orderId: 'g6', reference: body.reference };
    expect((await world.post('gamma', '/v1/voids', 'g6v', release)).body.payment.status).toBe('voided');
    expect(await world.lines('g6')).toEqual(['authorize g6 authorized 4999 x1', 'void g6v voided 4999 x1']);
  });
});
