import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, RecoveryRequest } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, control, effects, releaseWebhooks, sweep } from './acts.ts';

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

describe('Temporal’s reset, to every workflow task of the run', () => {
  const runIdOf = async (orderId: string) => (await scene.workflow(orderId).describe()).runId;
  const finishedTasks = async (orderId: string): Promise<number[]> => {
    const { events } = await scene.workflow(orderId).fetchHistory();
    const tasks = events?.filter(({ workflowTaskCompletedEventAttributes: completed }) => completed != null) ?? [];
    return tasks.map(({ eventId }) => Number(eventId));
  };
  const resetTo = async (orderId: string, runId: string, task: number) => {
    await scene.client.workflowService.resetWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: scene.workflow(orderId).workflowId, runId },
      workflowTaskFinishEventId: task as never,
      reason: 'a test resets',
      requestId: randomUUID(),
    });
    await scene.workflow(orderId).result();
  };
  const endsTheSame = async (orderId: string) => {
    await scene.workflow(orderId).result();
    const before = await scene.recoup.orders.get(orderId);
    const ledger = await scene.ledger(orderId);
    const runId = await runIdOf(orderId);
    const tasks = await finishedTasks(orderId);
    expect(tasks.length).toBeGreaterThanOrEqual(2);
    for (const task of tasks) {
      await resetTo(orderId, runId, task);
      expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: before.stage, money: before.money });
      const now = await scene.ledger(orderId);
      expect(now.map(({ key, effect }) => ({ key, effect }))).toEqual(
        ledger.map(({ key, effect }) => ({ key, effect })),
      );
    }
    return { ledger, tasks };
  };

  test('of an order that was paid at once: the claim answers, the processor is not asked again', async () => {
    const { orderId } = await collected('sim:alpha=ok');
    await endsTheSame(orderId);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('of an order that the retry processor paid: both claims answer', async () => {
    const { orderId } = await collected('sim:alpha=insufficient_funds');
    await endsTheSame(orderId);
    expect((await scene.ledger(orderId)).map(({ requests }) => requests)).toEqual([1, 1]);
    expect(await effects(scene, orderId)).toEqual(['beta captured']);
  });

  test('of an order whose outcome was unknown for a while', async () => {
    const { orderId } = await collected('sim:alpha=500_charged');
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    await endsTheSame(orderId);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('even after the processor forgot its keys', async () => {
    const { orderId } = await collected('sim:alpha=ok');
    await control(scene, 'expire-keys', {});
    await endsTheSame(orderId);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('of an order that a new method paid after the buyer was asked', async () => {
    const { orderId } = await collected(DECLINED);
    await scene.recoup.orders.recover(orderId, NEW_METHOD);
    await endsTheSame(orderId);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
    expect(await scene.ledger(orderId)).toHaveLength(3);
  });

  test('of a cancelled order: it stays cancelled, and nothing is charged', async () => {
    const { orderId } = await collected(DECLINED);
    await scene.recoup.orders.cancel(orderId, why);
    await endsTheSame(orderId);
    expect(await scene.netCaptured(orderId)).toBe(0);
  });
});

describe('a run that was terminated', () => {
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

  test('while the buyer was asked: the sweeper starts it again, and a new method pays', async () => {
    const { orderId } = await terminated(DECLINED);
    await swept(orderId);
    const paid = await scene.recoup.orders.recover(orderId, NEW_METHOD);
    expect(paid).toMatchObject({ stage: 'paid', attempts: [{}, {}, { number: 3 }] });
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('while a later try was scheduled: it is scheduled for the same time again', async () => {
    const offSession = { agreement: 'recurring', mandateRef: 'mandate-1' } as const;
    const { orderId, view } = await terminated(DECLINED, { offSession });
    await swept(orderId);
    const again = await scene.until(orderId, ({ stage }) => stage === 'retry_scheduled');
    expect(again.nextAction.at).toBe(view.nextAction.at);
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  test('while an amount was authorized: it can still be captured', async () => {
    const { orderId } = await terminated('sim:alpha=ok', { capture: 'manual' });
    await swept(orderId);
    expect((await scene.recoup.orders.capture(orderId, why)).stage).toBe('paid');
    expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
  });

  test.each([
    ['while the buyer authenticated', 'sim:alpha=3ds_ok', undefined],
    ['while hosted checkout was open', DECLINED, { path: 'hosted_checkout' }],
    ['while an invoice was open', DECLINED, { path: 'invoice' }],
  ] as const)('%s: the buyer goes on, and the webhook starts the order again', async (_, token, choice) => {
    const { orderId, view } = await terminated(token, {}, choice);
    await actOnPage(view);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('while an outcome was unknown: proved by the next run, nothing is sent to anybody else', async () => {
    const { orderId } = await terminated('sim:alpha=late_webhook_50');
    await swept(orderId);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect((await scene.ledger(orderId)).map(({ processor, effect }) => `${processor} ${effect}`)).toEqual([
      'alpha captured',
    ]);
  });

  test('in the middle of a charge: the next run finds what became of it', async () => {
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

  test('after it was paid and closed: the sweeper leaves it alone', async () => {
    const { orderId } = await collected('sim:alpha=ok');
    const before = await scene.workflow(orderId).describe();
    await sweep(scene);
    expect((await scene.workflow(orderId).describe()).runId).toBe(before.runId);
  });
});

describe('money that comes after the order was closed', () => {
  const GAMMA = { metadata: { route: 'gamma' } };
  const lateAfter = async (close: (orderId: string) => Promise<unknown>, more: Partial<CollectRequest> = {}) => {
    const { orderId } = await collected('sim:gamma=late_webhook_60', { ...GAMMA, ...more });
    const evidence = 'not in the dashboard';
    await scene.recoup.orders.resolve(orderId, { attempt: 1, outcome: 'absent', evidence, ...why });
    await close(orderId);
    await scene.until(orderId, ({ stage }) => stage === 'cancelled' || stage === 'failed' || stage === 'expired');
    return orderId;
  };

  test('failed: the money is accepted, the order is paid', async () => {
    const orderId = await lateAfter((id) => scene.recoup.orders.close(id, why));
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.money).toMatchObject({ captured: 4999, held: 0, net: 4999 });
  });

  test('and whose first run is reset afterwards: what the store knows by now stays, the order is paid', async () => {
    const orderId = await lateAfter((id) => scene.recoup.orders.close(id, why));
    const { runId } = await scene.workflow(orderId).describe();
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    await scene.client.workflowService.resetWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: scene.workflow(orderId).workflowId, runId },
      workflowTaskFinishEventId: 4 as never,
      reason: 'a test resets',
      requestId: randomUUID(),
    });
    await scene.workflow(orderId).result();
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'paid', money: { captured: 4999 } });
  });

  test('expired: the money is accepted, the order is paid', async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const orderId = await lateAfter(async () => {}, { expiresAt });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('cancelled: the money goes back by itself, and the order is cancelled as before', async () => {
    const orderId = await lateAfter((id) => scene.recoup.orders.cancel(id, why));
    const back = await scene.until(orderId, ({ stage, money }) => stage === 'cancelled' && money.refunded > 0);
    expect(back).toMatchObject({ money: { captured: 4999, net: 0, held: 0 }, nextAction: { type: 'none' } });
    expect(await scene.netCaptured(orderId)).toBe(0);
  });

  test('paid: the webhook of the charge itself, a hundred times, changes nothing', async () => {
    const { orderId, answer } = await collected('sim:alpha=ok');
    await releaseWebhooks(scene);
    await control(scene, 'webhooks/resend', { orderId, merchantId: scene.merchantId, times: 100 });
    await poll(
      async () => (await scene.store.listUnappliedEvents({ limit: 10 })).filter((each) => each.orderId === orderId),
      (waiting) => waiting.length === 0,
      10_000,
    );
    const after = await scene.recoup.orders.get(orderId);
    expect(after).toMatchObject({ stage: 'paid', money: answer.money });
    expect(after.attempts).toHaveLength(1);
  });
});
