import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';

/** Sessions that wait for what this one has locked, and for nobody else's lock. */
const WAITING = 'select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))';

describe('F6: the worker is killed after the processor answered, before that was recorded', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ worker: 'process', spares: true, webhooks: 'held' });
  });
  afterAll(() => scene.close());

  const claimed = (orderId: string) =>
    poll(
      () => scene.store.listOperations(scene.merchantId, orderId),
      (operations) => operations.length === 1,
      10_000,
    );
  const chargedOnce = async (orderId: string) => {
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toHaveLength(1);
    const entries = await scene.ledger(orderId);
    expect(entries).toMatchObject([{ processor: 'alpha', effect: 'captured', amountMinor: 4999 }]);
    return entries[0]?.requests;
  };

  test('F6: with the answer in its hands: one charge, the next worker asks with the same key', async () => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_2000'), { waitMs: 30_000 });
    await claimed(orderId);
    // Another transaction has the row: whoever wants to record the outcome waits for it.
    const other = new pg.Client({ connectionString: scene.databaseUrl });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select from operations where order_id = $1 for update', [orderId]);
      await poll(
        () => scene.ledger(orderId),
        ([entry]) => entry?.effect === 'captured',
        10_000,
      );
      await poll(
        async () => (await other.query(WAITING)).rowCount,
        (waiting) => waiting === 1,
        10_000,
      );
      expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
      await scene.killWorker();
      // What a dead client asked for would still be done: its session has to die too.
      await other.query(WAITING.replace('select', 'select pg_terminate_backend(pid)'));
      await other.query('rollback');
    } finally {
      await other.end();
    }
    expect((await scene.store.listOperations(scene.merchantId, orderId))[0]?.result).toBeNull();
    await scene.startWorker();
    await answer;
    expect(await chargedOnce(orderId)).toBe(2);
  });

  test('F6: in the middle of the call: one charge, the next worker asks with the same key', async () => {
    const orderId = newOrderId();
    const collectedAtMs = Date.now();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_1500'), { waitMs: 30_000 });
    await poll(
      () => scene.ledger(orderId),
      (entries) => entries.length === 1,
      10_000,
    );
    await scene.killWorker();
    const killedAtMs = Date.now();
    await scene.startWorker();
    const { stage } = await answer;
    const answeredMs = Date.now() - collectedAtMs;
    expect(await chargedOnce(orderId)).toBeGreaterThan(1);
    const [paidMs, afterMs] = [collectedAtMs, killedAtMs].map((atMs) => Date.now() - atMs);
    console.info(`Told ${stage} after ${answeredMs} ms, paid after ${paidMs} ms, ${afterMs} ms of it since the kill`);
  });

  test('F6: recorded, but Temporal never heard of it: the claim answers, the processor is not asked again', async () => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_700'), { waitMs: 30_000 });
    await claimed(orderId);
    scene.cables().temporal.hold();
    await poll(
      async () => (await scene.store.listOperations(scene.merchantId, orderId))[0]?.result?.outcome,
      (outcome) => outcome === 'succeeded',
      10_000,
    );
    await scene.killWorker();
    scene.cables().temporal.mend();
    await scene.startWorker();
    await answer;
    expect(await chargedOnce(orderId)).toBe(1);
  });

  test('F6: authorized and recorded, but Temporal never heard of it: who captures meanwhile is told to repeat it, and then it is captured', async () => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders
      .collect(order(orderId, 'sim:alpha=slow_700', { capture: 'manual' }), { waitMs: 30_000 })
      .catch(() => null);
    await claimed(orderId);
    scene.cables().temporal.hold();
    await scene.until(orderId, ({ stage }) => stage === 'authorized', 10_000);
    await scene.killWorker();
    scene.cables().temporal.mend();
    await scene.startWorker();
    const answers = new Set<string>();
    const capture = () =>
      scene.recoup.orders.capture(orderId, { reason: 'it is sent' }).then(
        ({ stage }) => stage,
        ({ code }: { code: string }) => code,
      );
    await poll(
      async () => {
        const said = await capture();
        answers.add(said);
        return said;
      },
      (said) => said === 'paid',
      20_000,
    );
    expect(answers).not.toContain('nothing_to_capture');
    await answer;
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'authorized' }, { effect: 'captured' }]);
  });
});
