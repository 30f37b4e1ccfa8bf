import { describe, expect, test } from 'vitest';
import { isAtRest, moneyOf, provenReference, targetKeyOf } from '../../../policy/facts.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const MANUAL = { facts: { capture: 'manual' } } as const;
const OWN_KEY = '1/authorize/0';
const RESERVED = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference: 'auth_1' } as const;
const BY_HAND = { reference: 'pay_2', key: 'theirs', amountMinor: AMOUNT } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed', evidence: 'closed' } as const;
const SPARE = { code: 'event_unmatched', attempt: 1, about: 'alpha auth_1' };

const isOrders = (order: Steps) => order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));

/** Reserved by us; then somebody takes the amount at the processor, as a payment of its own, and a person says it is the order's. */
function takenByHand(sheets = make.sheetsWith({}), said: object = BY_HAND): Steps {
  const order = new Steps({ ...MANUAL, sheets }).answer(RESERVED).notice('payment_succeeded', said);
  expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', about: 'alpha pay_2' }]);
  return isOrders(order);
}

describe('what the order had reserved, beside a payment that was taken by hand and counts', () => {
  test('is voided by its own name and key, and then the order is paid and rests', () => {
    const order = takenByHand();
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    const attempt = order.attempt(1);
    expect([provenReference(attempt, 'void'), targetKeyOf(attempt, 'void')]).toEqual(['auth_1', OWN_KEY]);
    expect([provenReference(attempt), moneyOf(order.order).net, isAtRest(order.order)]).toEqual([
      'pay_2',
      AMOUNT,
      false,
    ]);
    order.answer(CLOSED);
    expect([order.stage, openReviews(order.order), order.command]).toEqual(['paid', [], null]);
    expect(order.said('fence_confirmed')).toMatch(/auth_1, which attempt 1 had reserved/);
    expect(order.attempt(1).money).toMatchObject({ authorized: AMOUNT, captured: AMOUNT, voided: AMOUNT });
    expect([isAtRest(order.order), order.wake]).toEqual([true, null]);
    order.notice('payment_cancelled', { reference: 'auth_1', key: OWN_KEY });
    expect([order.entries.map(({ kind }) => kind), openReviews(order.order)]).toEqual([['event_kept'], []]);
  });

  test.each([
    ['refused', { outcome: 'declined', code: 'already_captured' }],
    ['without an answer', { outcome: 'unknown', evidence: 'timeout' }],
    ['not executed', { outcome: 'not_executed', provedNotExecuted: true }],
    ['never sent', { outcome: 'not_executed', claim: 'none', sent: false, evidence: 'store_down' }],
  ] as const)('is a person’s where that is %s: nothing is sent again, and the payment is not in doubt', (_, said) => {
    const order = takenByHand().answer(said);
    expect([openReviews(order.order), order.command]).toMatchObject([[SPARE], null]);
    order.untilSent();
    expect(order.command).toBeNull();
    order.tell(make.accept(order.order));
    expect([order.stage, isAtRest(order.order), moneyOf(order.order).net]).toEqual(['paid', true, AMOUNT]);
  });

  test('is a person’s where its processor has no void', () => {
    const [alpha] = make.sheetsWith({});
    const operations = alpha?.operations.filter((each) => each !== 'void') ?? [];
    const order = takenByHand(make.sheetsWith({ alpha: { operations } }));
    expect([openReviews(order.order), order.command]).toMatchObject([[SPARE], null]);
  });

  test('is a person’s once its capture was sent: it may be taken already', () => {
    const order = new Steps(MANUAL).answer(RESERVED).tell(make.capture()).answer({ outcome: 'unknown' });
    isOrders(order.notice('payment_succeeded', BY_HAND));
    expect(openReviews(order.order)).toMatchObject([SPARE]);
    expect(order.attempt(1).operations.map(({ operation }) => operation)).toEqual(['authorize', 'capture']);
  });

  test('that is taken all the same is not silent', () => {
    for (const answered of [false, true]) {
      const order = takenByHand();
      if (answered) order.answer(CLOSED);
      order.notice('payment_succeeded', { reference: 'auth_1', key: OWN_KEY, amountMinor: AMOUNT });
      expect(order.said('event_parked')).toMatch(/took the money of another payment under attempt 1/);
      expect(openReviews(order.order)).toMatchObject([SPARE]);
      expect(moneyOf(order.order).captured).toBe(AMOUNT);
    }
  });

  test('goes back also where the payment was told under no attempt', () => {
    const order = new Steps(MANUAL).answer(RESERVED).notice('payment_succeeded', { ...BY_HAND, attempt: 7 });
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', attempt: null }]);
    isOrders(order);
    expect([order.command, order.attempt(1).tookAs]).toMatchObject([{ operation: 'void', attempt: 1 }, 'pay_2']);
  });
});

test('a payment by hand counts also where the reservation is gone already, and nothing is voided', () => {
  const order = new Steps(MANUAL).answer(RESERVED).notice('payment_cancelled', { reference: 'auth_1' });
  isOrders(order.notice('payment_succeeded', BY_HAND));
  expect([order.stage, order.command, openReviews(order.order)]).toEqual(['paid', null, []]);
});
