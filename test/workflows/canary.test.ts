import { randomBytes } from 'node:crypto';
import { Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { databaseText, linesWith, queriesText, storedHistories } from '../setup/leaks.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, sweep } from './acts.ts';

/** Part of the credential only: gamma is never asked, so nothing but the token itself carries this text. */
const CANARY = 'xq7canaryzz93';
/** Text that looks like a card, in the ways in which people write one. */
const CARDS = ['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242'];
const token = (outcomes: string) => `sim:card=plain;${outcomes};gamma=${CANARY}`;
const MALFORMED = `sim:;;${CANARY}==;`;
const why = { reason: 'a test asks' };

describe.each([
  ['in clear', ''],
  ['encrypted', randomBytes(32).toString('base64')],
])('a credential, payloads %s', (_name, codecKeys) => {
  let scene: Scene;
  const errors: string[] = [];
  const orderIds: string[] = [];
  const secrets = () => {
    const { password } = new URL(scene.databaseUrl);
    return [CANARY, ...CARDS, scene.sealingKey, scene.apiKey, password, ...codecKeys.split(',').filter(Boolean)];
  };

  beforeAll(async () => {
    scene = await openScene({ timeScale: 10, ...(codecKeys === '' ? {} : { codecKeys }) });
    await goodOrders();
    await badRequests();
    await badAddresses();
    await ourFailure();
    await sweep(scene);
  }, 120_000);
  afterAll(() => scene.close());

  const keep = (error: unknown) => {
    const { message, stack, ...rest } = error as Error;
    errors.push(`${message} ${stack} ${JSON.stringify(rest)}`);
  };
  const collect = async (outcomes: string, more = {}) => {
    const orderId = newOrderId();
    orderIds.push(orderId);
    return scene.recoup.orders.collect(order(orderId, token(outcomes), more));
  };
  const sent = async (path: string, init: RequestInit = {}, key = scene.apiKey) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers };
    const answer = await fetch(`${scene.gatewayUrl}${path}`, { redirect: 'manual', ...init, headers });
    expect(answer.status, path).toBeGreaterThanOrEqual(400);
    expect(answer.status, path).toBeLessThan(500);
    errors.push(`${JSON.stringify([...answer.headers])} ${await answer.text()}`);
  };
  const posted = (body: string, path = '/v1/orders') =>
    sent(path, { method: 'POST', body, headers: { 'idempotency-key': newOrderId() } });

  async function goodOrders(): Promise<void> {
    await collect('alpha=ok');
    await collect('alpha=insufficient_funds');
    await collect('alpha=500_charged');
    await actOnPage(await collect('alpha=3ds_ok'));
    await collect('alpha=ok', { savedMethods: [{ token: token('beta=ok') }], capture: 'manual' });
    const declined = await collect('alpha=stolen_card');
    const choice = { path: 'new_method', paymentMethod: { token: token('alpha=ok;beta=ok') } } as const;
    await scene.http.orders.recover(declined.orderId, choice).catch(keep);
    await scene.recoup.orders.recover(declined.orderId, choice).catch(keep);
    await scene.recoup.orders.cancel(declined.orderId, why);
    for (const orders of [scene.http.orders, scene.recoup.orders]) {
      const orderId = newOrderId();
      orderIds.push(orderId);
      await orders.collect(order(orderId, MALFORMED)).then((answer) => errors.push(JSON.stringify(answer)), keep);
    }
  }

  /** Credentials and card numbers in every place of a request where they do not belong. */
  async function badRequests(): Promise<void> {
    for (const paymentMethod of [
      { token: `live_${CANARY}` },
      { token: token('alpha=ok'), cvc: CANARY },
      { token: token('alpha=ok'), [CANARY]: 'x' },
      { credentials: [{ processor: `not a name ${CANARY}`, token: CANARY }] },
      { credentials: [{ processor: 'alpha', token: CANARY, [CANARY]: CANARY }] },
    ]) {
      const request = { ...order(newOrderId(), ''), paymentMethod } as never;
      await scene.recoup.orders.collect(request).catch(keep);
      await posted(JSON.stringify(request));
    }
    await posted(`{"${CANARY}`);
    const good = order(newOrderId(), 'sim:alpha=ok');
    for (const card of CARDS) {
      for (const change of [
        { orderId: card.replaceAll(' ', '-') },
        { description: `paid with ${card} yesterday` },
        { metadata: { note: card } },
        { metadata: { [card.replaceAll(/[ -]/g, '')]: 'x' } },
        { [card]: 'x' },
        { buyer: { reference: card } },
        { returnUrl: `https://shop.test/?card=${card.replaceAll(' ', '-')}` },
      ]) {
        await posted(JSON.stringify({ ...good, ...change }));
        await scene.recoup.orders.collect({ ...good, ...change } as never).catch(keep);
      }
      const [orderId = ''] = orderIds;
      await posted(JSON.stringify({ reason: `the buyer says ${card}` }), `/v1/orders/${orderId}/hold`);
    }
  }

  async function badAddresses(): Promise<void> {
    for (const secret of [CANARY, ...CARDS]) {
      const text = encodeURIComponent(secret);
      await sent(`/v1/orders?cursor=${text}`);
      await sent(`/v1/orders?stage=${text}`);
      await sent(`/v1/orders/${text}`);
      await sent(`/${text}?${text}=${text}`);
      await sent('/v1/orders', {}, `rk_test_${secret.replaceAll(' ', '')}`);
      await sent('/v1/buyer/order', {}, `a.${secret.replaceAll(' ', '')}.c`);
      await sent(`/v1/webhooks/${text}`, { method: 'POST', body: secret });
      await sent('/v1/webhooks/alpha', { method: 'POST', body: secret, headers: { 'webhook-id': text } });
    }
  }

  /** The store refuses for a while: what the database says of it ends in failures of our activities. */
  async function ourFailure(): Promise<void> {
    await query(scene.databaseUrl, 'alter function write_timeline rename to write_timeline_away');
    const collected = collect('alpha=insufficient_funds;beta=insufficient_funds');
    try {
      const failed = (text: string) => text.includes('SQLSTATE');
      await poll(() => storedHistories(scene, codecKeys), failed, 20_000);
    } finally {
      await query(scene.databaseUrl, 'alter function write_timeline_away rename to write_timeline');
    }
    await collected;
  }

  test('is in no history, stored or read, in no detail, no failure and no query, and neither are our keys', async () => {
    const text = await storedHistories(scene, codecKeys);
    expect(text).toContain('sim-card:plain');
    expect(text).toContain('SQLSTATE');
    const answers = await queriesText(scene);
    expect(answers).toContain('insufficient_funds');
    expect(linesWith(`${text}\n${answers}`, secrets())).toEqual([]);
  });

  test('is in no table, the outbox of webhooks among them, and neither are our keys', async () => {
    const text = await databaseText(scene);
    expect(text).toContain('sim-card:plain');
    expect(text).toContain('order.payment_failed');
    expect(linesWith(text, secrets())).toEqual([]);
  });

  test('is in no line of the log, and neither are our keys', () => {
    const text = scene.logged();
    expect(text.length).toBeGreaterThan(1_000);
    expect(linesWith(text, secrets())).toEqual([]);
  });

  test('is in no error, no answer, no timeline, and no metrics', async () => {
    expect(errors.length).toBeGreaterThan(60);
    expect(linesWith(errors.join('\n'), secrets())).toEqual([]);
    for (const orderId of orderIds) {
      const { orders } = scene.http;
      const told = await Promise.all([orders.get(orderId), orders.timeline(orderId), orders.explain(orderId)]);
      expect(linesWith(JSON.stringify(told), secrets())).toEqual([]);
    }
    // Served from the day on which there are any.
    const metrics = await fetch(`${scene.gatewayUrl}/metrics`);
    expect(linesWith(await metrics.text(), secrets())).toEqual([]);
  });

  describe('the search finds what leaked', () => {
    test('into a history', async () => {
      await scene.recoup.orders.collect(order(newOrderId(), 'sim:alpha=ok', { description: `leak-${CANARY}` }));
      expect(linesWith(await storedHistories(scene, codecKeys), [`leak-${CANARY}`])).not.toEqual([]);
    });

    test('into a table that nobody thought of', async () => {
      await query(
        scene.databaseUrl,
        `create table forgotten as select '${JSON.stringify({ leak: CANARY })}'::jsonb as t`,
      );
      expect(linesWith(await databaseText(scene), [CANARY])).not.toEqual([]);
      await query(scene.databaseUrl, 'drop table forgotten');
    });

    test('into the log, and into an error', () => {
      Runtime.instance().logger.info('A test leaks', { deep: { leak: `log-${CANARY}` } });
      expect(linesWith(scene.logged(), [`log-${CANARY}`])).not.toEqual([]);
      keep(Object.assign(new Error('a test'), { cause: { leak: CANARY } }));
      expect(linesWith(errors.pop() ?? '', [CANARY])).not.toEqual([]);
    });
  });
});
