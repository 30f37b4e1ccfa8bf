import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import { moneyOf } from '../../../policy/facts.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { confirming, doublyPaid, FOUND, refunding, refundOf } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', failureClass: 'unknown_outcome', evidence: 'timeout' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference: 'pay_1' } as const;
const DENIED = { code: 'event_mismatch', about: 'closed' } as const;

const types = ({ events }: Steps) => events.map(({ type }) => type);
const seen = { ...RESERVED, found: 'payment' } as const;

/** Reserved, cancelled, and nothing closes it: a person was asked, and `what` is with the processor. */
function cannotFence(what: 'lookup' | 'void'): Steps {
  const order = new Steps({ facts: { capture: 'manual' } }).answer(RESERVED).tell(make.cancel());
  for (let n = 0; n < 200 && order.order.review === null; n += 1) {
    if (order.command === null) order.untilSent();
    order.answer(order.command?.operation === 'lookup' ? { ...TIMEOUT, found: 'no_answer' } : TIMEOUT);
  }
  expect(order.order.review).toMatchObject({ code: 'cannot_fence', attempt: 1 });
  return until(order, what, { ...TIMEOUT, found: 'no_answer' });
}

/** Whatever else is sent is answered by `said`, until `what` is out. */
function until(order: Steps, what: string, said: Partial<OperationResult>): Steps {
  for (; order.command?.operation !== what; order.untilSent()) if (order.command !== null) order.answer(said);
  return order;
}

const captured = (order: Steps, attempt = 1) => order.tell(make.resolve(attempt, 'succeeded', make.asked(order.order)));

describe('a person says that a reservation was captured, and its processor denies it', () => {
  test.each([
    ['still reserved', seen],
    ['declined', { outcome: 'declined', found: 'payment' }],
    ['closed', { outcome: 'not_executed', found: 'closed' }],
  ] as const)('by a lookup that was out, %s: the order is not paid before a person has looked again', (_, said) => {
    const order = captured(cannotFence('lookup')).answer(said);
    expect([order.stage, types(order)]).toEqual(['needs_review', ['order.needs_review']]);
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 1 }]);
    order.tell(make.accept(order.order));
    expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT]);
  });

  test('by a notice that it is closed: the paid order asks, and the money may be gone', () => {
    const order = cannotFence('void').answer(TIMEOUT);
    captured(order);
    expect(order.stage).toBe('paid');
    order.notice('payment_cancelled', { reference: 'pay_1' });
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 1 }]);
    expect(types(order)).toContain('order.needs_review');
    order.notice('payment_cancelled', { reference: 'pay_1' });
    expect([openReviews(order.order).length, order.entries]).toEqual([1, []]);
    order.tell(make.resolve(1, 'absent', make.asked(order.order)));
    expect([order.stage, moneyOf(order.order)]).toMatchObject(['paid', { returned: AMOUNT, net: 0 }]);
    // It went back, and is known to: whoever tells that it is closed tells nothing new.
    expect(order.notice('payment_cancelled', { reference: 'pay_1' }).order.review).toBeNull();
  });

  test('beside another reservation, which is voided meanwhile: the question stays until somebody answers it', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null, idempotency: null } });
    const order = new Steps({ facts: { capture: 'manual' }, sheets });
    order.answer({ outcome: 'declined', failureClass: 'soft_decline' });
    order
      .answer({ ...RESERVED, reference: 'pay_2' })
      .tell(make.cancel())
      .answer(BUSY);
    const late = { processor: 'alpha', attempt: 1, key: '1/authorize/0', reference: 'pay_1', amountMinor: AMOUNT };
    order.notice('payment_authorized', late).answer(TIMEOUT);
    const other = { ...seen, reference: 'pay_2' } as const;
    for (let n = 0; n < 200 && order.order.review === null; n += 1) {
      if (order.command === null) order.untilSent();
      if (order.command !== null) order.answer(order.command.operation === 'lookup' ? other : BUSY);
    }
    captured(until(order, 'lookup', BUSY), 2).answer(other);
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 2 }]);
    order.notice('payment_cancelled', { processor: 'alpha', attempt: 1, reference: 'pay_1' });
    expect(order.attempt(1).money.voided).toBe(AMOUNT);
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 2 }]);
    expect(order.stage).toBe('needs_review');
  });
});

