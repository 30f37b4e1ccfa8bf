import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { decide } from '../../policy/decide.ts';
import { rowOf } from '../../policy/row.ts';
import type { Progress } from '../../store/store.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects, sweep } from '../workflows/acts.ts';

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
  const overtake = async (orderId: string, type: 'close_requested' | 'retries_held') => {
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
    expect(await scene.store.saveProgress(progress)).toBe('saved');
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
    await poll(
      async () => {
        await sweep(scene);
        return (await scene.workflow(fine).describe()).status.name;
      },
      (status) => status === 'RUNNING',
      10_000,
    );
    expect((await scene.workflow(broken).describe()).status.name).toBe('TERMINATED');
    expect(scene.logged()).toContain('The sweeper could not help an order');
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(fine, pay)).stage).toBe('paid');
  });
});
