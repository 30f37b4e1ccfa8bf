import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const newKey = () => randomBytes(12).toString('hex');
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });

async function ledgerOf(orderId: string): Promise<{ requests: number; effect: string }[]> {
  const url = `${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`;
  return (await json(fetch(url))).entries;
}

describe('Idempotency-Key', () => {
  test('is required for every POST under /v1/orders', async () => {
    for (const path of ['', '/o-1/recovery', '/o-1/cancel', '/o-1/hold', '/o-1/buyer-tokens']) {
      const response = await world.call(`/v1/orders${path}`, {
        method: 'POST',
        body: JSON.stringify(order(newOrderId())),
        headers: { 'content-type': 'application/json' },
      });
      expect(response.status).toBe(400);
      expect((await json(response)).code).toBe('idempotency_key_missing');
    }
  });

  test.each(['x'.repeat(256), 'x'.repeat(4000), 'clé', 'tab\tinside'])(
    'a malformed one is refused: %#',
    async (key) => {
      const orderId = newOrderId();
      const response = await world.post('/v1/orders', order(orderId), withKey(key));
      expect(response.status).toBe(400);
      expect((await json(response)).code).toBe('idempotency_key_invalid');
      expect((await world.call(`/v1/orders/${orderId}`)).status).toBe(404);
    },
  );

  test('a repeated request gets the first status again, and the order as it stands', async () => {
    const [orderId, key] = [newOrderId(), newKey()];
    const first = await world.post('/v1/orders', order(orderId), withKey(key));
    const again = await world.post('/v1/orders', order(orderId), withKey(key));
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await json(again)).toEqual(await json(first));
    expect(await ledgerOf(orderId)).toHaveLength(1);
  });

  test('the same key with another body or path is refused and changes nothing', async () => {
    const [orderId, key] = [newOrderId(), newKey()];
    await world.post('/v1/orders', order(orderId), withKey(key));
    const otherBody = await world.post('/v1/orders', order(newOrderId()), withKey(key));
    expect(otherBody.status).toBe(422);
    expect((await json(otherBody)).code).toBe('idempotency_key_reused');
    const otherPath = await world.post(`/v1/orders/${orderId}/cancel`, { reason: 'x' }, withKey(key));
    expect(otherPath.status).toBe(422);
  });

  test('another caller may use the same key', async () => {
    const key = newKey();
    const other = await world.newKey({ merchantId: `x${randomBytes(4).toString('hex')}` });
    const mine = await world.post('/v1/orders', order(newOrderId()), withKey(key));
    const theirs = await world.post('/v1/orders', order(newOrderId()), { ...withKey(key), apiKey: other });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
  });

  test('while the first request is worked on, the second is told so', async () => {
    const [orderId, key] = [newOrderId(), newKey()];
    const slow = order(orderId, 'sim:alpha=slow_1900');
    const answers = await Promise.all([1, 2, 3].map(() => world.post('/v1/orders', slow, withKey(key))));
    const second = answers.find(({ status }) => status === 409);
    expect(second?.headers.get('retry-after')).toBe('1');
    expect(second === undefined ? null : (await json(second)).code).toBe('idempotency_key_in_flight');
    expect(answers.some(({ status }) => status === 201)).toBe(true);
    expect(await ledgerOf(orderId)).toHaveLength(1);
  });

  test('a refused command is refused again, in the same words', async () => {
    const [orderId, key] = [newOrderId(), newKey()];
    await world.post('/v1/orders', order(orderId));
    const first = await world.post(`/v1/orders/${orderId}/capture`, { reason: 'x' }, withKey(key));
    const again = await world.post(`/v1/orders/${orderId}/capture`, { reason: 'x' }, withKey(key));
    expect(first.status).toBe(409);
    expect(await json(again)).toEqual(await json(first));
  });

  test('fifty starts of one order with many keys: one order, one charge', async () => {
    const orderId = newOrderId();
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.post('/v1/orders', order(orderId))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    const ledger = await ledgerOf(orderId);
    expect(ledger).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('fifty starts of one order with one key: one charge, the others found or told to wait', async () => {
    const [orderId, key] = [newOrderId(), newKey()];
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => world.post('/v1/orders', order(orderId), withKey(key))),
    );
    for (const { status } of answers) expect([201, 409]).toContain(status);
    expect(answers.some(({ status }) => status === 201)).toBe(true);
    expect(await ledgerOf(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });
});
