import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notice as noticeOf, signedHeaders } from '../setup/notices.ts';
import { json, newOrderId, openWorld, order, WEBHOOK_SECRET, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const nowS = () => Math.floor(Date.now() / 1000);

const notice = (orderId: string, change: Record<string, unknown> = {}) =>
  noticeOf({ merchantId: world.merchantId, orderId }, change);

function sign(body: string, id?: string, atS?: number, secret = WEBHOOK_SECRET) {
  return signedHeaders(body, { secret, ...(id !== undefined && { id }), ...(atS !== undefined && { atS }) });
}

function deliver(body: string, headers: Record<string, string>, processor = 'alpha') {
  return world.call(`/v1/webhooks/${processor}`, {
    method: 'POST',
    apiKey: null,
    body,
    headers: { ...JSON_TYPE, ...headers },
  });
}

async function refused(response: Response, status: number, code: string): Promise<void> {
  expect({ status: response.status, code: (await json(response)).code }).toEqual({ status, code });
}

describe('who may send', () => {
  test('no, a wrong, a foreign or an old signature is refused, and nothing is stored', async () => {
    const orderId = newOrderId();
    const body = JSON.stringify(notice(orderId));
    const good = sign(body);
    const otherSecret = `whsec_${randomBytes(32).toString('base64')}`;
    const bad: Record<string, string>[] = [
      {},
      { ...good, 'webhook-signature': 'v1,AAAA' },
      { ...good, 'webhook-signature': '' },
      { ...good, 'webhook-id': 'another' },
      { ...good, 'webhook-id': 'x'.repeat(200) },
      sign(body, 'evt_1', nowS(), otherSecret),
      sign(body, 'evt_1', nowS() - 302),
      sign(body, 'evt_1', nowS() + 302),
      sign(body, 'evt_1', nowS() + 365 * 86_400),
      { ...good, 'webhook-timestamp': `${good['webhook-timestamp']}abc` },
      { ...good, 'webhook-timestamp': '123abc' },
      { ...good, 'webhook-signature': Array.from({ length: 1000 }, () => 'v1,AAAA').join(' ') },
      { ...good, 'webhook-signature': [...Array(20).fill('v1,AAAA'), good['webhook-signature']].join(' ') },
    ];
    for (const headers of bad) await refused(await deliver(body, headers), 401, 'webhook_signature_invalid');
    expect(await world.store.listUnappliedEvents({ merchantId: world.merchantId, orderId, limit: 10 })).toEqual([]);
  });

  test('a body that was serialised again is refused', async () => {
    const body = JSON.stringify(notice(newOrderId()));
    const again = JSON.stringify(JSON.parse(body), null, 1);
    await refused(await deliver(again, sign(body)), 401, 'webhook_signature_invalid');
  });

  test('a signed body that is no JSON, or no notice, is refused', async () => {
    for (const body of ['not json', '[]', 'null', '{}', JSON.stringify({ type: 'payment.captured' })]) {
      await refused(await deliver(body, sign(body)), 400, 'webhook_body_invalid');
    }
  });

  test('a notice of another processor, or for none of ours, is refused', async () => {
    const body = JSON.stringify(notice(newOrderId()));
    await refused(await deliver(body, sign(body), 'beta'), 400, 'webhook_body_invalid');
    await refused(await deliver(body, sign(body), 'nobody'), 404, 'processor_unknown');
  });

  test('too large, or not JSON by its type, is refused', async () => {
    const large = JSON.stringify({ pad: 'x'.repeat(300_000) });
    await refused(await deliver(large, sign(large)), 413, 'body_too_large');
    const body = JSON.stringify(notice(newOrderId()));
    await refused(
      await deliver(body, { ...sign(body), 'content-type': 'text/plain' }),
      415,
      'content_type_unsupported',
    );
  });
});

describe('what becomes of a notice', () => {
  test('of an unknown type: kept, 2xx', async () => {
    const body = JSON.stringify({ ...notice(newOrderId()), type: 'something.new' });
    expect((await deliver(body, sign(body))).status).toBe(200);
  });

  test('of an order that does not exist: parked, 2xx', async () => {
    const orderId = newOrderId();
    const body = JSON.stringify(notice(orderId));
    expect((await deliver(body, sign(body))).status).toBe(200);
    const kept = await world.store.listUnappliedEvents({ merchantId: world.merchantId, orderId, limit: 10 });
    expect(kept).toMatchObject([{ orderId, type: 'payment_succeeded' }]);
    expect((await world.call(`/v1/orders/${orderId}`)).status).toBe(404);
  });

  test('with ids that no order can have: parked, 2xx', async () => {
    const body = JSON.stringify(notice('a/b:c'));
    const response = await deliver(body, sign(body));
    expect(response.status).toBe(200);
  });

  test('the same id with another body is refused and leaves the first one alone', async () => {
    const orderId = newOrderId();
    const first = JSON.stringify(notice(orderId));
    const second = JSON.stringify(notice(orderId, { amountMinor: 1, capturedMinor: 1 }));
    expect((await deliver(first, sign(first, 'evt_same'))).status).toBe(200);
    await refused(await deliver(second, sign(second, 'evt_same')), 409, 'webhook_conflict');
    const kept = await world.store.listUnappliedEvents({ merchantId: world.merchantId, orderId, limit: 10 });
    expect(kept).toMatchObject([{ amountMinor: 4999 }]);
  });

  test('of the simulator itself, for a charge whose answer was lost: the order is paid', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:alpha=timeout_charged'));
    await expect
      .poll(async () => (await json(world.call(`/v1/orders/${orderId}`))).stage, { timeout: 20_000 })
      .toBe('paid');
  });
});
