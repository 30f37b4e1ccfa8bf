import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
/** Of a payment that nobody knows. */
const unclaimed = { attempt: 9, reference: 'pay_1', amountMinor: 1_000 } as const;
const MONEY_THAT_LEFT = ['refund_succeeded', 'refund_failed', 'payment_returned', 'dispute_opened'] as const;

const unknown = () => new Steps().answer({ outcome: 'unknown', evidence: 'timeout' });
/** A person called it succeeded, and nobody knows its name. */
const nameless = () => unknown().tell(make.resolve(1, 'succeeded'));
const abouts = ({ order }: Steps) => openReviews(order).map(({ code, attempt, about }) => [code, attempt, about]);
const ASKED = [['event_unmatched', null, 'alpha pay_1']];
const oursIs = (order: Steps, question = make.asked(order.order)) => order.tell(make.resolve(1, 'succeeded', question));

describe('money that left a payment that nobody knows, at a processor where an attempt took some under no name', () => {
  test.each(MONEY_THAT_LEFT)('%s: a person is asked whose it is, and nothing counts before', (type) => {
    const order = nameless().notice(type, unclaimed);
    expect(order.said('needs_review')).toMatch(/nobody knows, and that of attempt 1 has no name there/);
    expect([abouts(order), moneyOf(order.order).net, order.stage]).toEqual([ASKED, AMOUNT, 'paid']);
  });

  test('the attempt’s own, says the person: what was told counts, each once, and what comes after it, too', () => {
    const order = nameless().notice('refund_succeeded', unclaimed).notice('dispute_opened', unclaimed);
    oursIs(order);
    expect([abouts(order), moneyOf(order.order).net]).toEqual([[], AMOUNT - 2_000]);
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1' });
    order.notice('payment_returned', unclaimed);
    expect([abouts(order), moneyOf(order.order).net]).toEqual([[], AMOUNT - 3_000]);
  });

  test('none of ours, says the person: put aside, and never asked about again', () => {
    const order = nameless().notice('refund_succeeded', unclaimed).tell(make.resolve(null, 'accepted'));
    for (const type of MONEY_THAT_LEFT) order.notice(type, unclaimed);
    expect([abouts(order), moneyOf(order.order).net, order.stage]).toEqual([[], AMOUNT, 'paid']);
    order.notice('refund_succeeded', { ...unclaimed, reference: 'pay_2' });
    expect(abouts(order)).toEqual([['event_unmatched', null, 'alpha pay_2']]);
  });

  test('is asked about once while it is open, whatever else is told of it, its own success included', () => {
    const order = nameless().notice('refund_succeeded', unclaimed).notice('payment_returned', unclaimed);
    order.notice('payment_succeeded', { ...unclaimed, amountMinor: AMOUNT });
    expect(abouts(order)).toEqual(ASKED);
  });

  test('that was told before the attempt had any money is asked about then', () => {
    const order = unknown().notice('refund_succeeded', unclaimed);
    expect(abouts(order)).toEqual([]);
    expect(abouts(order.tell(make.resolve(1, 'succeeded')))).toEqual(ASKED);
    const named = unknown().notice('refund_succeeded', unclaimed);
    named.tell(make.resolve(1, 'succeeded', undefined, { reference: 'pay_1' }));
    expect([abouts(named), moneyOf(named.order).net]).toEqual([[], AMOUNT - 1_000]);
  });

  test('is answered by whatever names the attempt’s payment', () => {
    const order = nameless().notice('refund_succeeded', unclaimed);
    order.notice('payment_succeeded', { reference: 'pay_1', key: '1/charge/0', amountMinor: AMOUNT });
    expect([abouts(order), moneyOf(order.order).net]).toEqual([[], AMOUNT - 1_000]);
  });

  test('of which two attempts may have taken it: the person says which', () => {
    const order = unknown().tell(make.resolve(1, 'absent'));
    order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' }))).answer({ outcome: 'succeeded' });
    order.notice('payment_succeeded', { attempt: 1, amountMinor: AMOUNT });
    order.notice('refund_succeeded', { ...unclaimed, amountMinor: AMOUNT });
    expect(order.said('needs_review')).toMatch(/attempt 1 or 2/);
    const question = make.asked(order.order);
    const word = make.resolve(null, 'succeeded', question);
    expect(refuseResolve(order.order, word)?.message).toMatch(/Say of which attempt/);
    order.tell(make.resolve(2, 'succeeded', question));
    expect([order.attempt(1).money.refunded, order.attempt(2).money.refunded]).toEqual([0, AMOUNT]);
  });

  test('told under a key alone, and so known from then on', () => {
    const keyed = { attempt: 9, key: 'theirs', amountMinor: 1_000 };
    const order = oursIs(nameless().notice('refund_succeeded', keyed));
    expect([abouts(order), order.attempt(1).tookUnder, moneyOf(order.order).net]).toEqual([
      [],
      'theirs',
      AMOUNT - 1_000,
    ]);
    expect(abouts(order.notice('refund_succeeded', { ...keyed, key: 'others' }))).toEqual([]);
    expect(abouts(order.notice('refund_succeeded', unclaimed))).toEqual(ASKED);
  });
});

describe('nobody is asked about money that left a payment that nobody knows', () => {
  const silent = (order: Steps) => expect([abouts(order), order.stage]).toEqual([[], 'paid']);

  test('where every payment has its name, or was made at another processor', () => {
    const paid = () => new Steps().answer({ outcome: 'succeeded', amountMinor: AMOUNT, reference: 'pay_9' });
    silent(paid().notice('refund_succeeded', unclaimed));
    silent(nameless().notice('refund_succeeded', { ...unclaimed, processor: 'beta' }));
  });

  test('that names neither payment nor key', () => {
    silent(nameless().notice('refund_succeeded', { attempt: 9, amountMinor: 1_000 }));
  });

  test('that was put aside as a payment before', () => {
    const order = unknown().notice('payment_succeeded', { ...unclaimed, amountMinor: AMOUNT });
    order.tell(make.accept(order.order)).tell(make.resolve(1, 'succeeded'));
    silent(order.notice('refund_succeeded', unclaimed));
  });
});
