import { describe, expect, test } from 'vitest';
import { isAtRest, moneyOf } from '../../../policy/facts.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { confirming, doublyPaid, FOUND } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const PAID = { outcome: 'succeeded', reference: 'pay_1', amountMinor: AMOUNT } as const;
const DENIED = { code: 'event_mismatch', attempt: 1, about: 'closed' } as const;
const DECLINED = { ...FOUND, outcome: 'declined' } as const;
const CLOSED = { found: 'closed', outcome: 'not_executed', claim: 'none' } as const;

const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);

/** Paid, then called closed by a notice, and a person said that the money is there. */
function accepted(): Steps {
  const order = new Steps().answer(PAID).notice('payment_cancelled', { reference: 'pay_1' });
  expect(openReviews(order.order)).toMatchObject([DENIED]);
  return order.tell(make.accept(order.order));
}

function expectNobodyAsked(order: Steps): void {
  expect([order.stage, openReviews(order.order), order.command]).toEqual(['paid', [], null]);
  expect(isAtRest(order.order)).toBe(true);
}

describe('money that its processor denies, and a person accepted', () => {
  test.each([
    ['its reference', { reference: 'pay_1' }],
    ['no reference', {}],
    ['the amount that is known', { reference: 'pay_1', amountMinor: AMOUNT }],
  ])('said again with %s it is on the timeline and asks nobody: the order rests', (_, said) => {
    const order = accepted();
    for (const eventId of ['again-1', 'again-2']) {
      order.notice('payment_cancelled', { ...said, eventId });
      expectNobodyAsked(order);
      expect(order.entries).toMatchObject([{ kind: 'money_denied', attempt: 1, evidence: eventId }]);
    }
    expect(order.events).toEqual([]);
  });

  test.each([
    ['another amount', { reference: 'pay_1', amountMinor: 1 }],
    ['a reference that nobody has named', { reference: 'void_9', key: '1/charge/0' }],
  ])('is asked about anew when it says something new: %s', (_, said) => {
    const order = accepted().tell({ type: 'clock' }, 1_000);
    if ('key' in said) delete order.attempt(1).tookAs;
    order.notice('payment_cancelled', said);
    expect(openReviews(order.order)).toMatchObject([DENIED]);
    order.tell(make.accept(order.order)).notice('payment_cancelled', said);
    expectNobodyAsked(order);
  });

  test('is asked about anew once money of it went back, and not while that is as it was', () => {
    const order = accepted().notice('payment_returned', { reference: 'pay_1', amountMinor: 1_000 });
    order.notice('payment_cancelled', { reference: 'pay_1' });
    expect(openReviews(order.order)).toMatchObject([DENIED]);
    order.tell(make.accept(order.order)).notice('payment_cancelled', { reference: 'pay_1' });
    expectNobodyAsked(order);
  });

  test('is answered only by who accepts: where the money went back and is here again, it is asked about', () => {
    const order = new Steps().answer(PAID).notice('payment_cancelled', { reference: 'pay_1' });
    const refund = { reference: 'pay_1', key: 'by_hand', amountMinor: AMOUNT } as const;
    order.notice('refund_succeeded', { ...refund });
    expect(openReviews(order.order)).toEqual([]);
    order.notice('refund_failed', { ...refund }).tell(make.accept(order.order));
    order.notice('payment_cancelled', { reference: 'pay_1' });
    expect(openReviews(order.order)).toMatchObject([DENIED]);
  });

  test('what it says otherwise while a person is asked is told, and answered with the question', () => {
    const order = new Steps().answer(PAID).notice('payment_cancelled', { reference: 'pay_1' });
    const id = make.asked(order.order);
    order.notice('payment_cancelled', { reference: 'pay_1' });
    expect(kinds(order)).toEqual([]);
    order.notice('payment_cancelled', { reference: 'pay_1', amountMinor: 1 });
    expect([kinds(order), make.asked(order.order)]).toEqual([['money_denied'], id]);
    order.tell(make.accept(order.order));
    for (const amountMinor of [1, AMOUNT]) expectNobodyAsked(order.notice('payment_cancelled', { amountMinor }));
  });
});

describe('before other money goes back', () => {
  /** Both paid; the one that keeps the money was denied by its lookup, and accepted. */
  function keeperAccepted(said: typeof DECLINED | typeof CLOSED): Steps {
    const order = doublyPaid().answer(FOUND).answer(said);
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_mismatch', attempt: 2, about: 'closed' }]);
    order.tell(make.accept(order.order));
    expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
    return order;
  }

  test('the same lookup again does not ask: the person’s word confirms it, and nothing is looked up for ever', () => {
    const order = keeperAccepted(DECLINED).answer({ outcome: 'declined', code: 'try_later' }).answer(FOUND);
    expect(openReviews(order.order)).toMatchObject([{ code: 'refund_failed', attempt: 1 }]);
    order.tell(make.retryNow()).answer(FOUND);
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 2 });
    order.answer(DECLINED);
    expect(order.said('money_denied')).toMatch(/attempt 2 is declined: a person has answered that/);
    expect([openReviews(order.order), order.command]).toMatchObject([[], { operation: 'refund', attempt: 1 }]);
  });

  test('a notice says nothing new where a lookup said the same', () => {
    const order = keeperAccepted(CLOSED).notice('payment_cancelled', { processor: 'beta', attempt: 2 });
    expect([kinds(order), openReviews(order.order)]).toEqual([['money_denied'], []]);
  });

  test('a surplus that was accepted is not asked about again, until some of it went back', () => {
    const order = confirming().answer(CLOSED);
    expect(openReviews(order.order)).toMatchObject([{ code: 'surplus', attempt: 1, about: 'closed' }]);
    order.tell(make.accept(order.order)).notice('payment_cancelled', { processor: 'alpha', attempt: 1 });
    expectNobodyAsked(order);
    expect(moneyOf(order.order)).toMatchObject({ held: 0, net: 2 * AMOUNT });
    order.notice('payment_returned', { processor: 'alpha', attempt: 1, amountMinor: 1_000 });
    order.notice('payment_cancelled', { processor: 'alpha', attempt: 1 });
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 1 }]);
  });
});
