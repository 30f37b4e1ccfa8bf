import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Recoup, RecoupError } from '../../client/index.ts';
import { embeddedIn, newOrderId, openWorld, order, type World } from '../gateway/world.ts';

let world: World;
let recoup: Recoup;
beforeAll(async () => {
  world = await openWorld();
  recoup = embedded();
});
afterAll(async () => {
  await recoup.close();
  await world.close();
});

const embedded = (change?: Record<string, unknown>) => embeddedIn(world, change);

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RecoupError);
  return (error as RecoupError).code;
}

/** Answers nobody for so long; then it carries new connections through. */
async function sleepingProxy(target: string, asleepMs: number) {
  const [host, port] = target.split(':');
  const wakesAtMs = Date.now() + asleepMs;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (Date.now() < wakesAtMs) {
      setTimeout(() => socket.destroy(), wakesAtMs - Date.now());
      return;
    }
    const through = connect(Number(port), host);
    through.on('error', () => socket.destroy());
    socket.pipe(through).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const declined = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

describe('the embedded form', () => {
  test('is the same resource: an order started here is found over HTTP, and the other way round', async () => {
    const [here, there] = [newOrderId(), newOrderId()];
    expect(await recoup.orders.collect(order(here))).toMatchObject({ stage: 'paid', created: true, pending: false });
    expect(await world.recoup().orders.collect(order(here))).toMatchObject({ stage: 'paid', created: false });
    await world.recoup().orders.collect(order(there));
    expect(await recoup.orders.get(there)).toEqual(await world.recoup().orders.get(there));
  });

  test('fifty at once are one order, one update and one charge', async () => {
    const orderId = newOrderId();
    const answers = await Promise.all(Array.from({ length: 50 }, () => recoup.orders.collect(order(orderId))));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(answers.every(({ stage }) => stage === 'paid')).toBe(true);
    const operations = await world.store.listOperations(world.merchantId, orderId);
    expect(operations).toHaveLength(1);
  });

  test('a caller who does not wait gets the order as it stands, and finds it later', async () => {
    const orderId = newOrderId();
    const slow = order(orderId, 'sim:alpha=slow_1900');
    expect(await recoup.orders.collect(slow, { waitMs: 0 })).toMatchObject({ stage: 'attempting', pending: true });
    expect(await recoup.orders.collect(slow)).toMatchObject({ stage: 'paid', created: false, pending: false });
  });

  test('an order is found before its first word in the store, with no worker up', async () => {
    const orderId = newOrderId();
    const nobody = embedded({ temporal: { address: inject('temporalAddress'), taskQueue: `nobody-${orderId}` } });
    const started = await nobody.orders.collect(order(orderId), { waitMs: 1_000 });
    expect(started).toMatchObject({ orderId, stage: 'attempting', pending: true, attempts: [] });
    expect(await nobody.orders.get(orderId)).toMatchObject({ orderId, stage: 'attempting', attempts: [] });
    const other = { ...order(orderId), amount: { minor: 1, currency: 'EUR' } };
    expect(await codeOf(nobody.orders.collect(other, { waitMs: 1_000 }))).toBe('order_conflict');
    await nobody.close();
  });

  test('an order that nobody has, because Temporal did not answer in time, is not said to be under way', async () => {
    const temporal = await sleepingProxy(inject('temporalAddress'), 1_500);
    const late = embedded({ temporal: { address: temporal.address } });
    expect(await codeOf(late.orders.collect(order(newOrderId()), { waitMs: 1_000 }))).toBe('unavailable');
    await late.close();
    temporal.close();
  });

  test('chooses, cancels, holds and refuses as over HTTP', async () => {
    const orderId = newOrderId();
    await recoup.orders.collect(order(orderId, declined));
    const opened = await recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    expect(opened).toMatchObject({ stage: 'hosted_checkout' });
    expect(await recoup.orders.cancel(orderId, { reason: 'x' })).toMatchObject({ stage: 'cancelled' });
    expect(await codeOf(recoup.orders.cancel(orderId, { reason: 'x' }))).toBe('order_closed');
    expect(await codeOf(recoup.orders.get('nobody'))).toBe('order_unknown');
    expect(await codeOf(recoup.orders.get('a/b'))).toBe('order_unknown');
    const audit = await world.store.listAudit(world.merchantId, orderId);
    expect(audit.map(({ action, actor }) => [action, actor])).toEqual([
      ['recover', 'merchant:embedded'],
      ['cancel', 'merchant:embedded'],
      ['cancel', 'merchant:embedded'],
    ]);
  });

  test('checks requests as the gateway does', async () => {
    expect(await codeOf(recoup.orders.collect(order('a:b')))).toBe('request_invalid');
    const card = { ...order('o-1'), description: '4242 4242 4242 4242' };
    expect(await codeOf(recoup.orders.collect(card))).toBe('card_data_refused');
    const conflict = newOrderId();
    await recoup.orders.collect(order(conflict));
    const other = { ...order(conflict), amount: { minor: 1, currency: 'EUR' } };
    expect(await codeOf(recoup.orders.collect(other))).toBe('order_conflict');
  });

  test('a wrong sealing key is refused by its name; a database that is away is retryable', async () => {
    const wrong = embedded({ sealingKey: 'changeme' });
    await expect(wrong.orders.get('o-1')).rejects.toThrow(/^sealingKey must be/);
    const away = embedded({ databaseUrl: 'postgresql://nobody:secret@127.0.0.1:9/none' });
    const error = await away.orders.get('o-1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(String(error)).not.toContain('secret');
  });

  test('no credential is in the order’s history', async () => {
    const orderId = newOrderId();
    await recoup.orders.collect(order(orderId, 'sim:card=x;alpha=insufficient_funds;beta=do_not_honor'));
    const stored = await world.store.findOrder(world.merchantId, orderId);
    expect(JSON.stringify(stored)).not.toContain('sim:card=');
  });
});
