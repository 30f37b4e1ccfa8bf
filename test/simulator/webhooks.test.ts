import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

// The sink verifies every signature with the reference library, so each test here checks that, too.

test('a webhook is sent again until it is accepted, same id and same bytes', async () => {
  world.sink.statuses = [500, 404];
  await world.pay('alpha', 'again', 'sim:', 'again');
  await eventually(() => world.sink.notices.length).toBe(3);
  expect(new Set(world.sink.notices.map(({ id, raw }) => id + raw)).size).toBe(1);
  const counts = async () => (await (await fetch(`${world.simulator.url}/control/webhooks`)).json()) as object;
  await eventually(counts).toMatchObject({ counts: { delivered: 1, failedTries: 2, waiting: 0 } });
});

test('duplicate: each is sent that many times more', async () => {
  await world.control('webhooks', { duplicate: 9 });
  await world.pay('beta', 'dup', 'sim:', 'dup');
  await eventually(() => world.sink.notices.length).toBe(10);
  expect(new Set(world.sink.notices.map(({ id }) => id)).size).toBe(1);
  expect(world.sink.notices[0]?.path).toBe('/hooks/beta');
});

test('hold keeps them, release sends them, last first if asked', async () => {
  await world.control('webhooks', { hold: true });
  for (const key of ['one', 'two', 'three']) await world.pay('alpha', 'hold', 'sim:', key);
  const held = async () =>
    ((await (await fetch(`${world.simulator.url}/control/webhooks`)).json()) as { counts: { held: number } }).counts
      .held;
  await eventually(held).toBe(3);
  expect(world.sink.notices).toEqual([]);
  expect((await world.control('webhooks/release', { reverse: true })).body.released).toBe(3);
  await eventually(() => world.sink.notices.length).toBe(3);
});

test('reorder: what comes close together leaves last first', async () => {
  await world.control('webhooks', { reorder: true });
  const keys = Array.from({ length: 5 }, (_, i) => `r${i}`);
  for (const key of keys) await world.pay('alpha', 'reorder', 'sim:', key);
  await eventually(() => world.sink.notices.map(({ data }) => data.key).sort()).toEqual(keys);
  expect(world.sink.notices.map(({ data }) => data.key)).not.toEqual(keys);
});

test('delayMs comes on top', async () => {
  await world.control('webhooks', { delayMs: 300 });
  const startedAt = Date.now();
  await world.pay('alpha', 'delay', 'sim:', 'delay');
  await eventually(() => world.sink.notices.length).toBe(1);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(380);
});

test('an old one can be sent again a hundred times, with its old id', async () => {
  await world.pay('alpha', 'resend', 'sim:', 'resend');
  await eventually(() => world.sink.notices.length).toBe(1);
  await world.control('webhooks/resend', { orderId: 'resend', times: 100 });
  await eventually(() => world.sink.notices.length).toBe(101);
  expect(new Set(world.sink.notices.map(({ id }) => id)).size).toBe(1);
});

test('without an address they wait for one', async () => {
  const { url } = world.sink;
  await world.control('webhooks', { url: null });
  await world.pay('alpha', 'nowhere', 'sim:', 'nowhere');
  const held = async () =>
    ((await (await fetch(`${world.simulator.url}/control/webhooks`)).json()) as { counts: { held: number } }).counts
      .held;
  await eventually(held).toBe(1);
  await world.control('webhooks', { url });
  await eventually(() => world.sink.types('nowhere')).toEqual(['payment.captured']);
});
