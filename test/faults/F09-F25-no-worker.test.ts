import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OwnTemporal, openOwnTemporal } from '../setup/own-temporal.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects } from '../workflows/acts.ts';

/** One worker calls so many processors at once. */
const CALLS_IN_FLIGHT = 3;
const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
/** Two hours take 8 s. */
const TIME_SCALE = 900;
const HOUR_MS = 3_600_000 / TIME_SCALE;
const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const why = { reason: 'a test asks' };
/**
 * How long a run with a mandate waits by itself for its collect to be accepted. No time scale divides it: it is a caller's
 * time, and the workflow knows no scale (its rules come scaled).
 */
const UNACCEPTED_S = 90;
/** Waits for the end of that, too: a minute and a half more. */
const WHOLE_WAITS = process.env.RECOUP_WHOLE_WAITS === '1';

let temporal: OwnTemporal;
let scene: Scene;
beforeAll(async () => {
  temporal = await openOwnTemporal();
  scene = await openScene({
    temporalAddress: temporal.address,
    worker: 'process',
    env: { RECOUP_MAX_CALLS_IN_FLIGHT: String(CALLS_IN_FLIGHT) },
    timeScale: TIME_SCALE,
  });
});
afterAll(async () => {
  await scene.close();
  await temporal.close();
});

const untilMs = (atMs: number) =>
  poll(
    async () => Date.now(),
    (nowMs) => nowMs >= atMs,
    30_000,
  );

describe('F9: no worker for two hours', () => {
  test('F9: timers fire and webhooks arrive meanwhile, all is taken in, and caught up with afterwards', async () => {
    const PAGES = 10;
    const open = await Promise.all(
      Array.from({ length: PAGES }, async () => {
        const orderId = newOrderId();
        await scene.recoup.orders.collect(order(orderId, DECLINED));
        return { orderId, view: await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' }) };
      }),
    );
    const asked = newOrderId();
    const challenged = await scene.recoup.orders.collect(order(asked, 'sim:alpha=3ds_ok'));
    expect(challenged.stage).toBe('waiting_authentication');
    const expiring = newOrderId();
    await scene.recoup.orders.collect(
      order(expiring, DECLINED, { expiresAt: new Date(Date.now() + HOUR_MS).toISOString() }),
    );
    // Advice of the network: exactly one hour later, and not before.
    const due = await Promise.all(
      Array.from({ length: 3 * CALLS_IN_FLIGHT }, async () => {
        const orderId = newOrderId();
        const token = 'sim:brand=mastercard;alpha=insufficient_funds@mac=24,slow_300;beta=insufficient_funds@mac=24';
        const scheduled = await scene.recoup.orders.collect(order(orderId, token, MANDATE));
        expect(scheduled.stage).toBe('retry_scheduled');
        return orderId;
      }),
    );
    await scene.killWorker();
    const awayMs = Date.now();
    // The buyers pay: each payment's webhook is answered at once, although nobody acts on it.
    for (const { view } of open) expect(await actOnPage(view)).toBe(200);
    await poll(
      () => scene.store.listUnappliedEvents({ merchantId: scene.merchantId, limit: 100 }),
      (events) => events.filter(({ type }) => type === 'payment_succeeded').length === PAGES,
      10_000,
    );
    expect(await failedDeliveries(scene)).toBe(0);
    await untilMs(awayMs + 2 * HOUR_MS);
    expect((await scene.recoup.orders.get(expiring)).stage).toBe('waiting_buyer');
    const ledgerSizes = await Promise.all(due.map(async (orderId) => (await scene.ledger(orderId)).length));
    expect(new Set(ledgerSizes)).toEqual(new Set([1]));
    await scene.startWorker();
    for (const { orderId } of open) {
      await scene.until(orderId, ({ stage }) => stage === 'paid');
      expect(await effects(scene, orderId)).toEqual(['alpha captured']);
    }
    for (const orderId of due) await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await mostAtOnce(scene, due)).toBeLessThanOrEqual(CALLS_IN_FLIGHT);
    await scene.until(expiring, ({ stage }) => stage === 'expired');
    await scene.until(asked, ({ attempts }) => attempts[0]?.authentication === 'abandoned');
    expect(await scene.netCaptured(asked)).toBe(0);
  });
});

