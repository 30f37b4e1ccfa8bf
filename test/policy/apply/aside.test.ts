import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { questionId } from '../../../policy/questions.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const unknown = () => new Steps().answer({ outcome: 'unknown', evidence: 'timeout' });
const told = (n: number) => ({ key: `theirs ${n}`, reference: `pay_${n}`, amountMinor: AMOUNT });
function putAside(order: Steps, about: string): void {
  const question = openReviews(order.order).find((each) => each.about === about);
  order.tell(make.resolve(1, 'accepted', question && questionId(question)));
}

const aboutOf = (order: Steps) => order.order.aside?.map(({ reference }) => reference);

describe('more notices are put aside than are kept', () => {
  test('first those go of which nobody is asked any more, oldest first, and each is told', () => {
    const order = unknown().notice('payment_succeeded', told(1)).notice('payment_succeeded', told(2));
    putAside(order, 'alpha pay_2');
    expect(openReviews(order.order).map(({ about }) => about)).toEqual(['alpha pay_1']);
    for (let n = 3; n <= 30; n += 1) order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: 1 });
    expect([order.order.aside?.length, order.said('event_dropped')]).toEqual([30, undefined]);
    order.notice('refund_succeeded', { reference: 'pay_1', eventId: 'last', amountMinor: 1 });
    expect(order.said('event_dropped')).toMatch(
      /^More than 30 notices .*: payment_succeeded of alpha pay_2 is kept no/,
    );
    expect(order.entries.find(({ kind }) => kind === 'event_dropped')?.evidence).toBe('e2');
    expect(new Set(aboutOf(order))).toEqual(new Set(['pay_1']));
    expect(order.order.aside).toHaveLength(30);
  });

  test('then the oldest: of a payment that proves to be the attempt’s a person is told that some may be missing', () => {
    const order = unknown().notice('payment_succeeded', told(1));
    for (let n = 0; n < 31; n += 1) order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: 1 });
    expect(order.order.aside).toHaveLength(30);
    // What took the money is kept longest: without it nothing else of that payment would count for what it is.
    expect(order.order.aside?.[0]?.type).toBe('payment_succeeded');
    expect(order.said('event_dropped')).toMatch(/refund_succeeded of alpha pay_1 is kept no longer/);
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect(moneyOf(order.order).refunded).toBe(29);
    expect(order.order.review).toMatchObject({ code: 'event_mismatch', attempt: 1, about: 'alpha pay_1' });
    expect(order.said('needs_review')).toMatch(/has the payment alpha pay_1, but not all that was told of it is known/);
    order.tell(make.accept(order.order));
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
  });

  test('nothing is asked of a payment of which everything was kept, whatever was dropped of others', () => {
    const order = unknown().notice('payment_succeeded', told(2));
    order.tell(make.resolve(1, 'accepted', make.asked(order.order))).notice('payment_succeeded', told(1));
    for (let n = 0; n < 29; n += 1) order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: 1 });
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([order.stage, moneyOf(order.order).refunded]).toEqual(['paid', 29]);
  });

  test('that fitted no attempt, and proves to be one’s after all of them were dropped, is asked about as well', () => {
    const order = unknown().notice('payment_succeeded', { ...told(2), attempt: 7 });
    order.tell(make.accept(order.order)).notice('payment_succeeded', told(1));
    for (let n = 0; n < 29; n += 1) order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: 1 });
    expect(order.said('event_dropped')).toMatch(/payment_succeeded of alpha pay_2/);
    putAside(order, 'alpha pay_1');
    order.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_2', amountMinor: AMOUNT });
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_mismatch', attempt: 1, about: 'alpha pay_2' }]);
    expect(order.order.asideDropped).toEqual([]);
    expect(order.notice('payment_succeeded', { reference: 'pay_2' }).entries).toEqual([]);
  });

  test('that is asked before the money is known, and money does not answer it: what went back stays unknown', () => {
    const order = unknown()
      .notice('payment_succeeded', told(2))
      .notice('refund_succeeded', { ...told(2), key: 'back' });
    order.tell(make.accept(order.order)).notice('payment_succeeded', told(1));
    for (let n = 0; n < 30; n += 1) order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: 1 });
    order.tell(make.accept(order.order)).untilSent();
    for (; order.command?.operation !== 'lookup'; order.untilSent()) order.answer({ outcome: 'unknown' });
    order.answer({ outcome: 'pending', found: 'payment', reference: 'pay_2' });
    const question = { code: 'event_mismatch', attempt: 1, about: 'alpha pay_2' };
    expect(openReviews(order.order)).toMatchObject([question]);
    order.notice('payment_succeeded', { reference: 'pay_2', currency: 'USD' });
    expect(openReviews(order.order)).toMatchObject([question, question]);
    order.notice('payment_succeeded', { reference: 'pay_2', amountMinor: AMOUNT });
    expect([order.stage, openReviews(order.order)]).toMatchObject(['needs_review', [question]]);
    order.tell(make.accept(order.order));
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
  });

  test('a payment that is told of again and again is kept once', () => {
    const order = unknown().notice('payment_succeeded', told(1));
    for (let n = 0; n < 40; n += 1) order.notice('payment_succeeded', { ...told(1), key: '1/charge/0x' });
    expect(order.order.aside?.length).toBeLessThanOrEqual(2);
    expect(order.said('event_dropped')).toBeUndefined();
  });
});
