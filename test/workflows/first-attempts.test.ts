import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';

describe('an order collects', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  test('a card that is accepted pays the order at once, with one charge', async () => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([{ number: 1, processor: 'alpha', outcome: 'succeeded' }]);
    expect(answer.money).toEqual({ captured: 4999, refunded: 0, returned: 0, disputed: 0, held: 0, net: 4999 });
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', amountMinor: 4999, requests: 1 }]);
  });

  test('insufficient funds at the main processor are tried at the retry processor, which pays', async () => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=insufficient_funds'));
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([
      { number: 1, processor: 'alpha', failureClass: 'soft_decline', processorCode: 'insufficient_funds' },
      { number: 2, processor: 'beta', outcome: 'succeeded' },
    ]);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('a timed-out charge that went through is found and never repeated', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=timeout_charged'));
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toMatchObject([{ processor: 'alpha', outcome: 'succeeded' }]);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured' }]);
  });

  test('a payment that the processor works on says when it is looked at next, each time anew', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=pending_then_ok'));
    const planned = new Set<string | undefined>();
    await scene.until(orderId, ({ stage, nextAction }) => {
      if (stage === 'payment_pending') planned.add(nextAction.at);
      return stage === 'paid';
    });
    expect(planned.size).toBeGreaterThan(1);
  });

  test('a paid order costs at most four history events more than the bare two-task workflow', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    expect(await scene.historyLength(orderId)).toBeLessThanOrEqual(15);
  });
});