describe('F25: no worker for two hours, and the server is restarted', () => {
  test('F25: collects that were never accepted charge nobody, two hours later: the order waits for the buyer, or for the shop', async () => {
    await scene.killWorker();
    const [withBuyer, forgotten, asked] = [newOrderId(), newOrderId(), newOrderId()];
    const requests = [
      order(withBuyer, 'sim:alpha=ok'),
      order(forgotten, 'sim:alpha=ok', MANDATE),
      order(asked, 'sim:alpha=ok', MANDATE),
    ];
    const answers = requests.map((request) => scene.recoup.orders.collect(request, { waitMs: 1_000 }));
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ pending: true });
    const { notAfter } = (await scene.newInput(order(withBuyer, 'sim:alpha=ok'), 1_000)).state.facts;
    await temporal.kill();
    await temporal.start();
    await untilMs(Math.max(Date.parse(notAfter), Date.now() + 2 * HOUR_MS));
    await scene.startWorker();
    await scene.until(withBuyer, ({ stage }) => stage === 'waiting_buyer', 40_000);
    expect(await scene.ledger(withBuyer)).toEqual([]);
    const pay = { path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } } as const;
    expect((await scene.recoup.orders.recover(withBuyer, pay)).stage).toBe('paid');
    expect(await effects(scene, withBuyer)).toEqual(['alpha captured']);
    // Nobody waits for an answer of these, so a repeated collect still counts for a while: they have not begun.
    for (const orderId of [forgotten, asked]) {
      const timers = () => timersOf(orderId);
      expect(await poll(timers, ({ length }) => length > 0, 10_000)).toEqual([UNACCEPTED_S]);
      expect(await scene.ledger(orderId)).toEqual([]);
    }
    expect(await scene.recoup.orders.collect(order(asked, 'sim:alpha=ok', MANDATE))).toMatchObject({ stage: 'paid' });
    expect(await effects(scene, asked)).toEqual(['alpha captured']);
    if (WHOLE_WAITS) await staysUncharged(forgotten);
    expect(await scene.ledger(forgotten)).toEqual([]);
  }, 180_000);

  test('F25: cancelled before any worker came: not promised, but repeated it is done before anything is charged', async () => {
    await scene.killWorker();
    const orderId = newOrderId();
    const collecting = scene.http.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 25_000 });
    collecting.catch(() => {});
    await poll(
      () => scene.historyLength(orderId).catch(() => 0),
      (length) => length > 0,
      5_000,
    );
    const idempotencyKey = `cancel-${orderId}`;
    const cancel = (waitMs: number) => scene.recoup.orders.cancel(orderId, why, { idempotencyKey, waitMs });
    // In the server's memory alone: nobody may believe that it will be done.
    await expect(cancel(1_000)).rejects.toMatchObject({ code: 'unavailable' });
    const cancelling = cancel(25_000);
    cancelling.catch(() => {});
    await scene.startWorker();
    expect((await cancelling).stage).toBe('cancelled');
    await scene.until(orderId, ({ stage }) => stage === 'cancelled');
    expect(await scene.ledger(orderId)).toEqual([]);
  });
});

/** How long each timer of the order's run was to run, seconds. */
async function timersOf(orderId: string): Promise<number[]> {
  const { events } = await scene.workflow(orderId).fetchHistory();
  const timers = events?.flatMap(({ timerStartedEventAttributes: timer }) => timer ?? []) ?? [];
  return timers.map(({ startToFireTimeout }) => Number(startToFireTimeout?.seconds));
}

/** The wait for somebody who repeats it is over; and for two hours more, scaled. */
async function staysUncharged(orderId: string): Promise<void> {
  const { attempts } = await scene.until(
    orderId,
    ({ stage }) => stage === 'waiting_buyer',
    (UNACCEPTED_S + 10) * 1_000,
  );
  expect(attempts).toEqual([]);
  await untilMs(Date.now() + 2 * HOUR_MS);
  expect(await scene.ledger(orderId)).toEqual([]);
  const { decisions } = await scene.recoup.orders.explain(orderId);
  expect(decisions.flatMap(({ refused }) => refused.map(({ why }) => why)).join()).toContain('never accepted');
}

/** Webhooks that the simulator has to send again, because the answer was no 2xx. */
async function failedDeliveries({ simulator }: Scene): Promise<number> {
  const answer = await fetch(`${simulator.url}/control/webhooks`);
  return ((await answer.json()) as { counts: { failedTries: number } }).counts.failedTries;
}

/** How many of these orders' last charges were with the processor at the same time. */
async function mostAtOnce(scene: Scene, orderIds: string[]): Promise<number> {
  const calls = await Promise.all(
    orderIds.map(async (orderId) => {
      const charge = (await scene.store.listOperations(scene.merchantId, orderId)).at(-1);
      return { fromMs: Date.parse(charge?.claimedAt ?? ''), toMs: Date.parse(charge?.result?.endedAt ?? '') };
    }),
  );
  return Math.max(
    ...calls.map(({ fromMs }) => calls.filter((each) => each.fromMs <= fromMs && fromMs < each.toMs).length),
  );
}
