import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSealingKeys } from '../../contract/sealing.ts';
import { openSealer } from '../../store/sealing.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';

const why = { reason: 'the key is back' };

describe('sealing keys, in a worker that is started with others', () => {
  let scene: Scene;
  const next = randomBytes(32).toString('base64');
  const idOf = (key: string) => createSealingKeys(key).kid;
  const startWorker = async (keys: string) => {
    await scene.killWorker();
    await scene.startWorker({ RECOUP_SEALING_KEY: keys });
  };
  beforeAll(async () => {
    scene = await openScene({ worker: 'process', timeScale: 10 });
    // As a gateway with both keys does it: from then on either key finds the identities.
    await openSealer(scene.store, createSealingKeys(`${next},${scene.sealingKey}`));
  });
  afterAll(() => scene.close());

  const parked = async (orderId: string) => {
    await startWorker(next);
    await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'));
    return scene.until(orderId, ({ stage }) => stage === 'needs_review');
  };

  test('the old key in the second place opens what it sealed', async () => {
    await startWorker(`${next},${scene.sealingKey}`);
    const orderId = newOrderId();
    expect(await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'))).toMatchObject({ stage: 'paid' });
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('without it the order is parked: nothing claimed, nothing sent, and everybody hears which key is missing', async () => {
    const orderId = newOrderId();
    const order_ = await parked(orderId);
    expect(order_).toMatchObject({ nextAction: { type: 'review', messageKey: 'credential_unreadable' } });
    expect(order_.attempts).toMatchObject([{ outcome: 'not_executed', failureClass: null }]);
    expect(await scene.ledger(orderId)).toEqual([]);
    expect(await scene.store.listOperations(scene.merchantId, orderId)).toEqual([]);
    const told = (await scene.recoup.orders.timeline(orderId)).entries.map(({ text }) => text).join('\n');
    expect(told).toContain(`sealed with key ${idOf(scene.sealingKey)}, which no worker has`);
    expect(told).not.toContain(scene.sealingKey);
    expect((await scene.outbox(orderId)).map(({ type }) => type)).toEqual(['order.needs_review']);
    const alerts = scene.logged().split('\n').join(' ');
    expect(alerts).toMatch(/alert: 'credential_unreadable'/);
    expect(alerts).toContain(idOf(scene.sealingKey));
    expect(alerts).not.toContain(scene.sealingKey);
    const counted = await scene.store.listSealingKeyUse();
    expect(counted).toMatchObject([{ kid: idOf(scene.sealingKey), openOrders: 1 }]);

    await startWorker(`${next},${scene.sealingKey}`);
    expect(await scene.http.orders.retry(orderId, why)).toMatchObject({ stage: 'paid' });
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
    expect(await scene.store.listSealingKeyUse()).toEqual([]);
  });

  test('meanwhile the buyer can pay in another way: by the processor’s page no credential is needed', async () => {
    const orderId = newOrderId();
    const { nextAction } = await parked(orderId);
    expect(nextAction.options.map(({ path }) => path)).toContain('hosted_checkout');
    const asked = (path: string, init: RequestInit) =>
      fetch(`${scene.gatewayUrl}${path}`, init).then((it) => it.json());
    const authorization = `Bearer ${scene.apiKey}`;
    const headers = { authorization, 'idempotency-key': newOrderId() };
    const { token } = (await asked(`/v1/orders/${orderId}/buyer-tokens`, { method: 'POST', headers })) as {
      token: string;
    };
    const seen = await asked('/v1/buyer/order', { headers: { authorization: `Bearer ${token}` } });
    expect(seen).toMatchObject({ status: 'your_turn', nextAction: { messageKey: 'your_turn.choose_method' } });
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    expect(open).toMatchObject({ stage: 'hosted_checkout' });
    await scene.recoup.orders.cancel(orderId, why);
    await scene.until(orderId, ({ stage }) => stage === 'cancelled');
    expect(await scene.netCaptured(orderId)).toBe(0);
  });

  test('a reset to before a charge finds the charge, although its credential cannot be opened any more', async () => {
    await startWorker(scene.sealingKey);
    const orderId = newOrderId();
    expect(await scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok'))).toMatchObject({ stage: 'paid' });
    await startWorker(next);
    const handle = scene.workflow(orderId);
    const [first] = ((await handle.fetchHistory()).events ?? []).filter(
      ({ workflowTaskCompletedEventAttributes: completed }) => completed != null,
    );
    const { runId } = await handle.describe();
    await scene.client.workflowService.resetWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId: handle.workflowId, runId },
      workflowTaskFinishEventId: first?.eventId as never,
      reason: 'a test resets',
      requestId: randomUUID(),
    });
    await scene.workflow(orderId).result();
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'paid' });
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });

  test('a worker whose keys fit nothing here does not start, and says why', async () => {
    await scene.killWorker();
    const foreign = randomBytes(32).toString('base64');
    const error = await scene.startWorker({ RECOUP_SEALING_KEY: foreign }).catch((thrown: Error) => thrown);
    expect(String(error)).toContain('RECOUP_SEALING_KEY holds none of the keys that this database was sealed with');
    expect(String(error)).not.toContain(foreign);
    await scene.startWorker();
  });
});
