import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';

describe('a worker that dies in the middle of a charge', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ worker: 'process', webhooks: 'held' });
  });
  afterAll(() => scene.close());

  test('leaves one charge: the next worker asks with the same key, and the order is paid', async () => {
    const orderId = newOrderId();
    const startedMs = Date.now();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_1500'), { waitMs: 30_000 });
    await poll(
      () => scene.ledger(orderId),
      (entries) => entries.length === 1,
      10_000,
    );
    await scene.killWorker();
    await scene.startWorker();
    await answer;
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    const waitedMs = Date.now() - startedMs;
    expect(paid.attempts).toHaveLength(1);
    const entries = await scene.ledger(orderId);
    expect(entries).toMatchObject([{ processor: 'alpha', effect: 'captured', amountMinor: 4999 }]);
    expect(await scene.netCaptured(orderId)).toBe(4999);
    console.info(`the buyer waited ${waitedMs} ms; the processor saw ${entries[0]?.requests} requests of one key`);
  });
});
