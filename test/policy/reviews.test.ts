import { describe, expect, test } from 'vitest';
import { alsoNamed } from '../../policy/cards.ts';
import type { OrderState, Review } from '../../policy/order.ts';
import type { ReviewCode } from '../../policy/review-codes.ts';
import { answerReview, isBuyerHeldBack, isSameReview, openReviews, queueReview } from '../../policy/reviews.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const asked = (code: ReviewCode, more: Partial<Review> = {}): Review => ({
  ...{ code, attempt: null, since: '2026-11-22T10:00:00.000Z' },
  ...more,
});

/** An order of which these questions were asked, one after the other. */
function asking(...reviews: Review[]): OrderState {
  const order = make.newOrder();
  for (const each of reviews) queueReview(order, each);
  return order;
}
const codes = (order: OrderState) => openReviews(order).map(({ code }) => code);

describe('the queue of questions', () => {
  test('has those first that hold everybody back; among each other they stay in the order in which they came', () => {
    const order = asking(
      ...[asked('windows_over'), asked('surplus'), asked('cannot_fence'), asked('event_unmatched')],
      asked('pending_too_long'),
    );
    expect(codes(order)).toEqual(['surplus', 'event_unmatched', 'windows_over', 'cannot_fence', 'pending_too_long']);
    expect(codes(asking(asked('surplus'), asked('event_unmatched'), asked('windows_over')))).toEqual([
      ...['surplus', 'event_unmatched', 'windows_over'],
    ]);
  });

  test('loses the current question when that is answered, and no other', () => {
    const order = asking(asked('surplus'), asked('event_unmatched'), asked('windows_over'));
    answerReview(order);
    expect([order.review?.code, codes(order)]).toEqual(['event_unmatched', ['event_unmatched', 'windows_over']]);
    answerReview(order);
    answerReview(order);
    expect([order.review, codes(order)]).toEqual([null, []]);
  });

  test('holds everybody back while one that does waits anywhere in it', () => {
    expect(isBuyerHeldBack(asking(asked('windows_over'), asked('surplus')))).toBe(true);
    expect(isBuyerHeldBack(asking(asked('windows_over'), asked('cannot_fence')))).toBe(false);
    expect(isBuyerHeldBack(asking())).toBe(false);
  });
});

describe('a question that only says that something took too long', () => {
  const stray = { key: 'theirs', reference: 'pay_9' } as const;
  const deaf = () =>
    new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null, lookup: null } }) }).answer({
      outcome: 'unknown',
    });

  test('gives way to a graver one, and is not asked beside it', () => {
    const late = deaf().wait(make.HOUR_MS);
    expect(codes(late.order)).toEqual(['unknown_too_long']);
    expect(codes(late.notice('payment_succeeded', stray).order)).toEqual(['event_unmatched']);
    expect(codes(deaf().notice('payment_succeeded', stray).wait(make.HOUR_MS).order)).toEqual(['event_unmatched']);
  });
});

test('two questions are one only for the same reason, about the same attempt and the same payment', () => {
  const one = asked('event_unmatched', { attempt: 1, about: 'alpha pay_1' });
  expect(isSameReview(one, { ...one, since: '2026-11-23T10:00:00.000Z' })).toBe(true);
  for (const change of [{ code: 'event_mismatch' as const }, { attempt: 2 }, { about: 'alpha pay_2' }]) {
    expect(isSameReview(one, { ...one, ...change })).toBe(false);
  }
});

test('a card learns each further name once', () => {
  const card = make.card('ins_1', { aliases: ['par:1'] });
  expect(alsoNamed(card, ['par:1', 'card-ins_1'])).toBe(card);
  expect(alsoNamed(card, ['par:1', 'par:2']).aliases).toEqual(['par:1', 'par:2']);
});
