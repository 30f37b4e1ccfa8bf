import { describe, expect, test } from 'vitest';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const SOFT = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const other = (id: string) => make.choose('new_method', make.card(id, { origin: 'buyer' }));
const kindsOf = (order: Steps) => order.entries.map(({ kind }) => kind);

describe('a notice finds its attempt', () => {
  /** Two attempts at alpha, `pay_1` and `pay_2`, both declined. */
  const two = () =>
    new Steps()
      .answer({ ...SOFT, reference: 'pay_1' })
      .tell(other('ins_2'))
      .answer({ ...SOFT, reference: 'pay_2' });
  const paidBy = (order: Steps) =>
    order.order.attempts.filter(({ money }) => money.captured > 0).map(({ number }) => number);

  test('by key, else by reference, else by number; at its own processor only', () => {
    const by = (said: object) => paidBy(two().notice('payment_succeeded', said));
    const { key } = two().attempt(1).operations[0] ?? {};
    expect(by({ key, reference: 'pay_2', attempt: 2 })).toEqual([1]);
    expect(by({ reference: 'pay_1', attempt: 2 })).toEqual([1]);
    expect(by({ reference: 'pay_2', attempt: 1 })).toEqual([2]);
    expect(by({ reference: 'pay_9', attempt: 1 })).toEqual([1]);
    expect(by({ attempt: undefined, reference: undefined })).toEqual([]);
    expect(by({ processor: 'beta', reference: 'pay_1', attempt: 1 })).toEqual([]);
  });

  test('or is parked, and is a person’s when it tells of money', () => {
    const nowhere = two().notice('payment_failed', { processor: 'beta' });
    expect(nowhere.entries).toMatchObject([{ kind: 'event_parked', actor: 'processor', evidence: 'e1' }]);
    expect(nowhere.said('event_parked')).toBe('beta sent payment_failed, which fits no attempt of this order');
    expect(nowhere.order.review).toBeNull();
    const money = two().notice('payment_authorized', { processor: 'beta' });
    expect(money.order.review).toMatchObject({ code: 'event_unmatched', attempt: null });
  });
});

describe('a notice is believed', () => {
  test.each([
    ['another order', { orderId: 'o-2' }],
    ['another order', { merchantId: 'other' }],
    ['currency USD', { currency: 'USD' }],
    ['amount 1', { amountMinor: 1 }],
  ])('not with %s', (what, said) => {
    const order = new Steps().answer({ outcome: 'unknown' }).notice('payment_succeeded', said);
    expect(order.attempt().outcome).toBe('unknown');
    expect(order.said('event_quarantined')).toBe(`alpha sent payment_succeeded with ${what}: not believed`);
    expect(order.entries[0]).toMatchObject({ actor: 'processor', attempt: 1, evidence: 'e1' });
    expect(order.order.review).toMatchObject({ code: 'event_mismatch', attempt: 1 });
  });

  test('with the order’s own amount and currency; a refund may be of a part', () => {
    const order = new Steps().answer({ outcome: 'unknown' });
    order.notice('payment_succeeded', { currency: 'EUR', amountMinor: 4_999, reference: 'pay_1' });
    expect(order.attempt()).toMatchObject({ reference: 'pay_1', money: { captured: 4_999 } });
    expect(order.notice('refund_succeeded', { currency: 'EUR', amountMinor: 1 }).order.review).toBeNull();
  });

  test('of a type that nobody knows is kept', () => {
    const order = new Steps().answer({ outcome: 'unknown' }).notice('unknown_type');
    expect(order.entries[0]).toMatchObject({
      ...{ kind: 'event_kept', actor: 'processor', attempt: 1, evidence: 'e1' },
      text: 'alpha sent a notice of a type that we do not know',
    });
  });
});

describe('a notice of failure', () => {
  test('ends what is open, and forbids the card only when it says so', () => {
    const plain = new Steps().answer({ outcome: 'unknown' }).notice('payment_failed', { code: 'x', networkCode: '14' });
    expect(plain.attempt()).toMatchObject({ outcome: 'declined', failureClass: 'unclassified', networkCode: '14' });
    expect(plain.order.instruments[0]?.forbidden).toBeUndefined();
    const lost = new Steps().answer({ outcome: 'unknown' });
    lost.notice('payment_failed', { failureClass: 'hard_decline', forbidsInstrument: true, retryAfterMs: 1_000 });
    expect(lost.order.instruments[0]?.forbidden).toMatchObject({ attempt: 1, source: 'webhook' });
    expect(lost.attempt().retryNotBefore).not.toBeNull();
  });

  test('that proves nothing leaves the outcome unknown', () => {
    for (const failureClass of ['unknown_outcome', 'in_flight', 'duplicate'] as const) {
      const order = new Steps().answer({ outcome: 'pending' }).notice('payment_failed', { failureClass });
      expect(order.attempt().outcome).toBe('unknown');
    }
  });

  test('on a page says that one try there failed, with its code or its id; the page stays open', () => {
    const page = () =>
      new Steps().answer(SOFT).tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });
    const coded = page().notice('payment_failed', { code: 'do_not_honor', forbidsInstrument: true });
    expect(coded.entries[0]).toMatchObject({
      kind: 'page_try_declined',
      actor: 'buyer',
      attempt: 2,
      evidence: 'do_not_honor',
    });
    expect(page().notice('payment_failed').entries[0]?.evidence).toBe('e1');
    expect(coded.stage).toBe('hosted_checkout');
  });
});

describe('a notice that something is closed', () => {
  const page = () =>
    new Steps().answer(SOFT).tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });

  test('ends the attempt that was open, once', () => {
    const order = page().notice('session_closed');
    expect(order.attempt()).toMatchObject({ outcome: 'not_executed', fencedAt: order.now });
    expect(order.entries.find(({ kind }) => kind === 'fence_confirmed')?.evidence).toBe('webhook e1');
    expect(kindsOf(order.notice('session_closed'))).toEqual([]);
  });

  test('is no news of what was declined, never happened, or took the money', () => {
    const declined = new Steps().answer(SOFT).notice('payment_cancelled');
    expect([kindsOf(declined), declined.attempt().fencedAt]).toEqual([[], null]);
    const nothing = new Steps().answer({ outcome: 'not_executed', failureClass: null, provedNotExecuted: true });
    expect(kindsOf(nothing.notice('payment_cancelled', { attempt: 1 }))).toEqual([]);
    expect(nothing.attempt(1).fencedAt).toBeNull();
    const paid = new Steps().answer({ outcome: 'succeeded' }).notice('session_closed');
    expect([kindsOf(paid), paid.attempt().outcome, paid.stage]).toEqual([[], 'succeeded', 'paid']);
  });
});
