import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Recoup } from '../../client/index.ts';
import { errorOf } from '../client/error-of.ts';
import { notice, signedHeaders } from '../setup/notices.ts';
import { embeddedIn, json, newOrderId, openWorld, order, WEBHOOK_SECRET, type World } from './world.ts';

let world: World;
let embedded: Recoup;
beforeAll(async () => {
  world = await openWorld();
  embedded = embeddedIn(world);
});
afterAll(async () => {
  await embedded.close();
  await world.close();
});

const listed = async (query: string): Promise<string[]> =>
  (await json(world.call(`/v1/orders?${query}`))).orders.map(({ orderId }: { orderId: string }) => orderId);

/** Paid, and then its processor tells of another payment. */
async function askedWhilePaid(): Promise<string> {
  const orderId = newOrderId();
  await world.post('/v1/orders', order(orderId));
  const body = JSON.stringify(notice({ merchantId: world.merchantId, orderId }, { reference: 'stray', key: 'stray' }));
  const headers = { 'content-type': 'application/json', ...signedHeaders(body, { secret: WEBHOOK_SECRET }) };
  expect((await world.call('/v1/webhooks/alpha', { method: 'POST', apiKey: null, body, headers })).status).toBe(200);
  await expect
    .poll(async () => (await json(world.call(`/v1/orders/${orderId}`))).nextAction.type, { timeout: 20_000 })
    .toBe('review');
  return orderId;
}

describe('orders of which a person is asked', () => {
  test('are listed whatever their stage, and the others too, by both forms of the client', async () => {
    const asked = await askedWhilePaid();
    const quiet = newOrderId();
    await world.post('/v1/orders', order(quiet));
    expect(await listed('needsPerson=true')).toEqual([asked]);
    expect(await listed('needsPerson=true&stage=paid')).toEqual([asked]);
    expect(await listed('needsPerson=false')).toEqual([quiet]);
    expect((await listed('')).sort()).toEqual([asked, quiet].sort());
    for (const recoup of [world.recoup(), embedded]) {
      const { orders } = await recoup.orders.list({ needsPerson: true });
      expect(orders).toMatchObject([{ orderId: asked, stage: 'paid', nextAction: { who: 'support' } }]);
    }
  });
});

describe('a filter', () => {
  test.each([
    ['an unknown stage', { stage: 'bogus' }],
    ['an unknown stage in a list', { stage: ['paid', 'bogus'] }],
    ['no stage', { stage: [] }],
    ['a limit out of range', { limit: 1000 }],
    ['no whole limit', { limit: 1.5 }],
    ['an unknown member', { bogus: 1 }],
    ['no boolean', { needsPerson: 'perhaps' }],
    ['no instant', { updatedAfter: 'yesterday' }],
    ['no failure class', { class: 'No Class' }],
    ['an unknown failure class', { class: 'bogus' }],
    ['an unknown processor', { processor: 'nobody' }],
    ['a cursor of another place', { cursor: 'nonsense' }],
  ])('with %s is refused by both forms alike', async (_name, filter) => {
    const refusals = [world.recoup(), embedded].map((recoup) =>
      recoup.orders.list(filter as object).then(
        () => null,
        (error: unknown) => error,
      ),
    );
    const [there, here] = await Promise.all(refusals);
    expect(there).toMatchObject({ code: 'request_invalid' });
    expect(here).toMatchObject({ code: 'request_invalid' });
    expect((here as { fields: unknown }).fields).toEqual((there as { fields: unknown }).fields);
  });

  test('says what there is: the classes, and the processors', async () => {
    const fields = async (filter: object) => (await errorOf(embedded.orders.list(filter))).fields;
    const [ofClass] = await fields({ class: 'hard_declin' });
    expect(ofClass).toMatchObject({
      path: '$.class',
      must: expect.stringMatching(/^must be one of .*\bhard_decline\b/),
    });
    const must = 'must be one of alpha, beta, gamma, or where one of your orders was tried last';
    expect(await fields({ processor: 'alpa' })).toEqual([{ path: '$.processor', must }]);
  });

  test('finds orders at a processor that was taken out since, and none at one that is there', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:gamma=ok', { metadata: { route: 'gamma' } }));
    const before = await world.store.currentDeployment();
    if (before === null) return expect.fail('no worker has started');
    const sheets = before.sheets.filter(({ processor }) => processor !== 'gamma');
    await world.store.publishDeployment({ ...before, sheets });
    const later = embeddedIn(world);
    try {
      const { orders } = await later.orders.list({ processor: 'gamma' });
      expect(orders).toMatchObject([{ orderId }]);
      expect((await later.orders.list({ processor: 'gamma', stage: ['failed'] })).orders).toEqual([]);
      expect((await later.orders.list({ processor: 'beta' })).orders).toEqual([]);
    } finally {
      await Promise.all([later.close(), world.store.publishDeployment(before)]);
    }
  });

  test('of several stages is one list', async () => {
    const { orders } = await embedded.orders.list({ stage: ['paid', 'failed'], limit: 1 });
    expect(orders).toHaveLength(1);
  });
});
