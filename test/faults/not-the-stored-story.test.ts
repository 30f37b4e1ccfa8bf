import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { nextAction, ORDER_PAYMENT, type OrderPaymentInput } from '../../contract/messages.ts';
import { rowOf } from '../../policy/row.ts';
import type { StoredOrder } from '../../store/store.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects, sweepUntilRunning } from '../workflows/acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
/** Of Temporal's API. */
const PENDING_ACTIVITY_STATE_CANCEL_REQUESTED = 3;
const why = { reason: 'a test asks' };

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10, worker: 'process' });
});
afterAll(() => scene.close());

const stored = async (orderId: string): Promise<StoredOrder> =>
  (await scene.store.findOrder(scene.merchantId, orderId)) ?? expect.fail('not stored');

/** A run of its own, from what its starter has read, whatever was written since. */
const startRun = async (orderId: string, more: Partial<OrderPaymentInput>): Promise<void> => {
  const input = { ...(await scene.newInput(order(orderId, 'sim:alpha=ok'))), firstOfOrder: false, startId: 'a-test' };
  await scene.client.workflow.start(ORDER_PAYMENT, {
    workflowId: scene.workflow(orderId).workflowId,
    taskQueue: scene.taskQueue,
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    args: [{ ...input, ...more }],
  });
};

describe('a run that does not go on from what is stored', () => {
  test('terminated, resumed by the sweeper, cancelled, and then reset: the order stays cancelled, and no page opens', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, DECLINED));
    const first = await scene.workflow(orderId).describe();
    await scene.workflow(orderId).terminate('a test terminates');
    const { events } = await scene.workflow(orderId).fetchHistory();
    const lastTask = events?.findLast((each) => each.workflowTaskCompletedEventAttributes != null)?.eventId;
    await sweepUntilRunning(scene, orderId, 15_000);
    await scene.recoup.orders.cancel(orderId, why);
    await scene.workflow(orderId).result();

    await scene.client.workflowService.resetWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: first.workflowId, runId: first.runId },
      workflowTaskFinishEventId: Number(lastTask) as never,
      reason: 'a test resets',
      requestId: randomUUID(),
    });
    expect(await scene.workflow(orderId).result()).toEqual({ stage: 'cancelled' });
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect((await stored(orderId)).state.attempts).toHaveLength(2);
    expect(entries.filter(({ kind }) => kind === 'order_cancelled')).toHaveLength(1);
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  const failed = async (token: string, metadata: Record<string, string>) => {
    const orderId = newOrderId();
    const { stage } = await scene.recoup.orders.collect(order(orderId, token, { metadata }));
    if (stage === 'confirming') {
      const evidence = 'not in the dashboard';
      await scene.recoup.orders.resolve(orderId, { attempt: 1, outcome: 'absent', evidence, ...why });
    }
    await scene.recoup.orders.close(orderId, why);
    await scene.until(orderId, (view) => view.stage === 'failed');
    await scene.workflow(orderId).result();
    return orderId;
  };

  test('reopened from what was stored before a late success: the order is paid, and nothing more is asked for', async () => {
    const orderId = await failed('sim:gamma=late_webhook_60', { route: 'gamma' });
    const before = await stored(orderId);
    await scene.until(orderId, ({ stage }) => stage === 'paid', 15_000);
    await startRun(orderId, { ...before, reopened: true });
    await scene.recoup.orders.hold(orderId, why).catch(() => {});
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'paid', money: { captured: 4999 } });
    expect(await effects(scene, orderId)).toEqual(['gamma captured']);
  });

  test('reopened from what was stored before something that leaves it failed: reopened all the same', async () => {
    const orderId = await failed(DECLINED, {});
    const before = await stored(orderId);
    const written = await scene.store.saveProgress({
      ...{ merchantId: scene.merchantId, orderId, runId: 'a-late-event', position: 5, version: 'late' },
      ...rowOf(before.state, null),
      ...{ basedOn: before.version, entries: [], events: [], appliedEvents: [], proofs: [] },
    });
    expect(written).toBe('saved');
    await startRun(orderId, { ...before, reopened: true });
    const open = await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer');
    expect(open.attempts).toHaveLength(2);
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(orderId, pay)).attempts).toHaveLength(3);
  });

  const isWriting = async (orderId: string) => {
    const { raw } = await scene.workflow(orderId).describe();
    return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'saveProgress') === true;
  };
  const asksBuyer = async (orderId: string) => {
    const { who } = await scene.workflow(orderId).query(nextAction);
    return who === 'buyer' && (await isWriting(orderId));
  };

  test.each([
    ['while its first charge is planned again', isWriting],
    ['until the buyer is asked', asksBuyer],
  ])(
    'collected again with the store away %s: what waited to be written is not written over the paid order',
    async (_when, reached) => {
      const orderId = newOrderId();
      await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
      await scene.workflow(orderId).result();
      await poll(
        () => query(scene.databaseUrl, "SELECT FROM inbox WHERE order_id = $1 AND status <> 'stored'", [orderId]),
        (told) => told.length === 1,
        10_000,
      );
      const { seq } = (await stored(orderId)).state;
      const { database } = scene.cables();
      database.cut();
      await startRun(orderId, {});
      await poll(
        () => reached(orderId),
        (isReached) => isReached,
        20_000,
      );
      database.mend();
      expect(await scene.workflow(orderId).result()).toEqual({ stage: 'paid' });
      expect(await stored(orderId)).toMatchObject({ stage: 'paid', needsHuman: false, state: { seq } });
      expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    },
  );

  test('an order of its own, though the store was away at its first charge: what waits goes with the claim', async () => {
    const orderId = newOrderId();
    const { database } = scene.cables();
    database.cut();
    const collected = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_1500'));
    await poll(
      () => isWriting(orderId).catch(() => false),
      (isReached) => isReached,
      20_000,
    );
    database.mend();
    expect(await collected).toMatchObject({ created: true, stage: 'paid' });
    await scene.workflow(orderId).result();
    expect(await stored(orderId)).toMatchObject({ stage: 'paid', epoch: 1 });
    const { events } = await scene.workflow(orderId).fetchHistory();
    const asked = events?.map((each) => each.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(asked).not.toContain('loadOrder');
  });

  test('chaos seed 7002, c7002-6-88: a write that was given up for a claim while it was under way may fail as it likes: the order goes on', async () => {
    const orderId = newOrderId();
    const { database } = scene.cables();
    database.cut();
    const collected = scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 30_000 });
    await poll(
      () => isWriting(orderId).catch(() => false),
      (isReached) => isReached,
      20_000,
    );
    database.hold();
    const isGivenUp = async () => {
      const { raw } = await scene.workflow(orderId).describe();
      return raw.pendingActivities?.some(({ state }) => state === PENDING_ACTIVITY_STATE_CANCEL_REQUESTED) === true;
    };
    await poll(isGivenUp, (isReached) => isReached, 30_000);
    database.cut();
    await sleep(100);
    database.mend();
    expect(await collected).toMatchObject({ created: true, stage: 'paid' });
    await scene.workflow(orderId).result();
    expect(await stored(orderId)).toMatchObject({ stage: 'paid', epoch: 1 });
    expect(await effects(scene, orderId)).toHaveLength(1);
  });
});