describe('a processor tells of money while a lookup is out that may have been read before', () => {
  const asked = (order: Steps) => {
    for (order.untilSent(); order.command?.operation !== 'lookup'; order.untilSent()) order.answer(TIMEOUT);
    return order;
  };
  const reserved = () => new Steps({ facts: { capture: 'manual' } }).answer(RESERVED);
  const charging = () => asked(new Steps().answer(TIMEOUT));
  const capturing = () => asked(reserved().tell(make.capture()).answer(TIMEOUT));

  test.each([
    ['pending', charging, { outcome: 'pending', found: 'payment' }],
    ['the buyer’s turn', charging, { outcome: 'requires_action', found: 'payment' }],
    ['still reserved', capturing, seen],
  ] as const)('%s: nobody is asked, and the order is paid', (_, start, said) => {
    for (const named of [{ reference: 'pay_1' }, {}]) {
      const order = start().notice('payment_succeeded', { ...named, amountMinor: AMOUNT });
      order.answer({ ...said, reference: 'pay_1', key: order.attempt(1).operations[0]?.key ?? '' });
      expect([order.stage, order.order.review, order.order.closed?.stage]).toEqual(['paid', null, 'paid']);
      expect(order.said('lookup')).toMatch(/older than its notice/);
    }
  });

  test.each([
    ['declined', { outcome: 'declined', found: 'payment' }],
    ['closed', { outcome: 'not_executed', found: 'closed' }],
  ] as const)('%s: what ends a payment cannot come before its money, so that a person has to look', (_, said) => {
    const order = charging().notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT }).answer(said);
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 1 }]);
  });

  test('before anything is given back of it, it is looked up anew', () => {
    const order = asked(new Steps().answer({ outcome: 'declined', failureClass: 'soft_decline' }).answer(TIMEOUT));
    order.notice('payment_succeeded', { processor: 'alpha', attempt: 1, reference: 'pay_1', amountMinor: AMOUNT });
    const stale = { outcome: 'pending', found: 'payment', reference: 'pay_2' } as const;
    order.notice('payment_succeeded', { reference: 'pay_2', amountMinor: AMOUNT }).answer(stale);
    expect(order.order.review).toBeNull();
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 2 });
    order.answer(stale);
    expect(openReviews(order.order)).toMatchObject([{ code: 'surplus', about: 'closed', attempt: 2 }]);
  });
});

test('a page that closes after it was paid tells nothing new', () => {
  const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
  order.tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action', reference: 'hs_1' });
  order.notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
  for (const type of ['session_closed', 'payment_cancelled'] as const) {
    expect([order.notice(type).order.review, order.entries]).toEqual([null, []]);
  }
});

