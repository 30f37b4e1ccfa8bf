import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Cable, openCable } from '../setup/cable.ts';
import { notice as noticeOf, signedHeaders } from '../setup/notices.ts';
import { json, newOrderId, openWorld, order, WEBHOOK_SECRET, type World } from './world.ts';

let world: World;
let database: Cable;
let temporal: Cable;
beforeAll(async () => {
  world = await openWorld({
    through: async ({ databaseUrl, temporalAddress }) => {
      const url = new URL(databaseUrl);
      const [host = '', port = ''] = temporalAddress.split(':');
      database = await openCable(url.hostname, Number(url.port));
      temporal = await openCable(host, Number(port));
      url.port = String(database.port);
      return { databaseUrl: url.toString(), temporalAddress: `127.0.0.1:${temporal.port}` };
    },
  });
});
afterEach(() => {
  database.mend();
  temporal.mend();
});
afterAll(async () => {
  await world.close();
  await Promise.all([database.close(), temporal.close()]);
});

function notice(orderId: string) {
  const told = noticeOf({ merchantId: world.merchantId, orderId }, { disputedMinor: 4999 }, 'dispute.opened');
  const body = JSON.stringify(told);
  const headers = { 'content-type': 'application/json', ...signedHeaders(body, { secret: WEBHOOK_SECRET }) };
  return () => world.call('/v1/webhooks/alpha', { method: 'POST', apiKey: null, body, headers });
}

describe('without the database', () => {
  test('calls are 503 and retryable, nothing is charged, and the same request then succeeds', async () => {
    const [orderId, key] = [newOrderId(), newOrderId()];
    const send = () => world.post('/v1/orders', order(orderId), { headers: { 'idempotency-key': key } });
    database.cut();
    const failed = await send();
    expect(failed.status).toBe(503);
    expect(failed.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await json(failed)).code).toBe('unavailable');
    expect((await world.call('/readyz', { apiKey: null })).status).toBe(503);
    expect((await world.call('/healthz', { apiKey: null })).status).toBe(200);
    database.mend();
    expect((await send()).status).toBe(201);
  });

  test('a processor’s notice is 503, so that it is sent again, and is then taken', async () => {
    const orderId = newOrderId();
    const deliver = notice(orderId);
    database.cut();
    expect((await deliver()).status).toBe(503);
    database.mend();
    expect((await deliver()).status).toBe(200);
    expect(await world.store.listUnappliedEvents({ merchantId: world.merchantId, orderId, limit: 5 })).toHaveLength(1);
  });
});

describe('without Temporal', () => {
  test('an order that cannot be started is 503, and the same request then succeeds with one charge', async () => {
    const [orderId, key] = [newOrderId(), newOrderId()];
    const headers = { 'idempotency-key': key, prefer: 'wait=1' };
    temporal.cut();
    const failed = await world.post('/v1/orders', order(orderId), { headers });
    expect([202, 503]).toContain(failed.status);
    temporal.mend();
    await expect
      .poll(async () => (await world.post('/v1/orders', order(orderId), { headers })).status, { timeout: 20_000 })
      .toBeLessThan(202);
    const url = `${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`;
    expect((await json(fetch(url))).entries).toHaveLength(1);
  });

  test('a stored notice is 503 until its order was told, and is then told once', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    const deliver = notice(orderId);
    temporal.cut();
    expect((await deliver()).status).toBe(503);
    temporal.mend();
    await expect.poll(async () => (await deliver()).status, { timeout: 20_000 }).toBe(200);
  });
});
