import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene, type SceneOptions } from '../setup/scene.ts';
import { toldTypes } from './acts.ts';

const why = { reason: 'a test asks' };
const GAMMA = { metadata: { route: 'gamma' } };

function useScene(options: SceneOptions): () => Scene {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(options);
  });
  afterAll(() => scene.close());
  return () => scene;
}

/** How often the run wrote to the store by itself: each of its local activities leaves a marker. */
async function ownWrites(scene: Scene, orderId: string): Promise<number> {
  const { events } = await scene.workflow(orderId).fetchHistory();
  return events?.filter(({ markerRecordedEventAttributes: marker }) => marker != null).length ?? 0;
}

async function kinds(scene: Scene, orderId: string): Promise<string[]> {
  const entries = await scene.store.listTimeline(scene.merchantId, orderId);
  const numbers = entries.map(({ seq }) => seq);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  return entries.map(({ kind }) => kind).filter((kind) => kind !== 'decision');
}

async function superseded({ databaseUrl }: Scene, orderId: string): Promise<string[]> {
  const rows = await query(
    databaseUrl,
    `select entry->>'kind' as kind from timeline where order_id = $1 and superseded_at is not null order by seq`,
    [orderId],
  );
  return (rows as { kind: string }[]).map(({ kind }) => kind);
}

/**
 * Collects an order whose tasks were all done at the first go. On a busy machine Temporal gives a task out twice now and then;
 * such a run decides and writes by itself, as it should.
 */
async function undisturbed(
  scene: Scene,
  token: string,
  more: Partial<CollectRequest> = {},
): Promise<{ orderId: string; answer: OrderView }> {
  for (let go = 0; go < 10; go += 1) {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, token, more));
    const { events } = await scene.workflow(orderId).fetchHistory();
    const again = events?.some(
      (event) => event.workflowTaskTimedOutEventAttributes ?? event.workflowTaskFailedEventAttributes,
    );
    if (again !== true) return { orderId, answer };
  }
  return expect.fail('ten orders in a row had a task that was given out twice');
}

/** The charge is with the processor: it is in its books, and the answer is not here yet. */
async function untilOut(scene: Scene, orderId: string): Promise<void> {
  const out = (entries: unknown[]) => entries.length > 0;
  await poll(() => scene.ledger(orderId), out, 10_000);
}

const PAID = ['order_opened', 'attempt_started', 'attempt_succeeded', 'order_paid'];

describe('the decision on an answer, written by the activity that has it', () => {
  const scene = useScene({ webhooks: 'held' });

  test('is found written by the run, which writes nothing by itself', async () => {
    const { orderId, answer } = await undisturbed(scene(), 'sim:alpha=ok');
    await scene().workflow(orderId).result();
    expect(await ownWrites(scene(), orderId)).toBe(0);
    expect(await scene().historyLength(orderId)).toBe(14);
    expect(answer).toMatchObject(await scene().recoup.orders.get(orderId));
    expect(await kinds(scene(), orderId)).toEqual(PAID);
    expect(await toldTypes(scene(), orderId)).toEqual(['order.payment_succeeded']);
  });

  test('also when the buyer’s turn comes: the stored order is the answered one', async () => {
    const { orderId, answer } = await undisturbed(scene(), 'sim:gamma=insufficient_funds', GAMMA);
    expect(answer.stage).toBe('waiting_buyer');
    expect(await ownWrites(scene(), orderId)).toBe(0);
    expect(answer).toMatchObject(await scene().recoup.orders.get(orderId));
  });

  test('gives way to a cancel that came during the call: the money wins, and the story says what was known when', async () => {
    const orderId = newOrderId();
    const answer = scene().recoup.orders.collect(order(orderId, 'sim:alpha=slow_1000'));
    await untilOut(scene(), orderId);
    await expect(scene().recoup.orders.cancel(orderId, why)).rejects.toMatchObject({ code: 'order_closed' });
    expect((await answer).stage).toBe('paid');
    expect(await kinds(scene(), orderId)).toEqual([
      'order_opened',
      'attempt_started',
      'cancel_requested',
      'attempt_succeeded',
      'command_refused',
      'order_paid',
    ]);
    expect(await superseded(scene(), orderId)).toContain('attempt_succeeded');
    expect(await toldTypes(scene(), orderId)).toEqual(['order.payment_succeeded']);
    expect(await scene().ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });
});

describe('a worker whose clock is an hour behind', () => {
  const scene = useScene({ webhooks: 'held', workerClockOffMs: -3_600_000 });

  test('foretells as of the server’s time, so that nothing has to be written twice', async () => {
    const beforeMs = Date.now();
    const { orderId } = await undisturbed(scene(), 'sim:alpha=ok');
    expect(await ownWrites(scene(), orderId)).toBe(0);
    for (const { at } of await scene().store.listTimeline(scene().merchantId, orderId)) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(beforeMs - 1);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    }
  });
});

describe('a worker that dies after it wrote, and before Temporal has its answer', () => {
  const scene = useScene({ worker: 'process', webhooks: 'held' });

  test('leaves a paid order: the next worker finds the answer, asks nobody, and tells nobody of a doubt', async () => {
    const orderId = newOrderId();
    // The database takes its time for the write; the worker does not live to see its end.
    await query(
      scene().databaseUrl,
      `create function wait_before_paid() returns trigger language plpgsql as
         $$ begin perform pg_sleep(2); return new; end $$;
       create trigger wait_before_paid before update on orders for each row
         when (new.stage = 'paid' and old.stage <> 'paid') execute function wait_before_paid()`,
    );
    const answer = scene().recoup.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 30_000 });
    const writing = `select pid from pg_stat_activity where wait_event = 'PgSleep' and query like '%record_answer%'`;
    await poll(
      () => query(scene().databaseUrl, writing),
      (rows) => rows.length === 1,
      10_000,
    );
    await scene().killWorker();
    await scene().until(orderId, ({ stage }) => stage === 'paid');
    await query(scene().databaseUrl, 'drop trigger wait_before_paid on orders');
    expect((await scene().workflow(orderId).describe()).status.name).toBe('RUNNING');

    await scene().startWorker();
    expect((await answer).stage).toBe('paid');
    await scene().workflow(orderId).result();
    expect(await scene().ledger(orderId)).toMatchObject([{ effect: 'captured', amountMinor: 4999, requests: 1 }]);
    expect(await kinds(scene(), orderId)).toEqual(PAID);
    expect(await toldTypes(scene(), orderId)).toEqual(['order.payment_succeeded']);
    expect(await scene().recoup.orders.get(orderId)).toMatchObject({ stage: 'paid', attempts: [{ number: 1 }] });
  });
});
