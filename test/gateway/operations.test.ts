import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSealingKeys } from '../../contract/sealing.ts';
import { json, newOrderId, openWorld, order, type World } from './world.ts';

describe('GET /v1/sealing-keys', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('tells ids and numbers: an order that waits needs its key, a paid one does not', async () => {
    const { kid } = createSealingKeys(world.sealingKey);
    const unused = { kid, seals: true, opens: true, openOrders: 0, reopenableOrders: 0 };
    expect((await world.post('/v1/orders', order(newOrderId()))).status).toBe(201);
    const before = await world.call('/v1/sealing-keys');
    expect([before.status, await before.json()]).toEqual([200, { keys: [unused] }]);
    const waiting = order(newOrderId(), 'sim:alpha=insufficient_funds;beta=insufficient_funds');
    expect((await world.post('/v1/orders', waiting)).status).toBe(201);
    const answer = await world.call('/v1/sealing-keys');
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({ keys: [{ ...unused, openOrders: 1 }] });
    expect(text).not.toContain(world.sealingKey);
  });

  test('is about all merchants, so a merchant’s key does not allow it, not even one with every scope', async () => {
    for (const scopes of [['*'], ['orders:read', 'orders:support', 'orders:write']]) {
      const answer = await world.call('/v1/sealing-keys', { apiKey: await world.newKey({ scopes }) });
      expect(answer.status).toBe(403);
      expect(await json(answer)).toMatchObject({ code: 'scope_missing' });
    }
    expect((await world.call('/v1/sealing-keys', { apiKey: null })).status).toBe(401);
    const named = await world.newKey({ scopes: ['operations'] });
    expect((await world.call('/v1/sealing-keys', { apiKey: named })).status).toBe(200);
    expect((await world.call('/v1/orders', { apiKey: named })).status).toBe(403);
  });
});
