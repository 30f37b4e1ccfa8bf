import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paymentProcessorRef } from '../../contract/search-attributes.ts';
import { deliverNotice, notice } from '../setup/notices.ts';
import { newOrderId, openScene, order, type Scene, WEBHOOK_SECRET } from '../setup/scene.ts';

const AMOUNT = 4_999;
const why = { evidence: 'seen in the dashboard', reason: 'a test asks' };
const succeeded = { attempt: 1, outcome: 'succeeded', ...why } as const;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});
afterAll(() => scene.close());

/** Charged, without an answer, and its notice is as good as lost. What support reads in the processor's dashboard. */
const charged = async () => {
  const orderId = newOrderId();
  const metadata = { route: 'gamma' };
  const { stage } = await scene.http.orders.collect(order(orderId, 'sim:gamma=late_webhook_3000', { metadata }));
  expect(stage).toBe('confirming');
  const [entry] = await scene.ledger(orderId);
  return { orderId, reference: entry?.reference ?? 'none' };
};
/** The processor names its payment, and neither our attempt nor our key. */
const disputed = async ({ orderId, reference }: { orderId: string; reference: string }) => {
  const said = { processor: 'gamma', reference, attempt: null, key: null, disputedMinor: AMOUNT };
  const told = notice({ merchantId: scene.merchantId, orderId }, said, 'dispute.opened');
  expect(await deliverNotice(scene.gatewayUrl, told, { secret: WEBHOOK_SECRET })).toBe(200);
};

describe.concurrent('support says that a charge went through, whose notice was lost', () => {
  test('and under which name: a dispute that names it counts on the order, long closed', async () => {
    const { orderId, reference } = await charged();
    const paid = await scene.http.orders.resolve(orderId, { ...succeeded, reference });
    expect(paid).toMatchObject({ stage: 'paid', money: { captured: AMOUNT } });
    await scene.workflow(orderId).result();
    const { typedSearchAttributes } = await scene.workflow(orderId).describe();
    expect(typedSearchAttributes.get(paymentProcessorRef)).toBe(reference);
    await disputed({ orderId, reference });
    const view = await scene.until(orderId, ({ money }) => money.disputed > 0);
    expect(view).toMatchObject({ stage: 'paid', money: { disputed: AMOUNT, net: 0 }, nextAction: { type: 'none' } });
    const { entries } = await scene.http.orders.timeline(orderId);
    const { text } = entries.find(({ kind }) => kind === 'unknown_resolved') ?? {};
    expect(text).toBe(`Attempt 1 succeeded (${reference}): a test asks`);
    const [audited] = await scene.store.listAudit(scene.merchantId, orderId);
    expect(audited).toMatchObject({ action: 'resolve', detail: { outcome: 'succeeded', reference } });
  });

  test('and not under which name: a dispute that names it is asked about, and counts once it is named', async () => {
    const { orderId, reference } = await charged();
    expect((await scene.http.orders.resolve(orderId, succeeded)).stage).toBe('paid');
    await scene.workflow(orderId).result();
    await disputed({ orderId, reference });
    const asked = await scene.until(orderId, ({ nextAction }) => nextAction.type === 'review');
    const { question } = asked.nextAction;
    expect(question).toMatchObject({ code: 'event_unmatched', attempt: null, about: `gamma ${reference}` });
    expect(asked.money).toMatchObject({ disputed: 0, net: AMOUNT });
    const named = await scene.http.orders.resolve(orderId, { ...succeeded, question: question?.id ?? '' });
    expect(named).toMatchObject({ stage: 'paid', money: { disputed: AMOUNT, net: 0 }, nextAction: { type: 'none' } });
    const audited = await scene.store.listAudit(scene.merchantId, orderId);
    expect(audited.map(({ detail }) => detail?.question)).toContain(question?.id);
    await scene.workflow(orderId).result();
  });

  test('and for less than the amount: the order is not paid before that is accepted', async () => {
    const { orderId } = await charged();
    const amount = { minor: 1_200, currency: 'EUR' };
    const less = await scene.http.orders.resolve(orderId, { ...succeeded, amount });
    expect(less).toMatchObject({ stage: 'needs_review', money: { captured: 1_200 } });
    expect(less.nextAction.question?.code).toBe('amount_mismatch');
    const paid = await scene.http.orders.resolve(orderId, { outcome: 'accepted', ...why });
    expect(paid).toMatchObject({ stage: 'paid', money: { captured: 1_200 } });
    const [audited] = await scene.store.listAudit(scene.merchantId, orderId);
    expect(audited).toMatchObject({ action: 'resolve', detail: { amount } });
  });

  test('what cannot be is refused, and changes nothing', async () => {
    const { orderId, reference } = await charged();
    const before = await scene.http.orders.get(orderId);
    const refused = async (change: object, code: string) => {
      await expect(scene.http.orders.resolve(orderId, { ...succeeded, ...change })).rejects.toMatchObject({ code });
    };
    await refused({ amount: { minor: AMOUNT, currency: 'USD' } }, 'not_unknown');
    await refused({ amount: { minor: 0, currency: 'EUR' } }, 'request_invalid');
    await refused({ outcome: 'absent', reference }, 'request_invalid');
    expect(await scene.http.orders.get(orderId)).toEqual(before);
  });
});
