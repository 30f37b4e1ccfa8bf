import { describe, expect, test } from 'vitest';
import { mayTryAgain } from '../../../policy/apply/resolve.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import * as make from '../decide/fixtures.ts';
import { alphaWith, confirming, doublyPaid, FOUND, refunding, refundOf } from './refunding.ts';
import { Steps } from './steps.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const kindsOf = (order: Steps) => order.entries.map(({ kind }) => kind);

/** Every lookup finds its payment, until something else is sent or nothing is out. */
function confirmed(order: Steps): Steps {
  for (let i = 0; i < 20 && order.command?.operation === 'lookup'; i += 1) order.answer(FOUND);
  return order;
}
/** Alpha refused the refund for good, both payments are there: a person’s. */
function refused(): Steps {
  const order = confirmed(refunding().answer({ outcome: 'declined', evidence: 'http_422' }));
  expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
  return order;
}
/** Lookups and sends without an answer, for long. */
function silent(order: Steps): Steps {
  for (let i = 0; order.order.review === null && i < 100; i += 1) {
    if (order.command === null) order.wait(make.MINUTE_MS);
    else order.answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
  }
  if (order.command !== null) order.answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
  return order;
}
/** A refund of which nobody said for half an hour what became of it. */
function doubted(sheets?: Sheet[]): Steps {
  const order = silent(refunding(sheets).answer(UNKNOWN));
  expect(order.order.review).toMatchObject({ code: 'refund_unknown', attempt: 1 });
  return order;
}

describe('a person’s word on a refund in doubt', () => {
  test('it went through: it is counted, and nothing more is sent', () => {
    const order = doubted();
    const sends = refundOf(order)?.sends;
    order.tell(make.resolve(1, 'succeeded'));
    expect(refundOf(order)).toMatchObject({ outcome: 'succeeded', sends, sendsNotExecuted: 0 });
    expect(order.attempt(1).money.refunded).toBe(4_999);
    expect(order.order.surplus).toMatchObject({ endedAt: order.now, again: false });
    expect(order.command).toBeNull();
  });

  test('it did nothing: it is sent again with its key, and a definite no to that is a person’s', () => {
    const order = doubted();
    const sends = refundOf(order)?.sends ?? 0;
    order.tell(make.resolve(1, 'absent'));
    expect(refundOf(order)).toMatchObject({ outcome: 'not_executed', sends, sendsNotExecuted: sends });
    for (let i = 0; order.command === null && i < 100; i += 1) order.wait(make.MINUTE_MS);
    expect(order.command).toMatchObject({ operation: 'refund' });
    expect(refundOf(order)).toMatchObject({ sends: sends + 1 });
    expect(refundOf(order)).not.toHaveProperty('number');
    confirmed(order.answer({ outcome: 'declined', evidence: 'http_422' }));
    expect([order.command, order.order.review?.code]).toEqual([null, 'refund_failed']);
  });

  test('it did nothing, and its key cannot be sent again: another key, at once', () => {
    const order = doubted(alphaWith(null)).tell(make.resolve(1, 'absent'));
    expect(order.order.surplus).toMatchObject({ number: 1, minor: 4_999, endedAt: null, again: true });
    confirmed(order);
    expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
    expect(refundOf(order)).toMatchObject({ number: 2, sends: 1, amountMinor: 4_999 });
    expect(order.order.surplus).toMatchObject({ number: 1, minor: 4_999, again: false });
  });
});

describe('a person’s word on money that waits for a person', () => {
  test.each(['succeeded', 'absent', 'accepted'] as const)('about another attempt answers nothing: %s', (outcome) => {
    const order = refused();
    const { review, attempts } = order.order;
    order.tell(make.resolve(2, outcome), 1_000);
    expect(order.order).toMatchObject({ review, attempts });
    expect(order.order.accepted).toBeUndefined();
  });

  test('it went back by hand: counted once, on the timeline by who said so', () => {
    const order = refused().tell(make.resolve(1, 'succeeded'));
    expect(order.attempt(1).money.refunded).toBe(4_999);
    expect(order.entries.find(({ kind }) => kind === 'refunded')).toMatchObject({
      ...{ actor: 'support', attempt: 1, text: 'EUR 49.99 went back by hand' },
    });
  });

  test('by hand no more went back than the order can do without', () => {
    const order = refused();
    // 40.00 is left of each payment: the order keeps 49.99 of it.
    for (const [attempt, processor] of [
      [1, 'alpha'],
      [2, 'beta'],
    ] as const) {
      order.notice('dispute_opened', { attempt, processor, amountMinor: 999 });
    }
    order.tell(make.resolve(1, 'succeeded'));
    expect(order.attempt(1).money.refunded).toBe(3_001);
  });

  test('by hand no more went back of a payment than it holds beyond the order’s', () => {
    const order = confirmed(confirming().answer({ ...FOUND, amountMinor: 5_500 }));
    confirmed(order.answer({ outcome: 'declined', evidence: 'http_422' }));
    // Alpha’s whole payment is the order’s now, with 5.01 too much; 39.99 are left at beta and have to go back too.
    order.notice('dispute_opened', { attempt: 2, processor: 'beta', amountMinor: 1_000 });
    order.tell(make.resolve(1, 'succeeded'));
    expect(order.attempt(1).money.refunded).toBe(501);
  });

  test('that it did not go back counts nothing', () => {
    const order = confirming().answer({ ...FOUND, outcome: 'declined' });
    expect(order.order.review).toMatchObject({ code: 'surplus', attempt: 1 });
    order.tell(make.resolve(1, 'absent'));
    expect(order.attempt(1).money).toMatchObject({ refunded: 0, returned: 0 });
    expect(kindsOf(order)).toEqual(['resolve_refused']);
  });

  test('about the payment that the order keeps: nothing of it went back', () => {
    const order = doublyPaid(make.sheetsWith({ alpha: { lookup: null } }));
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 2 });
    order.answer({ ...FOUND, outcome: 'declined' });
    expect(order.order.review).toMatchObject({ code: 'event_mismatch', attempt: 2 });
    order.tell(make.resolve(2, 'succeeded'));
    expect(kindsOf(order)).not.toContain('refunded');
    expect(order.attempt(2).money.refunded).toBe(0);
  });
});

