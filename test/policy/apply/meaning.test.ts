import { describe, expect, test } from 'vitest';
import { meaningOf, questionMeant, type Said } from '../../../policy/apply/meaning.ts';
import { moneyOf } from '../../../policy/facts.ts';
import type { Review } from '../../../policy/order.ts';
import { questionId } from '../../../policy/questions.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { refunding, refundOf } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT, reference: 'pay_1' } as const;

/** The same order with these questions, in this order. */
function askedAlso(order: Steps, ...more: Partial<Review>[]): Steps {
  const added = more.map((each) => ({ code: 'event_unmatched' as const, attempt: null, since: order.now, ...each }));
  const [review = null, ...reviewsBehind] = [...openReviews(order.order), ...added];
  order.order = { ...order.order, review, reviewsBehind };
  return order;
}

function idOf({ order }: Steps, code: string): string {
  const review = openReviews(order).find((each) => each.code === code);
  return review === undefined ? `nobody is asked ${code}` : questionId(review);
}

/** What a word means: its kind, and the questions that it answers. */
function meant({ order }: Steps, said: Said) {
  const meaning = meaningOf(order, said);
  return meaning.kind === 'nothing' ? meaning.why : [meaning.kind, meaning.answers.map(({ code }) => code)];
}

const stray = { key: 'theirs', reference: 'pay_2', amountMinor: AMOUNT } as const;
const paid = () => new Steps().answer(PAID);
const paidAndStray = () => paid().notice('payment_succeeded', stray);

describe('whoever accepts without saying what', () => {
  test('means the only question that is there, by whatever attempt it is', () => {
    const order = paidAndStray();
    const id = idOf(order, 'event_unmatched');
    for (const said of [{ outcome: 'accepted' }, { outcome: 'accepted', attempt: 1 }] as const) {
      expect([questionMeant(order.order, said), meant(order, said)]).toEqual([id, ['accepted', ['event_unmatched']]]);
    }
  });

  test('means none where nobody was asked, and none where two were', () => {
    const two = askedAlso(paidAndStray(), { about: 'alpha pay_3' });
    for (const order of [paid(), two]) expect(questionMeant(order.order, { outcome: 'accepted' })).toBeUndefined();
    expect(meant(paid(), { outcome: 'accepted' })).toMatch(/No person was asked: there is nothing to accept/);
    expect(meant(two, { outcome: 'accepted' })).toMatch(/More than one question is open/);
  });

  test('and another word means what it names, and nothing where it names nothing', () => {
    const order = paidAndStray();
    expect(questionMeant(order.order, { outcome: 'succeeded', attempt: 1 })).toBeUndefined();
    for (const outcome of ['accepted', 'succeeded'] as const) {
      expect(questionMeant(order.order, { outcome, question: 'q_gone' })).toBe('q_gone');
    }
  });
});

describe('a word about a notice, by the name of its question', () => {
  test('answers with it what was asked about that attempt’s payment, and about no other', () => {
    const order = new Steps().answer(TIMEOUT).notice('payment_succeeded', stray);
    askedAlso(order, { code: 'claim_conflict', attempt: 1 }, { code: 'duplicate_unexplained', attempt: 2 });
    askedAlso(order, { code: 'event_mismatch', attempt: 1, about: 'alpha pay_3' });
    expect(meant(order, { attempt: 1, outcome: 'succeeded', question: idOf(order, 'event_unmatched') })).toEqual([
      'payment',
      ['event_unmatched', 'claim_conflict'],
    ]);
  });

  test('that tells of money, and then that it was closed: the money is there or gone, and gone is what a person may say', () => {
    const order = new Steps().answer(TIMEOUT).tell(make.choose('hosted_checkout'), make.MINUTE_MS);
    order.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_1', amountMinor: AMOUNT });
    order.answer({ outcome: 'succeeded', found: 'closed' });
    const question = idOf(order, 'event_mismatch');
    expect(meant(order, { outcome: 'absent', question })).toEqual(['gone', ['event_mismatch']]);
    expect(meant(order, { outcome: 'succeeded', question })).toMatch(/has its money/);
  });
});

describe('a word about a refund', () => {
  const word = { attempt: 1, outcome: 'absent' } as const;

  test('is none while it is out for the first time: its answer is still to come', () => {
    const order = refunding();
    expect(meant(order, word)).toBe('Attempt 1 has no unknown outcome.');
    const besides = askedAlso(refunding(), { attempt: 1, about: 'alpha pay_3' });
    expect(meant(besides, word)).toBe('Attempt 1 has no unknown outcome.');
    expect(meant(order.answer(TIMEOUT), word)).toEqual(['refund', []]);
  });

  test('counts while it is sent once more, when a person was asked about it; by its name, or by its attempt', () => {
    const order = refunding().answer(TIMEOUT);
    for (let i = 0; i < 200 && idOf(order, 'refund_unknown').startsWith('nobody'); i += 1) {
      order.untilSent();
      if (order.command !== null) order.answer(TIMEOUT);
    }
    for (order.untilSent(); order.command?.operation !== 'refund'; order.untilSent()) order.answer(TIMEOUT);
    expect(refundOf(order)?.endedAt).toBeNull();
    for (const named of [{}, { question: idOf(order, 'refund_unknown') }]) {
      expect(meant(order, { ...word, ...named })).toEqual(['refund', ['refund_unknown']]);
    }
  });

  test('answers that the store holds another claim for it', () => {
    const order = refunding().answer({ ...TIMEOUT, claim: 'conflict' });
    expect(order.order.review).toMatchObject({ code: 'claim_conflict', attempt: 1 });
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([openReviews(order.order), moneyOf(order.order).refunded, order.stage]).toEqual([[], AMOUNT, 'paid']);
  });

  test('made by hand, which failed and went back after all, answers that; the order keeps its own money', () => {
    const order = paid().notice('refund_failed', { key: 'by hand' });
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([order.order.review, moneyOf(order.order).net]).toEqual([null, AMOUNT]);
  });
});
