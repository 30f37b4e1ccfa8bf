import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { decide } from '../../policy/decide.ts';
import { rowOf } from '../../policy/row.ts';
import type { Progress } from '../../store/store.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects, sweepUntilRunning } from '../workflows/acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const why = { reason: 'a test asks' };

describe('a worker that is frozen between its claim and its call', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ worker: 'process', webhooks: 'held' });
  });
  afterAll(() => scene.close());

  const claimed = (orderId: string) =>
    poll(
      () => scene.store.listOperations(scene.merchantId, orderId),
      (operations) => operations.length === 1,
      10_000,
    );

  test('does not send when it thaws: it may have been given up, and the payment made by another', async () => {
    const orderId = newOrderId();
    // The claim is committed, but the worker does not hear of it.
    const heard = scene.cables().database;
    await scene.recoup.orders.collect(order(newOrderId(), 'sim:alpha=ok'));
    heard.deafen();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 30_000 });
    await claimed(orderId);
    scene.freezeWorker();
    heard.mend();
    // Its host is gone for the others: it takes no more tasks, and loses them, while it is frozen.
    scene.cables().temporal.cut();
    scene.cables().temporal.mend();
    await scene.startWorker();
    await answer;
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toHaveLength(1);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    scene.thawWorker();
    // It has come back to life when it takes part in the work again.
    await scene.killWorker();
    const next = newOrderId();
    expect((await scene.recoup.orders.collect(order(next, 'sim:alpha=ok'), { waitMs: 30_000 })).stage).toBe('paid');
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect((await scene.recoup.orders.get(orderId)).attempts).toHaveLength(1);
  });
});

describe('a run that another one overtook', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
  });
  afterAll(() => scene.close());

  const waiting = async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, DECLINED));
    return orderId;
  };
  /** What a run that Temporal lost would have written: the order was closed by support. */
  const overtake = (orderId: string, type: 'close_requested' | 'retries_held') =>
    poll(
      // The notices of its processors may still be on their way to the run that is overtaken.
      () => writtenByAnother(orderId, type),
      (answer) => answer === 'saved',
      10_000,
    );
  const writtenByAnother = async (orderId: string, type: 'close_requested' | 'retries_held') => {
    const stored = await scene.store.findOrder(scene.merchantId, orderId);
    const { rulebook, sheets } = await scene.newInput(order(orderId, DECLINED));
    if (stored === null) return expect.fail('not stored');
    const {
      order: state,
      entries,
      wake,
    } = decide({
      order: stored.state,
      event: { type, id: `of-the-other-run-${type}`, actor: 'support', reason: 'said to another run' },
      rulebook,
      sheets,
      ceilings: [],
      health: [],
      now: new Date().toISOString(),
    });
    const progress: Progress = {
      merchantId: scene.merchantId,
      orderId,
      runId: 'a-run-that-overtook',
      position: 500,
      version: 'overtook',
      basedOn: stored.version,
      ...rowOf(state, wake),
      entries,
      events: [],
      appliedEvents: [],
      proofs: [],
    };
    return scene.store.saveProgress(progress);
  };

  test('ends with the order as the other one closed it', async () => {
    const orderId = await waiting();
    await overtake(orderId, 'close_requested');
    await scene.recoup.orders.hold(orderId, why).catch(() => {});
    expect(await scene.workflow(orderId).result()).toEqual({ stage: 'failed' });
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('failed');
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });

  test('goes on from the other one’s story, and what was said to it is done in that story', async () => {
    const orderId = await waiting();
    await overtake(orderId, 'retries_held');
    await scene.recoup.orders.release(orderId, why);
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(orderId, pay)).stage).toBe('paid');
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.filter(({ kind }) => kind === 'retries_held')).toHaveLength(1);
    expect(entries.some(({ kind }) => kind === 'retries_released')).toBe(true);
    const stored = await scene.store.findOrder(scene.merchantId, orderId);
    expect(stored).toMatchObject({ stage: 'paid', state: { hold: null } });
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});

describe('the sweeper', () => {
  let scene: Scene;
  beforeAll(async () => {
    // A webhook would start its order again as well.
    scene = await openScene({ timeScale: 10, webhooks: 'held' });
  });
  afterAll(() => scene.close());

  test('helps the other orders when one cannot be helped, and counts those it helped', async () => {
    const [broken, fine] = [newOrderId(), newOrderId()];
    for (const orderId of [broken, fine]) {
      await scene.recoup.orders.collect(order(orderId, DECLINED));
      await scene.workflow(orderId).terminate('a test terminates');
    }
    // A row that nobody can read any more.
    await query(scene.databaseUrl, `update orders set state = state - 'facts' where order_id = '${broken}'`);
    await sweepUntilRunning(scene, fine, 10_000);
    expect((await scene.workflow(broken).describe()).status.name).toBe('TERMINATED');
    expect(scene.logged()).toContain('The sweeper could not help an order');
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(fine, pay)).stage).toBe('paid');
  });

  /** As its schedule runs it, where each round goes on where the last one ended. */
  const everySecond = () => {
    const scheduleId = `sweeper-of-${scene.merchantId}`;
    const { taskQueue } = scene;
    return scene.client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every: '1s' }] },
      action: { type: 'startWorkflow', workflowType: 'sweepOrders', workflowId: scheduleId, taskQueue },
    });
  };

  test('comes to what is behind a hundred that cannot be helped: ended runs, and events', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    await scene.workflow(orderId).result();
    const received = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    const event = (id: string, of: string) => ({
      event: {
        ...{ eventId: id, processor: 'alpha', type: 'dispute_opened' as const, merchantId: scene.merchantId },
        ...{ orderId: of, attempt: 1, amountMinor: 4999, currency: 'EUR', occurredAt: received(60) },
      },
      bodyHash: id,
    });
    for (let each = 0; each < 100; each += 1) {
      await scene.store.storeProcessorEvent({ ...event(`stuck-${each}`, `stuck-${each}`), receivedAt: received(60) });
    }
    // Nobody knows their orders, and yet they wait.
    await query(scene.databaseUrl, `update inbox set status = 'stored' where order_id like 'stuck-%'`);
    await scene.store.storeProcessorEvent({ ...event('behind', orderId), receivedAt: received(30) });

    // Before its first write only Temporal knows of an order: these end before they have begun.
    const [behind = '', ...others] = Array.from({ length: 102 }, newOrderId);
    for (const each of [behind, ...others]) {
      const input = { ...(await scene.newInput(order(each, 'sim:alpha=ok'))), startId: 'never-accepted' };
      const options = { workflowId: scene.workflow(each).workflowId, taskQueue: scene.taskQueue, args: [input] };
      const started = await scene.client.workflow.start('orderPayment', { ...options, startDelay: '1 hour' });
      await started.terminate('a test terminates');
    }
    const listed = `TaskQueue = '${scene.taskQueue}' AND ExecutionStatus = 'Terminated'`;
    await poll(
      async () => (await scene.client.workflow.count(listed)).count,
      (count) => count >= 102,
      10_000,
    );

    const schedule = await everySecond();
    await scene.until(orderId, ({ money }) => money.disputed === 4999, 15_000);
    await poll(
      async () => (await scene.workflow(behind).describe()).status.name,
      (status) => status === 'RUNNING',
      15_000,
    );
    await schedule.delete();
  });
});
