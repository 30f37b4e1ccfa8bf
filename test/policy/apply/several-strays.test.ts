import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { questionId } from '../../../policy/questions.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT } as const;
const DECLINED = { outcome: 'declined', failureClass: 'hard_decline' } as const;
/** Two payments, each told under a key that is none of ours. */
const first = { key: 'theirs', reference: 'pay_1', amountMinor: AMOUNT } as const;
const second = { key: 'others', reference: 'pay_2', amountMinor: AMOUNT } as const;

const unknown = () => new Steps().answer({ outcome: 'unknown' });
const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);
const questions = ({ order }: Steps) => openReviews(order).map(({ about }) => about);

/** A person says that this payment is the attempt's. */
function oursIs(order: Steps, about: string, number = 1): Steps {
  const review = openReviews(order.order).find((each) => each.about === about);
  if (review === undefined) throw new Error(`nobody is asked about ${about}`);
  return order.tell(make.resolve(number, 'succeeded', questionId(review)));
}

describe('of two payments that were put aside one proves to be the attempt’s', () => {
  const both = () =>
    unknown().notice('payment_succeeded', second).notice('payment_succeeded', first).notice('refund_succeeded', second);

  test('the one that the person named, whichever was told first; the other stays put aside, with what was told of it', () => {
    const order = oursIs(both(), 'alpha pay_1');
    expect(order.attempt(1)).toMatchObject({ tookAs: 'pay_1', others: ['pay_2'] });
    expect(order.order.aside?.map(({ type, reference }) => [type, reference])).toEqual([
      ['payment_succeeded', 'pay_2'],
      ['refund_succeeded', 'pay_2'],
    ]);
    expect([questions(order), moneyOf(order.order).net]).toEqual([['alpha pay_2'], AMOUNT]);
  });

  test('also in a state that was written before anything was kept', () => {
    const order = both();
    const { aside: _aside, ...before } = order.order;
    order.order = before;
    expect(oursIs(order, 'alpha pay_1').attempt(1)).toMatchObject({ tookAs: 'pay_1', others: ['pay_2'] });
  });

  test('a notice that disagreed about the very payment stays the question that it was', () => {
    const dollars = { ...first, currency: 'USD' } as const;
    const order = new Steps().notice('payment_succeeded', { ...dollars, key: '1/charge/0' });
    const { review } = order.order;
    order.notice('payment_succeeded', dollars).answer({ outcome: 'pending', reference: 'pay_1' });
    expect(review).toMatchObject({ code: 'event_mismatch', about: 'alpha pay_1' });
    expect(openReviews(order.order)).toEqual([review]);
  });

  test('nobody is told of an answer to a question that a person had answered before', () => {
    const order = new Steps().notice('payment_succeeded', first);
    order.tell(make.accept(order.order)).answer({ ...PAID, reference: 'pay_1' });
    expect([order.stage, kinds(order).includes('review_answered')]).toEqual(['paid', false]);
  });
});

describe('the key under which a payment without a reference was told', () => {
  const keyed = { key: 'theirs', amountMinor: AMOUNT } as const;
  const known = () => oursIs(unknown().notice('payment_succeeded', keyed), 'alpha theirs');

  test('is the attempt’s own from then on, and no other payment’s', () => {
    expect(known().attempt(1)).toMatchObject({ tookUnder: 'theirs', others: [] });
  });

  test('leaves a notice without any key the attempt’s, by its number', () => {
    const order = known().notice('payment_succeeded', { amountMinor: AMOUNT });
    expect([kinds(order), order.order.review]).toEqual([[], null]);
    expect(moneyOf(order.notice('refund_succeeded', { amountMinor: 1_000 }).order).net).toBe(AMOUNT - 1_000);
  });

  test('says nothing of a payment whose reference is known: the same key under another one is another payment', () => {
    const order = oursIs(unknown().notice('payment_succeeded', first), 'alpha pay_1');
    expect(order.attempt(1).tookUnder).toBeUndefined();
    order.notice('refund_succeeded', { ...first, reference: 'pay_9' });
    expect([questions(order), moneyOf(order.order).net]).toEqual([['alpha pay_9'], AMOUNT]);
  });
});

describe('a refund by hand, under a key and a reference that nobody knows', () => {
  const byHand = { key: 'by hand', reference: 'pay_1', amountMinor: 1_000 } as const;
  const page = () =>
    new Steps()
      .answer(DECLINED)
      .tell(make.choose('hosted_checkout'))
      .answer({ outcome: 'requires_action', reference: 'hs_1' });

  test('proves the attempt’s payment at once while that has no name: a page’s name is not its payment’s', () => {
    for (const begin of [unknown, page]) {
      const order = begin().notice('refund_succeeded', byHand);
      expect([order.stage, order.order.review, moneyOf(order.order).net]).toEqual(['paid', null, AMOUNT - 1_000]);
    }
  });

  test('is another payment’s once the page’s payment has a name', () => {
    const order = page().notice('payment_succeeded', { key: '2/open_hosted/0', reference: 'pay_2' });
    order.notice('refund_succeeded', byHand);
    expect([questions(order), moneyOf(order.order).net]).toEqual([['alpha pay_1'], AMOUNT]);
  });
});

test('another payment that a notice told of is no news in the answer to our own charge', () => {
  const order = new Steps().notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
  order.notice('payment_succeeded', { reference: 'pay_2', amountMinor: AMOUNT });
  expect(questions(order)).toEqual(['alpha pay_2']);
  order.answer({ ...PAID, reference: 'pay_2' });
  expect([kinds(order).includes('event_parked'), order.attempt(1).others, questions(order)]).toEqual([
    false,
    ['pay_2'],
    ['alpha pay_2'],
  ]);
});
