import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects, sweepUntilRunning } from '../workflows/acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

describe('F26: an order collected again', () => {
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

  describe('F26: collected again after terminate', () => {
    const terminated = async (token: string) => {
      const orderId = newOrderId();
      const request = order(orderId, token);
      await scene.recoup.orders.collect(request);
      await scene
        .workflow(orderId)
        .terminate('a test terminates')
        .catch(() => {});
      return { orderId, request };
    };

    test('F26: an open order is found as it stands, and goes on with the next number once it is resumed', async () => {
      const { orderId, request } = await terminated(DECLINED);
      const found = await scene.recoup.orders.collect(request);
      expect(found).toMatchObject({ created: false, stage: 'waiting_buyer', attempts: [{ number: 1 }, { number: 2 }] });
      expect(await scene.ledger(orderId)).toHaveLength(2);
      await sweepUntilRunning(scene, orderId, 10_000);
      const again = await scene.http.orders.collect(request);
      expect(again.attempts).toHaveLength(2);
      const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=mine;alpha=ok' } } as const;
      const paid = await scene.recoup.orders.recover(orderId, pay);
      expect(paid.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
      const ledger = await scene.ledger(orderId);
      expect(new Set(ledger.map(({ key }) => key)).size).toBe(3);
      expect(ledger.map(({ requests }) => requests)).toEqual([1, 1, 1]);
    });

    test('F26: a paid order is found paid, and not charged again', async () => {
      const { orderId, request } = await terminated('sim:alpha=ok');
      expect(await scene.recoup.orders.collect(request)).toMatchObject({ created: false, stage: 'paid' });
      expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    });
  });

  describe('F26: collected again after Temporal forgot it', () => {
    test('F26: an open order goes on: numbers go up, nothing is repeated, a forbidden card stays forbidden', async () => {
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

    test('F26: while an outcome is unknown it goes on being proved: one charge, nothing at another processor', async () => {
      const orderId = newOrderId();
      const request = order(orderId, 'sim:alpha=late_webhook_120');
      expect((await scene.recoup.orders.collect(request)).stage).toBe('confirming');
      await forget(orderId);
      const again = await scene.recoup.orders.collect(request, { waitMs: 1_000 });
      expect(again).toMatchObject({ created: false, attempts: [{ number: 1 }] });
      const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
      expect(paid.attempts).toHaveLength(1);
      const ledger = await scene.ledger(orderId);
      expect(ledger.map(({ processor, effect }) => `${processor} ${effect}`)).toEqual(['alpha captured']);
    });

    test('F26: with another amount it is a conflict, and nothing is charged', async () => {
      const orderId = newOrderId();
      await scene.recoup.orders.collect(order(orderId, DECLINED));
      await forget(orderId);
      const other = order(orderId, 'sim:alpha=ok', { amount: { minor: 1, currency: 'EUR' } });
      await expect(scene.recoup.orders.collect(other)).rejects.toMatchObject({ code: 'order_conflict' });
      expect(await scene.netCaptured(orderId)).toBe(0);
      expect(await scene.ledger(orderId)).toHaveLength(2);
    });

    test('F26: a paid order stays paid, and is not charged again', async () => {
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
