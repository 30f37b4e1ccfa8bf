import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, RecoveryRequest } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects, sweep } from '../workflows/acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
const why = { reason: 'a test asks' };

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});
afterAll(() => scene.close());

const collected = async (token: string, more: Partial<CollectRequest> = {}) => {
  const orderId = newOrderId();
  return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token, more)) };
};

describe.concurrent('F10: a run that was terminated', () => {
  const terminated = async (token: string, more: Partial<CollectRequest> = {}, choice?: RecoveryRequest) => {
    const found = await collected(token, more);
    const view = choice === undefined ? found.answer : await scene.recoup.orders.recover(found.orderId, choice);
    await scene.workflow(found.orderId).terminate('a test terminates');
    return { orderId: found.orderId, view };
  };
  /** The sweeper finds runs by Temporal's lists, which take a moment. */
  const swept = (orderId: string) =>
    poll(
      async () => {
        await sweep(scene);
        return (await scene.workflow(orderId).describe()).status.name;
      },
      (status) => status !== 'TERMINATED',
      10_000,
    );

  test('F10: while the buyer was asked: the sweeper starts it again, and a new method pays', async () => {
    const { orderId } = await terminated(DECLINED);
    await swept(orderId);
    const paid = await scene.recoup.orders.recover(orderId, NEW_METHOD);
    expect(paid).toMatchObject({ stage: 'paid', attempts: [{}, {}, { number: 3 }] });
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F10: while a later try was scheduled: it is scheduled for the same time again', async () => {
    const offSession = { agreement: 'recurring', mandateRef: 'mandate-1' } as const;
    const { orderId, view } = await terminated(DECLINED, { offSession });
    await swept(orderId);
    const again = await scene.until(orderId, ({ stage }) => stage === 'retry_scheduled');
    expect(again.nextAction.at).toBe(view.nextAction.at);
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  test('F10: while an amount was authorized: it can still be captured', async () => {
    const { orderId } = await terminated('sim:alpha=ok', { capture: 'manual' });
    await swept(orderId);
    expect((await scene.recoup.orders.capture(orderId, why)).stage).toBe('paid');
    expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
  });

  test.each([
    ['while the buyer authenticated', 'sim:alpha=3ds_ok', undefined],
    ['while hosted checkout was open', DECLINED, { path: 'hosted_checkout' }],
    ['while an invoice was open', DECLINED, { path: 'invoice' }],
  ] as const)('F10: %s: the buyer goes on, and the webhook starts the order again', async (_, token, choice) => {
    const { orderId, view } = await terminated(token, {}, choice);
    await actOnPage(view);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F10: while an outcome was unknown: proved by the next run, nothing is sent to anybody else', async () => {
    const { orderId } = await terminated('sim:alpha=late_webhook_50');
    await swept(orderId);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect((await scene.ledger(orderId)).map(({ processor, effect }) => `${processor} ${effect}`)).toEqual([
      'alpha captured',
    ]);
  });

  // Alone: it has a second to be in the middle.
  test.sequential('F10: in the middle of a charge: the next run finds what became of it', async () => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_1000'), { waitMs: 1_000 });
    await poll(
      () => scene.ledger(orderId),
      (entries) => entries.length > 0,
      5_000,
    );
    await scene.workflow(orderId).terminate('a test terminates');
    await answer.catch(() => null);
    await swept(orderId);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toHaveLength(1);
    expect(await scene.netCaptured(orderId)).toBe(4999);
    expect(await scene.ledger(orderId)).toHaveLength(1);
  });

  test('F10: after it was paid and closed: the sweeper leaves it alone', async () => {
    const { orderId } = await collected('sim:alpha=ok');
    const before = await scene.workflow(orderId).describe();
    await sweep(scene);
    expect((await scene.workflow(orderId).describe()).runId).toBe(before.runId);
  });
});