describe('a person’s word while a notice waits that fits no attempt', () => {
  /** Declined; then a payment is told of that we know nothing of. */
  const unexplained = (first: { outcome: 'declined' | 'succeeded'; failureClass?: 'hard_decline' }) => {
    const order = new Steps().answer(first).notice('payment_succeeded', { attempt: 9 });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: null, since: order.now });
    return order;
  };
  const declined = () => unexplained({ outcome: 'declined', failureClass: 'hard_decline' });

  test('a declined attempt took the money after all: the order is paid', () => {
    const order = declined();
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([order.stage, order.attempt(1).money.captured, order.order.review]).toEqual(['paid', 4_999, null]);
  });

  test('that a declined attempt took nothing is known, and no answer', () => {
    const order = declined();
    const [before] = order.order.attempts;
    const { review } = order.order;
    for (const question of [undefined, make.asked(order.order)]) {
      order.tell(make.resolve(1, 'absent', question));
      expect(kindsOf(order)).toEqual(['resolve_refused']);
      expect([order.attempt(1), order.order.review]).toEqual([before, review]);
    }
  });

  test('putting the notice aside accepts no money', () => {
    const order = unexplained({ outcome: 'succeeded' }).tell(make.resolve(1, 'accepted'));
    expect([order.stage, order.order.review, order.order.accepted]).toEqual(['paid', null, undefined]);
    expect(kindsOf(order)).not.toContain('money_accepted');
  });
});

describe('support’s “try again now” of what was refused for good', () => {
  test('asks for the payments anew before it gives back, though they did not answer for long', () => {
    const order = silent(confirming());
    expect(order.order.review).toMatchObject({ code: 'surplus', attempt: 1 });
    order.tell(make.retryNow());
    expect(kindsOf(order)).toContain('retry_requested');
    expect([order.order.review, order.command?.operation]).toEqual([null, 'lookup']);
    expect(order.attempt(1).proof).toMatchObject({ since: order.now, lookups: 0 });
  });

  test('sends a refused refund under another key, and says so', () => {
    const order = refused().tell(make.retryNow());
    expect(kindsOf(order)).toContain('retry_requested');
    expect(refundOf(confirmed(order))).toMatchObject({ number: 2, sends: 1 });
  });

  test('has nothing to send where a refund failed that was not ours', () => {
    const paid = new Steps().answer({ outcome: 'succeeded' });
    const order = paid.notice('refund_failed', { key: 'theirs' });
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
    expect(mayTryAgain(order.order)).toBe(false);
    expect(kindsOf(order.tell(make.retryNow()))).toContain('retry_refused');
  });

  const fencing = () =>
    new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });
  const unfenced = (said: 'declined' | 'unknown') => {
    const order = silent(fencing().tell(make.cancel()).answer({ outcome: said, evidence: said }));
    expect(order.order.review).toMatchObject({ code: 'cannot_fence', attempt: 1 });
    return order;
  };

  test('sends a refused fence again under another key, and counts its time anew', () => {
    const order = unfenced('declined');
    expect(mayTryAgain(order.order)).toBe(true);
    order.tell(make.retryNow());
    expect(kindsOf(order)).toContain('retry_requested');
    expect(order.command).toMatchObject({ operation: 'void' });
    expect(order.attempt(1).leave).toEqual({ reason: 'cancel', since: order.now });
    expect(order.attempt(1).operations.at(-1)).toMatchObject({ operation: 'void', number: 2 });
  });

  test('sends no other key while a fence may still act, or another question is open, or nothing is left', () => {
    expect(mayTryAgain(unfenced('unknown').order)).toBe(false);
    const { order } = unfenced('declined');
    const asked = (change: object) =>
      mayTryAgain({ ...order, review: { code: 'cannot_fence', attempt: 1, since: '', ...change } });
    expect(asked({})).toBe(true);
    expect([asked({ code: 'event_mismatch' }), asked({ attempt: null }), asked({ attempt: 2 })]).toEqual([
      false,
      false,
      false,
    ]);
    const attempts = order.attempts.map((each) => ({ ...each, leave: null }));
    expect(mayTryAgain({ ...order, attempts })).toBe(false);
    expect(mayTryAgain({ ...order, review: null })).toBe(false);
  });
});
