import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderWorkflowId } from '../../contract/ids.ts';
import { ORDER_PAYMENT } from '../../contract/messages.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

describe('one order, collected many times', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
  });
  afterAll(() => scene.close());

  test('another amount or currency is a conflict, and the order goes on unchanged', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, DECLINED));
    for (const amount of [
      { minor: 5000, currency: 'EUR' },
      { minor: 4999, currency: 'USD' },
    ]) {
      const other = order(orderId, 'sim:alpha=ok', { amount });
      await expect(scene.recoup.orders.collect(other)).rejects.toMatchObject({ code: 'order_conflict' });
      await expect(scene.http.orders.collect(other)).rejects.toMatchObject({ code: 'order_conflict' });
    }
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'waiting_buyer', amount: { minor: 4999 } });
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  test('another payment method merely finds the order, open or closed, and never charges', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, DECLINED));
    const found = await scene.recoup.orders.collect(order(orderId, 'sim:card=rich;alpha=ok'));
    expect(found).toMatchObject({ created: false, stage: 'waiting_buyer' });
    await scene.recoup.orders.cancel(orderId, { reason: 'a test asks' });
    const closed = await scene.http.orders.collect(order(orderId, 'sim:card=rich;alpha=ok'));
    expect(closed).toMatchObject({ created: false, stage: 'cancelled' });
    expect(await scene.netCaptured(orderId)).toBe(0);
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  test('a paid order that is collected again is found, and stays as it was', async () => {
    const orderId = newOrderId();
    const paid = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    const found = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    expect(found).toMatchObject({ created: false, stage: 'paid', attempts: paid.attempts });
    expect(await scene.ledger(orderId)).toMatchObject([{ requests: 1 }]);
  });

  test('started without an accepted collect, and its time is over: nobody is charged, the order waits for the buyer', async () => {
    const orderId = newOrderId();
    const input = await scene.newInput(order(orderId, 'sim:alpha=ok'));
    input.state.facts.notAfter = new Date(Date.now() - 1_000).toISOString();
    const { taskQueue, merchantId } = scene;
    const workflowId = orderWorkflowId({ merchantId, orderId });
    const args = [{ ...input, startId: 'nobody' }];
    await scene.client.workflow.start(ORDER_PAYMENT, { workflowId, taskQueue, args });
    await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer');
    expect(await scene.ledger(orderId)).toEqual([]);
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(orderId, pay)).stage).toBe('paid');
  });
});
