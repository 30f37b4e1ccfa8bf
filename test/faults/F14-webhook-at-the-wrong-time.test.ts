import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import type { CollectRequest } from '../../client/index.ts';
import { deliverNotice, notice } from '../setup/notices.ts';
import { newOrderId, openScene, order, poll, type Scene, WEBHOOK_SECRET } from '../setup/scene.ts';
import { effects, sweep } from '../workflows/acts.ts';

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
const deliver = (orderId: string, change: Record<string, unknown> = {}, type?: string) =>
  deliverNotice(scene.gatewayUrl, notice({ merchantId: scene.merchantId, orderId }, change, type), {
    secret: WEBHOOK_SECRET,
  });
const unapplied = (orderId: string) =>
  scene.store.listUnappliedEvents({ merchantId: scene.merchantId, orderId, limit: 10 });

describe('F14: a webhook at the wrong time', () => {
  test('F14: before the API answered: believed at once, and the answer that comes then changes nothing', async () => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=slow_1500'));
    const [claim] = await poll(
      () => scene.store.listOperations(scene.merchantId, orderId),
      (operations) => operations.length === 1,
      5_000,
    );
    expect(claim?.result).toBeNull();
    expect(await deliver(orderId, { key: claim?.key, reference: null })).toBe(200);
    expect((await answer).stage).toBe('paid');
    const { entries } = await scene.recoup.orders.timeline(orderId);
    const succeeded = entries.filter(({ kind }) => kind === 'attempt_succeeded');
    expect(succeeded).toMatchObject([{ evidence: 'webhook' }]);
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect((await scene.recoup.orders.get(orderId)).money).toMatchObject({ captured: 4999, net: 4999 });
  });

  test('F14: for an order that was not started: parked, answered 200 each time, and applied once there is one', async () => {
    const orderId = newOrderId();
    for (const _ of [1, 2, 3]) expect(await deliver(orderId, { key: null, reference: null })).toBe(200);
    expect(await unapplied(orderId)).toHaveLength(3);
    const { answer } = await collectedAs(orderId, 'sim:alpha=late_webhook_9999');
    expect(answer.stage).toBe('confirming');
    // The sweeper leaves what is young to whoever is on the way with it.
    await query(scene.databaseUrl, `update inbox set received_at = received_at - interval '1 hour'`);
    await sweep(scene);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    await poll(
      () => unapplied(orderId),
      (events) => events.length === 0,
      5_000,
    );
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F14: for a paid order whose run is closed: a run for late events takes it', async () => {
    const { orderId, answer } = await collected('sim:alpha=ok');
    expect(answer.stage).toBe('paid');
    await scene.workflow(orderId).result();
    expect(await deliver(orderId, { key: null, reference: null, disputedMinor: 4999 }, 'dispute.opened')).toBe(200);
    const disputed = await scene.until(orderId, ({ money }) => money.disputed === 4999);
    expect(disputed).toMatchObject({ stage: 'paid', money: { captured: 4999, net: 0 } });
    // The charge's own notice comes about now as well: it tells nothing new, and is put aside.
    const open = (await unapplied(orderId)).filter(({ type }) => type !== 'payment_succeeded');
    expect(open).toEqual([]);
  });

  test('F14: while another run writes the closed order on: the write is refused, and the event applied to what is there then', async () => {
    const { orderId } = await collected('sim:alpha=ok');
    await scene.workflow(orderId).result();
    const overtaken = query(scene.databaseUrl, writtenOnMeanwhile(orderId));
    expect(await deliver(orderId, { key: null, reference: null, disputedMinor: 4999 }, 'dispute.opened')).toBe(200);
    await overtaken;
    await scene.until(orderId, ({ money }) => money.disputed === 4999);
    const open = (await unapplied(orderId)).filter(({ type }) => type !== 'payment_succeeded');
    expect(open).toEqual([]);
  });
});

/** Holds the order's row until somebody waits to write it, and then has written on itself. */
const writtenOnMeanwhile = (orderId: string) => `DO $$ BEGIN
  PERFORM FROM orders WHERE order_id = '${orderId}' FOR UPDATE;
  FOR i IN 1..500 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks l WHERE NOT l.granted AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid)));
    PERFORM pg_sleep(0.01);
  END LOOP;
  INSERT INTO order_epochs (merchant_id, order_id, epoch, run_id)
  SELECT merchant_id, order_id, epoch + 1, 'a-run-that-overtook' FROM orders WHERE order_id = '${orderId}';
  UPDATE orders SET epoch = epoch + 1, run_id = 'a-run-that-overtook', version = 'overtook',
    state = jsonb_set(state, '{seq}', to_jsonb((state->>'seq')::int + 100)) WHERE order_id = '${orderId}';
END $$`;

async function collectedAs(orderId: string, token: string) {
  return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token)) };
}

describe.concurrent('F14: money that comes after the order was closed', () => {
  const GAMMA = { metadata: { route: 'gamma' } };
  const lateAfter = async (close: (orderId: string) => Promise<unknown>, more: Partial<CollectRequest> = {}) => {
    const { orderId } = await collected('sim:gamma=late_webhook_60', { ...GAMMA, ...more });
    const evidence = 'not in the dashboard';
    await scene.recoup.orders.resolve(orderId, { attempt: 1, outcome: 'absent', evidence, ...why });
    await close(orderId);
    await scene.until(orderId, ({ stage }) => stage === 'cancelled' || stage === 'failed' || stage === 'expired');
    return orderId;
  };

  test('F14: failed: the money is accepted, the order is paid', async () => {
    const orderId = await lateAfter((id) => scene.recoup.orders.close(id, why));
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.money).toMatchObject({ captured: 4999, held: 0, net: 4999 });
  });

  test('F14: and whose first run is reset afterwards: what the store knows by now stays, the order is paid', async () => {
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

  test('F14: expired: the money is accepted, the order is paid', async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const orderId = await lateAfter(async () => {}, { expiresAt });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('F14: cancelled: the money goes back by itself, and the order is cancelled as before', async () => {
    const orderId = await lateAfter((id) => scene.recoup.orders.cancel(id, why));
    const back = await scene.until(orderId, ({ stage, money }) => stage === 'cancelled' && money.refunded > 0);
    expect(back).toMatchObject({ money: { captured: 4999, net: 0, held: 0 }, nextAction: { type: 'none' } });
    expect(await scene.netCaptured(orderId)).toBe(0);
  });
});