describe('a processor denies money before anything is given back', () => {
  test('of the payment that gives back: it stays asked when that payment has to pay the order after all', () => {
    const order = confirming().answer({ ...FOUND, outcome: 'declined' });
    expect(openReviews(order.order)).toMatchObject([{ code: 'surplus', attempt: 1, about: 'closed' }]);
    order.notice('payment_returned', { processor: 'beta', attempt: 2, amountMinor: AMOUNT });
    expect(moneyOf(order.order)).toMatchObject({ held: 0, net: AMOUNT });
    expect(openReviews(order.order)).toMatchObject([{ code: 'surplus', attempt: 1 }]);
  });

  test('of the payment that gives back: a person may say that it is not there', () => {
    const order = confirming().answer({ ...FOUND, outcome: 'declined' });
    const word = make.resolve(1, 'absent', make.asked(order.order));
    expect(refuseResolve(order.order, word)).toBeNull();
    order.tell(word);
    expect([moneyOf(order.order), order.order.review, order.command]).toMatchObject([
      { held: 0, net: AMOUNT, returned: AMOUNT },
      null,
      null,
    ]);
  });

  test('as some close what they give back: once it went back nobody is asked, and what else is held goes back', () => {
    const order = refunding().notice('payment_cancelled', { processor: 'alpha', attempt: 1 });
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 1 }]);
    order.answer({ outcome: 'succeeded' });
    expect([moneyOf(order.order), openReviews(order.order)]).toMatchObject([{ held: 0, net: AMOUNT }, []]);
    expect(order.said('review_answered')).toMatch(/money of attempt 1 went back/);
    const ended = new Steps().answer(TIMEOUT).tell(make.cancel());
    for (; ended.order.closed === null; ended.untilSent())
      if (ended.command) ended.answer({ outcome: 'succeeded', found: 'closed' });
    ended.notice('payment_succeeded', { reference: 'pay_1', key: '1/charge/0', amountMinor: AMOUNT });
    until(ended, 'refund', { ...FOUND, reference: 'pay_1' }).notice('payment_cancelled', { reference: 'pay_1' });
    expect(openReviews(ended.order)).toMatchObject([DENIED]);
    expect([ended.answer({ outcome: 'succeeded' }).stage, ended.order.review]).toEqual(['cancelled', null]);
  });

  test('while a refund of it is not known for good: that comes first, so that it does not go back twice', () => {
    const order = refunding().notice('payment_cancelled', { processor: 'alpha', attempt: 1 });
    for (const answer of [{}, { outcome: 'pending' }] as const) {
      if ('outcome' in answer) order.answer(answer);
      const gone = make.resolve(1, 'absent', make.asked(order.order));
      expect(refuseResolve(order.order, gone)?.message).toMatch(/refund of attempt 1/);
      expect(order.tell(gone).said('resolve_refused')).toBeDefined();
    }
    order.notice('refund_succeeded', { processor: 'alpha', attempt: 1, key: refundOf(order)?.key ?? '' });
    expect([moneyOf(order.order), order.order.review]).toMatchObject([{ held: 0, returned: 0, net: AMOUNT }, null]);
  });

  test('of the payment that gives back: accepted, it is kept, and given back by hand, it is settled', () => {
    const denied = () => confirming().answer({ ...FOUND, outcome: 'declined' });
    const kept = denied();
    kept.tell(make.accept(kept.order));
    expect([moneyOf(kept.order), kept.order.review]).toMatchObject([{ held: 0, net: 2 * AMOUNT }, null]);
    const byHand = denied();
    byHand.tell(make.resolve(1, 'succeeded', make.asked(byHand.order)));
    expect([moneyOf(byHand.order), byHand.order.review]).toMatchObject([{ held: 0, net: AMOUNT }, null]);
  });

  test('of the payment that is kept: nothing goes back, and a person’s word that it is there confirms it', () => {
    const order = doublyPaid().answer(FOUND);
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 2 });
    order.answer({ ...FOUND, authorizedOnly: true });
    expect(openReviews(order.order)).toMatchObject([{ ...DENIED, attempt: 2 }]);
    order.untilSent();
    expect(order.command).toBeNull();
    order.tell(make.accept(order.order));
    expect([order.command, order.order.review]).toMatchObject([{ operation: 'refund', attempt: 1 }, null]);
  });

  test('of the payment that is kept: if it is not there, the other one pays the order', () => {
    const order = doublyPaid().answer(FOUND);
    order.answer({ ...FOUND, outcome: 'declined' });
    order.tell(make.resolve(2, 'absent', make.asked(order.order)));
    expect([moneyOf(order.order), order.stage, order.command]).toMatchObject([{ held: 0, net: AMOUNT }, 'paid', null]);
  });
});
