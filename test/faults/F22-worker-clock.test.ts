import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects } from '../workflows/acts.ts';
import { AN_HOUR_OFF, clockOff } from './off-clock.ts';

/** An hour of the rules takes 5 s, and the clock is off by a whole one: whatever asked it would be far out. */
const TIME_SCALE = 720;
const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
/** One processor, no retry processor: one decline an order. */
const ALONE = { metadata: { route: 'gamma' } };
/** A worker may be so late with a task that the server has for it. */
const TASK_WAITS_MS = 10_000;

let scene: Scene;
const card = `sim:card=${newOrderId()};brand=mastercard;`;
const declined = async (token: string) => {
  const orderId = newOrderId();
  const { attempts } = await scene.recoup.orders.collect(order(orderId, token, { ...MANDATE, ...ALONE }));
  expect(attempts).toMatchObject([{ outcome: 'declined' }]);
  return orderId;
};

beforeAll(async () => {
  // No notice tells of anything: what is unknown has to be asked for.
  scene = await openScene({ worker: 'process', webhooks: 'held', timeScale: TIME_SCALE });
  // By a worker whose clock is right: the most that the network allows in 24 hours, which are two minutes.
  await Promise.all(Array.from({ length: 10 }, () => declined(`${card}gamma=insufficient_funds@mac=02`)));
});
afterAll(() => scene.close());

describe.each(AN_HOUR_OFF)('F22: a worker whose clock is an hour %s', (way, offMs) => {
  beforeAll(async () => {
    await scene.killWorker();
    await scene.startWorker(clockOff(offMs));
  });

  test.concurrent('F22: a card at its ceiling is not tried before its window ends, though nobody read that it is', async () => {
    const orderId = newOrderId();
    const refused = await scene.collectWith(order(orderId, `${card}alpha=ok`, MANDATE), {});
    expect(refused.stage).toBe('retry_scheduled');
    expect(await scene.ledger(orderId)).toEqual([]);
  });

  test.concurrent('F22: its tries count from when they were made', async () => {
    const name = newOrderId();
    const beforeMs = Date.now();
    await declined(`sim:card=${name};brand=mastercard;gamma=insufficient_funds`);
    const [tried] = await scene.store.listCardTries(scene.merchantId, `sim-card:${name}`);
    expect(Date.parse(tried?.countedAt ?? '')).toBeGreaterThanOrEqual(beforeMs - 1);
    expect(Date.parse(tried?.countedAt ?? '')).toBeLessThan(Date.now() + TASK_WAITS_MS);
  });

  test.concurrent('F22: a later try comes once, an hour later as the issuer advised, and not before', async () => {
    const orderId = newOrderId();
    const token = 'sim:brand=mastercard;alpha=insufficient_funds@mac=24,ok;beta=insufficient_funds@mac=24';
    const { stage, nextAction } = await scene.recoup.orders.collect(order(orderId, token, MANDATE));
    expect(stage).toBe('retry_scheduled');
    await scene.until(orderId, (view) => view.stage === 'paid');
    const [first, last] = await scene.ledger(orderId);
    expect(Date.parse(last?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(nextAction.at ?? 'no time'));
    expect(Date.parse(last?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(3_600_000 / TIME_SCALE);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test.concurrent('F22: an unknown outcome is proved in its time: one charge', async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=timeout_charged', MANDATE));
    await scene.until(orderId, ({ stage }) => stage === 'paid', 20_000);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test.concurrent('F22: the buyer has their hour to authenticate', async () => {
    const [given, used] = [newOrderId(), newOrderId()];
    const ask = (orderId: string) =>
      scene.recoup.orders.recover(orderId, { path: 'new_method', paymentMethod: { token: 'sim:alpha=3ds_ok' } });
    const views = await Promise.all(
      [given, used].map(async (orderId) => {
        await scene.recoup.orders.collect(order(orderId, 'sim:alpha=do_not_honor;beta=do_not_honor'));
        return ask(orderId);
      }),
    );
    expect(views.map(({ stage }) => stage)).toEqual(['waiting_authentication', 'waiting_authentication']);
    expect(await actOnPage(views[1] ?? expect.fail())).toBe(200);
    await scene.workflow(used).signal('buyerReturned', { id: 'back' });
    await scene.until(used, ({ stage }) => stage === 'paid');
    await scene.until(given, ({ stage }) => stage === 'waiting_buyer');
    const closed = (await scene.ledger(given)).find(({ operation }) => operation === 'void');
    expect(Date.parse(closed?.at ?? '')).toBeGreaterThanOrEqual(
      Date.parse(views[0]?.nextAction.expiresAt ?? 'no time'),
    );
  });

  test.concurrent(`F22: the buyer who waits ${way === 'ahead' ? 'is charged by nothing but their own choice' : 'pays'}: once`, async () => {
    const orderId = newOrderId();
    const { stage } = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    if (way === 'ahead') {
      // By its clock they left long ago. It cannot know better, and charging late is worse than not charging.
      expect(stage).toBe('waiting_buyer');
      expect(await effects(scene, orderId)).toEqual([]);
      const pay = { path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } } as const;
      await scene.recoup.orders.recover(orderId, pay);
    }
    await poll(
      () => scene.recoup.orders.get(orderId),
      (view) => view.stage === 'paid',
      10_000,
    );
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});
