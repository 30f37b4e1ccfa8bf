import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccessError, OrderError, Recoup, RequestError, UnavailableError } from '../../client/index.ts';
import { json, newOrderId, openWorld, order, type World } from '../gateway/world.ts';
import { type CuttingProxy, openCuttingProxy } from './cutting-proxy.ts';
import { errorOf } from './error-of.ts';

let world: World;
let proxy: CuttingProxy;
let recoup: Recoup;
beforeAll(async () => {
  world = await openWorld();
  proxy = await openCuttingProxy(world.url);
  recoup = new Recoup({ baseUrl: `${proxy.url}/`, apiKey: world.apiKey });
});
afterEach(() => {
  proxy.keys.length = 0;
});
afterAll(async () => {
  await proxy.close();
  await world.close();
});

async function chargesOf(orderId: string): Promise<number> {
  const url = `${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`;
  return (await json(fetch(url))).entries.length;
}

describe('the HTTP form', () => {
  test('collects, finds, reads and lists', async () => {
    const orderId = newOrderId();
    expect(await recoup.orders.collect(order(orderId))).toMatchObject({ stage: 'paid', created: true, pending: false });
    expect(await recoup.orders.collect(order(orderId))).toMatchObject({ stage: 'paid', created: false });
    expect(await recoup.orders.get(orderId)).toMatchObject({ orderId, stage: 'paid' });
    expect((await recoup.orders.timeline(orderId)).entries.length).toBeGreaterThan(0);
    expect((await recoup.orders.explain(orderId)).decisions).toBeInstanceOf(Array);
    expect((await recoup.orders.list({ stage: ['paid'], limit: 1 })).orders).toHaveLength(1);
  });

  test('recovers and cancels', async () => {
    const declined = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
    const [paid, cancelled] = [newOrderId(), newOrderId()];
    await recoup.orders.collect(order(paid, declined));
    const choice = { path: 'new_method', paymentMethod: { token: 'sim:card=n;alpha=ok' } } as const;
    expect(await recoup.orders.recover(paid, choice)).toMatchObject({ stage: 'paid' });
    await recoup.orders.collect(order(cancelled, declined));
    expect(await recoup.orders.cancel(cancelled, { reason: 'x' })).toMatchObject({ stage: 'cancelled' });
  });

  test('an answer that was lost is asked for again with the same key: one charge', async () => {
    const orderId = newOrderId();
    proxy.loseAnswers(2);
    expect(await recoup.orders.collect(order(orderId))).toMatchObject({ stage: 'paid', created: true });
    expect(proxy.keys).toHaveLength(3);
    expect(new Set(proxy.keys).size).toBe(1);
    expect(await chargesOf(orderId)).toBe(1);
  });

  test('a command whose answer was lost is one command', async () => {
    const orderId = newOrderId();
    await recoup.orders.collect(order(orderId, 'sim:alpha=insufficient_funds;beta=insufficient_funds'));
    proxy.loseAnswers(1);
    expect(await recoup.orders.cancel(orderId, { reason: 'x' })).toMatchObject({ stage: 'cancelled' });
  });

  test('overload and faults are waited out; two calls have two keys', async () => {
    proxy.answerInstead([503, 429, 502]);
    const orderId = newOrderId();
    expect(await recoup.orders.collect(order(orderId))).toMatchObject({ stage: 'paid' });
    expect(new Set(proxy.keys).size).toBe(1);
    await recoup.orders.collect(order(orderId));
    expect(new Set(proxy.keys).size).toBe(2);
  });

  test('re-sending is bounded', async () => {
    const nobody = new Recoup({ baseUrl: 'http://127.0.0.1:9', apiKey: world.apiKey, maxSends: 2 });
    const error = await errorOf(nobody.orders.get('o-1'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true });
  });
});

describe('errors', () => {
  test('are a closed union with code, retryable and docUrl', async () => {
    const orderId = newOrderId();
    await recoup.orders.collect(order(orderId));
    const conflict = await errorOf(recoup.orders.collect({ ...order(orderId), amount: { minor: 1, currency: 'EUR' } }));
    expect(conflict).toBeInstanceOf(OrderError);
    expect(conflict).toMatchObject({ code: 'order_conflict', retryable: false });
    expect(conflict.docUrl).toBe(`${world.url}/docs/errors/order_conflict`);
    expect(conflict.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await errorOf(recoup.orders.cancel(orderId, { reason: 'x' }))).toMatchObject({ code: 'order_closed' });
    expect(await errorOf(recoup.orders.get('nobody'))).toMatchObject({ code: 'order_unknown' });
    const malformed = await errorOf(recoup.orders.collect({ ...order('o-2'), amount: { minor: -1, currency: 'EUR' } }));
    expect(malformed).toBeInstanceOf(RequestError);
    expect(malformed.fields).toEqual([{ path: '$.amount.minor', must: 'must be at least 1' }]);
    const stranger = new Recoup({ baseUrl: proxy.url, apiKey: 'rk_test_strangerstranger' });
    expect(await errorOf(stranger.orders.get(orderId))).toBeInstanceOf(AccessError);
  });
});
