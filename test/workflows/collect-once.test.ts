import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderWorkflowId } from '../../contract/ids.ts';
import { ORDER_PAYMENT } from '../../contract/messages.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects } from './acts.ts';

const CALLERS = 50;
const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

describe('one order, collected many times', () => {
  let scene: Scene;
  /** A paid order that Temporal is made to forget while the other tests run. */
  let forgotten: Promise<string>;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    forgotten = forget(orderId).then(() => orderId);
  });
  afterAll(() => scene.close());

  /** Stands for the end of retention: the run and its history are gone, the store stays. Of a closed run it takes half a minute. */
  const forget = async (orderId: string) => {
    const handle = scene.workflow(orderId);
    const workflowExecution = { workflowId: handle.workflowId };
    const { namespace } = scene.client.options;
    await scene.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    await poll(
      () =>
        handle.describe().then(
          () => false,
          () => true,
        ),
      (gone) => gone,
      60_000,
    );
  };

  const runsOf = async (orderId: string) => {
    const workflowId = orderWorkflowId({ merchantId: scene.merchantId, orderId });
    return poll(
      async () => (await scene.client.workflow.count(`WorkflowId = '${workflowId}'`)).count,
      (count) => count > 0,
      5_000,
    );
  };
  const updatesOf = async (orderId: string) => {
    const { events } = await scene.workflow(orderId).fetchHistory();
    return events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted != null).length;
  };
  const chargedOnce = async (orderId: string, answers: { created: boolean; stage: string }[]) => {
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ stage }) => stage))).toEqual(new Set(['paid']));
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', amountMinor: 4999, requests: 1 }]);
    expect(await runsOf(orderId)).toBe(1);
    expect(await updatesOf(orderId)).toBe(1);
  };
  const together = <T>(collect: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CALLERS }, (_, n) => collect(n)));

  test('fifty at once, straight to Temporal: one run, one update, one charge', async () => {
    const orderId = newOrderId();
    await chargedOnce(orderId, await together(() => scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'))));
  });

  test('fifty at once over HTTP, each with its own key: the same', async () => {
    const orderId = newOrderId();
    await chargedOnce(orderId, await together(() => scene.http.orders.collect(order(orderId, 'sim:alpha=ok'))));
  });

  test('fifty at once over HTTP with one key: one is answered 201, and nobody charges a second time', async () => {
    const orderId = newOrderId();
    const request = order(orderId, 'sim:alpha=ok');
    const post = () =>
      fetch(`${scene.gatewayUrl}/v1/orders`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${scene.apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': `one-key-${orderId}`,
        },
        body: JSON.stringify(request),
      });
    const answers = await together(post);
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect((await post()).status).toBe(201);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect(await updatesOf(orderId)).toBe(1);
  });

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

  describe('after Temporal forgot it', () => {
    test('an open order goes on: numbers go up, nothing is repeated, a forbidden card stays forbidden', async () => {
      const orderId = newOrderId();
      const stolen = order(orderId, 'sim:card=taken;alpha=stolen_card');
      await scene.recoup.orders.collect(stolen);
      await forget(orderId);
      const again = await scene.recoup.orders.collect(stolen);
      expect(again).toMatchObject({ created: false, stage: 'waiting_buyer', attempts: [{ number: 1 }] });
      expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', requests: 1 }]);
      const forbidden = { path: 'new_method', paymentMethod: { token: 'sim:card=taken;alpha=ok' } } as const;
      await expect(scene.recoup.orders.recover(orderId, forbidden)).rejects.toMatchObject({ code: 'recovery_refused' });
      const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=mine;alpha=ok' } } as const;
      const paid = await scene.recoup.orders.recover(orderId, pay);
      expect(paid.attempts.map(({ number }) => number)).toEqual([1, 2]);
      expect(await effects(scene, orderId)).toEqual(['alpha captured']);
    });

    test('with another amount it is a conflict, and nothing is charged', async () => {
      const orderId = newOrderId();
      await scene.recoup.orders.collect(order(orderId, DECLINED));
      await forget(orderId);
      const other = order(orderId, 'sim:alpha=ok', { amount: { minor: 1, currency: 'EUR' } });
      await expect(scene.recoup.orders.collect(other)).rejects.toMatchObject({ code: 'order_conflict' });
      expect(await scene.netCaptured(orderId)).toBe(0);
      expect(await scene.ledger(orderId)).toHaveLength(2);
    });

    test('a paid order stays paid, and is not charged again', async () => {
      const orderId = await forgotten;
      expect((await scene.recoup.orders.get(orderId)).stage).toBe('paid');
      const again = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
      expect(again).toMatchObject({ created: false, stage: 'paid', attempts: [{ number: 1 }] });
      const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
      expect(paid.attempts).toHaveLength(1);
      expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    });
  });
});

describe('a collect that no worker accepted in the buyer’s time', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ worker: 'process' });
  });
  afterAll(() => scene.close());

  test('charges nobody when a worker is back: the order waits for the buyer', async () => {
    const orderId = newOrderId();
    await scene.killWorker();
    const startedMs = Date.now();
    const answer = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 1_000 });
    expect(answer).toMatchObject({ pending: true });
    const { notAfter } = (await scene.newInput(order(orderId, 'sim:alpha=ok'), 1_000)).state.facts;
    expect(Date.parse(notAfter) - startedMs).toBeLessThan(10_000);
    await poll(
      async () => Date.now(),
      (nowMs) => nowMs > Date.parse(notAfter),
      15_000,
    );
    await scene.startWorker();
    await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer');
    expect(await scene.ledger(orderId)).toEqual([]);
  });
});
