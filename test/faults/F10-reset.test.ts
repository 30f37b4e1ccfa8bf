import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { control } from '../workflows/acts.ts';
import { played, STORIES, type Story } from '../workflows/stories.ts';
import { endOf } from './kill-points/order-end.ts';
import { finishedTasks, resetTo } from './resets.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});
afterAll(() => scene.close());

/** What moved money, by key: neither a new charge nor a repeated one. */
const moved = async (orderId: string) =>
  (await scene.ledger(orderId)).map(({ key, effect, requests }) => ({ key, effect, requests }));

/** After its end, to every task of its run, one after the other. */
const endsTheSame = async (orderId: string) => {
  const [end, ledger] = [await endOf(scene, orderId), await moved(orderId)];
  const { runId } = await scene.workflow(orderId).describe();
  const tasks = await finishedTasks(scene, orderId);
  expect(tasks.length).toBeGreaterThanOrEqual(2);
  for (const task of tasks) {
    await resetTo(scene, orderId, { runId, task });
    await scene.workflow(orderId).result();
    const now = await endOf(scene, orderId);
    expect({ ...now, told: [] }, `reset to event ${task}`).toEqual({ ...end, told: [] });
    expect(await moved(orderId), `reset to event ${task}`).toEqual(ledger);
  }
};

describe('F10: reset to every workflow task', () => {
  test.concurrent.each(STORIES)('F10: $story', async (story: Story) => {
    const { orderId } = await played(scene, story, 1_000);
    await endsTheSame(orderId);
  });
});

describe('F10: reset to every workflow task after the processors forgot their keys', () => {
  test('F10: nothing is asked of them again, which by now would be new charges', async () => {
    const asked: Story[] = STORIES.filter(({ story }) =>
      /paid at once|retry processor|a new method|captured|unknown|known by/.test(story),
    );
    expect(asked.length).toBeGreaterThan(3);
    const orderIds: string[] = [];
    for (const story of asked) orderIds.push((await played(scene, story, 1_000)).orderId);
    await control(scene, 'expire-keys', {});
    // Our own claims are as old: whatever is asked for again must not be sent.
    const age = `UPDATE operations SET resend_until = now() - interval '1 day', claimed_at = claimed_at - interval '2 days'
      WHERE order_id = ANY ($1)`;
    await query(scene.databaseUrl, age, [orderIds]);
    await Promise.all(orderIds.map(endsTheSame));
  });
});

describe('F10: a reset while the order is open', () => {
  test('F10: chaos seed 5001, c5001-0-23: what a notice proved during the call is the call’s answer after a reset; the shop cancels', async () => {
    const cancelledAfterReset = async (nth: number): Promise<number> => {
      const orderId = newOrderId();
      await scene.recoup.orders.collect(order(orderId, 'sim:alpha=timeout_charged', { capture: 'manual' }));
      await scene.until(orderId, ({ stage }) => stage === 'authorized');
      const tasks = await finishedTasks(scene, orderId);
      const { runId } = await scene.workflow(orderId).describe();
      await resetTo(scene, orderId, { runId, task: tasks[nth] ?? expect.fail(`no task ${nth}`) });
      await scene.recoup.orders.cancel(orderId, { reason: 'a test asks' });
      const { money } = await scene.until(orderId, ({ stage }) => stage === 'cancelled');
      expect(money).toMatchObject({ captured: 0, held: 0 });
      expect((await scene.ledger(orderId)).map(({ effect }) => effect)).toEqual(['authorized', 'voided']);
      return tasks.length;
    };
    const tasks = await cancelledAfterReset(0);
    await Promise.all(Array.from({ length: tasks - 1 }, (_, index) => cancelledAfterReset(index + 1)));
  });

  test('F10: what the store knows beyond it stays: a hold that the reset took back still holds', async () => {
    const orderId = newOrderId();
    const mandate = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
    const token = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
    await scene.recoup.orders.collect(order(orderId, token, mandate));
    const before = await finishedTasks(scene, orderId);
    await scene.recoup.orders.hold(orderId, { reason: 'a test asks' });
    const { runId, historyLength } = await scene.workflow(orderId).describe();
    expect(historyLength).toBeGreaterThan(before.at(-1) ?? 0);
    // Temporal would play the hold again by itself.
    await resetTo(scene, orderId, { runId, task: before.at(-1) ?? 0, resetReapplyExcludeTypes: [1, 2] });
    const held = await scene.recoup.orders.release(orderId, { reason: 'a test asks' });
    expect(held.stage).toBe('retry_scheduled');
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.filter(({ kind }) => kind === 'retries_held')).toHaveLength(1);
    expect(await scene.ledger(orderId)).toHaveLength(2);
  });
});
