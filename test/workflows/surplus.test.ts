import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects, sweep, sweepUntilRunning, toldTypes } from './acts.ts';
import { believedAbsent } from './stories.ts';

const AMOUNT = 4_999;
const RICH = {
  path: 'new_method',
  paymentMethod: { token: 'sim:card=rich;alpha=insufficient_funds;beta=ok' },
} as const;
const why = { reason: 'a test asks' };
const absent = { attempt: 1, outcome: 'absent', evidence: 'not in the dashboard', ...why } as const;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});
afterAll(() => scene.close());

/** The first charge has no answer, a person believes that it never was; its money comes twelve seconds later. */
const doubted = async (token: string, more: Partial<CollectRequest> = {}): Promise<string> => {
  const orderId = newOrderId();
  await scene.recoup.orders.collect(order(orderId, token, more));
  await believedAbsent(scene, orderId);
  return orderId;
};
/** The same, and meanwhile another card has paid at beta: the run is closed when the money of the first charge comes. */
const paidTwice = async (more = ''): Promise<string> => {
  const orderId = await doubted(`sim:card=first;alpha=late_webhook_120${more}`);
  const paid = await scene.recoup.orders.recover(orderId, RICH);
  expect(paid).toMatchObject({ stage: 'paid', money: { captured: AMOUNT, held: 0 } });
  await scene.workflow(orderId).result();
  return orderId;
};
const until = (orderId: string, wanted: (view: OrderView) => boolean) => scene.until(orderId, wanted, 30_000);
const givenBack = ({ money }: OrderView) => money.refunded > 0 && money.held === 0;
const refundsOf = async (orderId: string) =>
  (await scene.ledger(orderId)).filter(({ operation }) => operation === 'refund');
const kindsOf = async (orderId: string) =>
  (await scene.recoup.orders.timeline(orderId)).entries.filter(({ planned }) => !planned).map(({ kind }) => kind);

describe.concurrent('a charge that was believed absent, and took the money after another card had paid', () => {
  test('is given back by itself, and the order never stops being paid', async () => {
    const orderId = await paidTwice();
    const view = await until(orderId, (each) => {
      expect(each.stage).toBe('paid');
      return givenBack(each);
    });
    expect(view).toMatchObject({
      money: { captured: 2 * AMOUNT, refunded: AMOUNT, held: 0, net: AMOUNT },
      nextAction: { type: 'none', who: 'none' },
    });
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
    expect(await effects(scene, orderId)).toEqual(['alpha captured', 'beta captured', 'alpha refunded']);
    await scene.workflow(orderId).result();
    expect(await toldTypes(scene, orderId)).toContain('order.surplus_returned');
    const told = await kindsOf(orderId);
    expect(told.filter((kind) => kind.startsWith('surplus_'))).toEqual(['surplus_found', 'surplus_returned']);
    expect(told.filter((kind) => kind === 'payment_confirmed')).toHaveLength(2);
  });

  test('is given back although Temporal has forgotten the order’s run', async () => {
    const orderId = await paidTwice();
    const { workflowId } = scene.workflow(orderId);
    const { namespace } = scene.client.options;
    await scene.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    await until(orderId, givenBack);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
  });

  test('is given back when the buyer had paid on the processor’s page meanwhile: the page’s payment is looked up too', async () => {
    const orderId = await doubted('sim:card=first;alpha=late_webhook_120');
    await actOnPage(await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' }));
    await until(orderId, ({ stage }) => stage === 'paid');
    await until(orderId, givenBack);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
    const [first] = await scene.ledger(orderId);
    expect(await refundsOf(orderId)).toMatchObject([{ reference: first?.reference, effect: 'refunded' }]);
    expect((await kindsOf(orderId)).filter((kind) => kind === 'payment_confirmed')).toHaveLength(2);
  });

  test('is given back once, though its run is reset to its first task afterwards', async () => {
    const orderId = await paidTwice();
    await until(orderId, givenBack);
    await scene.workflow(orderId).result();
    const { workflowId } = scene.workflow(orderId);
    const { runId } = await scene.workflow(orderId).describe();
    await scene.client.workflowService.resetWorkflowExecution({
      namespace: scene.client.options.namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: 4 as never,
      reason: 'a test resets',
      requestId: randomUUID(),
    });
    await scene.workflow(orderId).result();
    expect(await refundsOf(orderId)).toMatchObject([{ effect: 'refunded', requests: 1 }]);
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ stage: 'paid', money: { held: 0, net: AMOUNT } });
  });

  test('whose refund was done and not answered: the same key finds it, money goes back once', async () => {
    const orderId = await paidTwice(';refund=timeout_done');
    await until(orderId, givenBack);
    expect(await refundsOf(orderId)).toMatchObject([{ effect: 'refunded' }]);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
  });

  test('whose run is terminated while the refund is out: the next run proves it, money goes back once', async () => {
    const orderId = await paidTwice(';refund=timeout_lost,ok');
    await poll(
      () => refundsOf(orderId),
      (refunds) => refunds.length > 0,
      20_000,
    );
    await scene.workflow(orderId).terminate('a test terminates');
    await poll(
      async () => {
        await sweep(scene);
        return scene.recoup.orders.get(orderId);
      },
      givenBack,
      20_000,
    );
    expect(new Set((await refundsOf(orderId)).map(({ key }) => key)).size).toBe(1);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
  });
});

