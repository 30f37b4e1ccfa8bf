import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe('an order over HTTP', () => {
  test('is started once, found again, and paid', async () => {
    const orderId = newOrderId();
    const created = await world.post('/v1/orders', order(orderId));
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/orders/${orderId}`);
    expect(await json(created)).toMatchObject({ orderId, stage: 'paid', money: { captured: 4999, net: 4999 } });
    const found = await world.post('/v1/orders', order(orderId));
    expect(found.status).toBe(200);
    expect(await json(found)).toMatchObject({ orderId, stage: 'paid' });
    expect(await json(world.call(`/v1/orders/${orderId}`))).toMatchObject({ orderId, stage: 'paid' });
  });
});
