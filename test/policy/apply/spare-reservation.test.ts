import { describe, expect, test } from 'vitest';
import { isAtRest, moneyOf } from '../../../policy/facts.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const MANUAL = { facts: { capture: 'manual' } } as const;
const OWN_KEY = '1/authorize/0';
const RESERVED = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference: 'auth_1' } as const;
const BY_HAND = { reference: 'pay_2', key: 'theirs', amountMinor: AMOUNT } as const;
const SPARE = { code: 'event_unmatched', attempt: 1, about: 'alpha auth_1' };

const isOrders = (order: Steps) => order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));

/** Reserved by us; then somebody takes the amount at the processor, as a payment of its own, and a person says it is the order's. */
function takenByHand(): Steps {
  const order = new Steps(MANUAL).answer(RESERVED).notice('payment_succeeded', BY_HAND);
  expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', about: 'alpha pay_2' }]);
  return isOrders(order);
}

describe('what the order had reserved, beside a payment that was taken by hand and counts', () => {
  test('is a person’s: nothing is voided by itself, and the payment that counts is not in doubt', () => {
    const order = takenByHand();
    expect([openReviews(order.order), order.command, order.stage]).toMatchObject([[SPARE], null, 'needs_review']);
    order.untilSent();
    expect(order.command).toBeNull();
    order.notice('payment_cancelled', { reference: 'auth_1', key: OWN_KEY });
    expect(openReviews(order.order).filter(({ about }) => about !== SPARE.about)).toEqual([]);
    order.tell(make.accept(order.order));
    expect([order.stage, isAtRest(order.order), moneyOf(order.order).net]).toEqual(['paid', true, AMOUNT]);
  });

  test('is a person’s once its capture was sent: it may be taken already', () => {
    const order = new Steps(MANUAL).answer(RESERVED).tell(make.capture()).answer({ outcome: 'unknown' });
    isOrders(order.notice('payment_succeeded', BY_HAND));
    expect(openReviews(order.order)).toMatchObject([SPARE]);
    expect(order.attempt(1).operations.map(({ operation }) => operation)).toEqual(['authorize', 'capture']);
  });

  test('that is taken all the same is not silent, before and after the person has answered', () => {
    for (const answered of [false, true]) {
      const order = takenByHand();
      if (answered) order.tell(make.accept(order.order));
      order.notice('payment_succeeded', { reference: 'auth_1', key: OWN_KEY, amountMinor: AMOUNT });
      expect(order.said('event_parked')).toMatch(/took the money of another payment under attempt 1/);
      expect(openReviews(order.order)).toMatchObject([SPARE]);
      expect(moneyOf(order.order).captured).toBe(AMOUNT);
    }
  });

  test('is asked about also where the payment was told under no attempt', () => {
    const order = new Steps(MANUAL).answer(RESERVED).notice('payment_succeeded', { ...BY_HAND, attempt: 7 });
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', attempt: null }]);
    isOrders(order);
    expect([openReviews(order.order), order.command, order.attempt(1).tookAs]).toMatchObject([[SPARE], null, 'pay_2']);
  });
});

test('a payment by hand counts also where the reservation is gone already, and nothing is voided', () => {
  const order = new Steps(MANUAL).answer(RESERVED).notice('payment_cancelled', { reference: 'auth_1' });
  isOrders(order.notice('payment_succeeded', BY_HAND));
  expect([order.stage, order.command, openReviews(order.order)]).toEqual(['paid', null, []]);
});