/** The order as its buyer reads it. */
async function seenByBuyer(orderId: string): Promise<unknown> {
  const headers = (token: string) => ({
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'idempotency-key': randomUUID(),
  });
  const url = `${scene.gatewayUrl}/v1/orders/${orderId}/buyer-tokens`;
  const minted = await fetch(url, { method: 'POST', headers: headers(scene.apiKey), body: '{}' });
  const { token } = (await minted.json()) as { token: string };
  return (await fetch(`${scene.gatewayUrl}/v1/buyer/order`, { headers: headers(token) })).json();
}

describe.concurrent('a refund that is refused', () => {
  const refused = async (refund: string) => {
    const orderId = await paidTwice(`;refund=${refund}`);
    const view = await until(orderId, ({ nextAction }) => nextAction.type === 'review');
    expect(view).toMatchObject({
      stage: 'paid',
      money: { held: AMOUNT, net: 2 * AMOUNT },
      nextAction: { type: 'review', who: 'support', messageKey: 'refund_failed', at: expect.any(String) },
    });
    expect(await toldTypes(scene, orderId)).toContain('order.needs_review');
    expect(await seenByBuyer(orderId)).toMatchObject({ status: 'paid', nextAction: { type: 'none', options: [] } });
    return orderId;
  };

  test('is a person’s, who sends it again under a key of its own', async () => {
    const orderId = await refused('failed,ok');
    await scene.recoup.orders.retry(orderId, { reason: 'the account has money again' });
    await until(orderId, givenBack);
    const refunds = await refundsOf(orderId);
    expect(refunds.map(({ effect }) => effect)).toEqual(['none', 'refunded']);
    expect(new Set(refunds.map(({ key }) => key)).size).toBe(2);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
    await scene.workflow(orderId).result();
    const audit = await scene.store.listAudit(scene.merchantId, orderId);
    expect(audit.map(({ action, reason }) => `${action}: ${reason}`)).toContain('retry: the account has money again');
  });

  test('can be accepted with evidence: the order keeps it, and its run ends', async () => {
    const orderId = await refused('failed');
    const kept = { outcome: 'accepted', evidence: 'mail of the buyer', reason: 'a second order' } as const;
    const other = { ...kept, question: 'q_0123456789abcdef' };
    await expect(scene.http.orders.resolve(orderId, other)).rejects.toMatchObject({ code: 'not_unknown' });
    const { question } = (await scene.http.orders.get(orderId)).nextAction;
    expect(question).toMatchObject({ code: 'refund_failed', attempt: 1, about: null });
    const view = await scene.http.orders.resolve(orderId, { ...kept, question: question?.id ?? '' });
    expect(view).toMatchObject({ stage: 'paid', money: { held: 0 }, nextAction: { type: 'none' } });
    await scene.workflow(orderId).result();
    expect(await refundsOf(orderId)).toHaveLength(1);
    const last = (await scene.store.listAudit(scene.merchantId, orderId)).at(-1);
    expect(last?.detail).toMatchObject({ outcome: 'accepted', evidence: 'mail of the buyer' });
  });

  test('can be said to have gone back another way', async () => {
    const orderId = await refused('failed');
    await scene.recoup.orders.resolve(orderId, { ...absent, outcome: 'succeeded', evidence: 'bank transfer 7' });
    expect(await scene.recoup.orders.get(orderId)).toMatchObject({ money: { held: 0, net: AMOUNT } });
    expect(await toldTypes(scene, orderId)).toContain('order.surplus_returned');
    await scene.workflow(orderId).result();
  });

  test('and whose run is terminated is still a person’s in the next run', async () => {
    const orderId = await refused('failed,ok');
    await scene.workflow(orderId).terminate('a test terminates');
    await sweepUntilRunning(scene, orderId, 20_000);
    await scene.recoup.orders.retry(orderId, why);
    await until(orderId, givenBack);
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
  });
});

describe.concurrent('money that comes after the end', () => {
  test('of a cancelled order goes back, and the order is cancelled as before', async () => {
    const orderId = await doubted('sim:alpha=late_webhook_120');
    await scene.recoup.orders.cancel(orderId, why);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('cancelled');
    await until(orderId, (view) => givenBack(view) && view.stage === 'cancelled');
    expect(await scene.netCaptured(orderId)).toBe(0);
    await scene.workflow(orderId).result();
    expect((await toldTypes(scene, orderId)).slice(-2)).toEqual(['order.cancelled', 'order.surplus_returned']);
  });

  test('at a processor without keys: a refund without an answer is sent once, its notice proves it', async () => {
    const orderId = await doubted('sim:gamma=late_webhook_120;refund=timeout_done', { metadata: { route: 'gamma' } });
    await scene.recoup.orders.cancel(orderId, why);
    await until(orderId, (view) => givenBack(view) && view.stage === 'cancelled');
    expect(await refundsOf(orderId)).toMatchObject([{ effect: 'refunded', requests: 1 }]);
    expect(await scene.netCaptured(orderId)).toBe(0);
  });

  test('as a reservation beside the captured one is voided, also when the answer is lost', async () => {
    const token = 'sim:card=first;alpha=late_webhook_120;void=timeout_done';
    const orderId = await doubted(token, { capture: 'manual' });
    await scene.recoup.orders.recover(orderId, RICH);
    expect(await scene.recoup.orders.capture(orderId, why)).toMatchObject({ stage: 'paid' });
    await poll(
      () => effects(scene, orderId),
      (all) => all.includes('alpha voided'),
      20_000,
    );
    const view = await until(orderId, ({ nextAction }) => nextAction.type === 'none');
    expect(view).toMatchObject({ stage: 'paid', money: { captured: AMOUNT, held: 0, net: AMOUNT } });
    expect(await toldTypes(scene, orderId)).toContain('order.surplus_returned');
    expect(await scene.netCaptured(orderId)).toBe(AMOUNT);
  });
});
