import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { refunding } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', evidence: 'timeout' } as const;
const MANUAL = { facts: { capture: 'manual' as const } };
const eur = (minor: number) => ({ amount: { minor, currency: 'EUR' } });
const PAY_1 = { reference: 'pay_1' } as const;
/** Of `pay_1`, and of no attempt that the processor could name. */
const ofIt = { ...PAY_1, attempt: 9 } as const;

const unknown = (options: make.OrderOptions = {}) => new Steps(options).answer(TIMEOUT);
const took = (order: Steps, said: Parameters<typeof make.resolve>[3], number = 1) =>
  order.tell(make.resolve(number, 'succeeded', undefined, said));
/** Its money is known, and not its name; that of a stranger keeps the order open. */
const nameless = () =>
  unknown().notice('payment_succeeded', { processor: 'gamma', reference: 'g' }).tell(make.resolve(1, 'succeeded'));
const codes = ({ order }: Steps) => openReviews(order).map(({ code }) => code);
const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);

/** Refused by the validator; past it, said on the timeline, and nothing else is changed. */
function expectRefused(steps: Steps, word: ReturnType<typeof make.resolve>, says: RegExp): void {
  expect(refuseResolve(steps.order, word)).toMatchObject({ code: 'not_unknown', message: expect.stringMatching(says) });
  expect(refuseResolve(steps.order, word)?.message).not.toMatch(/pay_/);
  const { seq: _, appliedIds: __, ...before } = steps.order;
  steps.tell(word);
  expect(kinds(steps)).toEqual(['resolve_refused']);
  expect(steps.order).toMatchObject(before);
}

describe('who says under which name a payment stands at its processor', () => {
  test.each([
    ['refund_succeeded', 'refunded'],
    ['payment_returned', 'returned'],
    ['dispute_opened', 'disputed'],
  ] as const)('has %s of it counted, which names the payment and nothing else', (type, fact) => {
    const order = took(unknown(), PAY_1);
    expect(order.attempt(1)).toMatchObject({ outcome: 'succeeded', reference: 'pay_1', tookAs: 'pay_1' });
    expect(order.entries[0]?.text).toBe('Attempt 1 succeeded (pay_1): a reason');
    order.notice(type, { ...ofIt, key: 'by hand', amountMinor: 1_000 });
    expect([moneyOf(order.order)[fact], order.order.review, order.stage]).toEqual([1_000, null, 'paid']);
  });

  test('has counted what was told of it before, whether it fitted no attempt or another payment under this one', () => {
    for (const told of [ofIt, { ...PAY_1, key: 'theirs' }]) {
      const order = unknown().notice('payment_succeeded', { ...told, amountMinor: AMOUNT });
      order.notice('refund_succeeded', { ...told, amountMinor: 1_000 });
      expect(codes(order)).toEqual(['event_unmatched']);
      took(order, PAY_1);
      expect([codes(order), moneyOf(order.order).net, order.order.aside]).toEqual([[], AMOUNT - 1_000, []]);
      expect(kinds(order)).toContain('review_answered');
    }
  });

  test('has answered what was asked about it under another attempt', () => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline', reference: 'pay_9' });
    order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' }))).answer(TIMEOUT);
    order.notice('payment_succeeded', { ...PAY_1, attempt: 1, key: 'theirs', amountMinor: AMOUNT });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1 });
    const { aside: _aside, ...before } = order.order;
    order.order = before;
    took(order, PAY_1, 2);
    expect([order.stage, codes(order)]).toEqual(['paid', []]);
  });

  test('hears of any other payment under the attempt as of another one', () => {
    const order = took(unknown(), PAY_1).notice('payment_succeeded', { reference: 'pay_2', key: 'theirs' });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', about: 'alpha pay_2' });
  });

  test('names the page’s payment beside the page', () => {
    const page = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
    page.tell(make.choose('hosted_checkout')).answer({ ...TIMEOUT, reference: 'hs_1' });
    took(page, PAY_1, 2).notice('refund_succeeded', { ...ofIt, amountMinor: 1_000 });
    expect([page.stage, moneyOf(page.order).net]).toEqual(['paid', AMOUNT - 1_000]);
  });

  test('may answer by name the notice of that payment, and of none that has another', () => {
    const order = unknown().notice('payment_succeeded', { ...ofIt, amountMinor: AMOUNT });
    const question = make.asked(order.order);
    expectRefused(order, make.resolve(1, 'succeeded', question, { reference: 'pay_2' }), /another `reference`/);
    order.tell(make.resolve(1, 'succeeded', question, PAY_1));
    expect([order.stage, order.attempt(1).tookAs]).toEqual(['paid', 'pay_1']);
  });

  test('names also what was told under a key alone: both are the attempt’s own', () => {
    const order = unknown().notice('payment_succeeded', { key: 'theirs', amountMinor: AMOUNT });
    order.notice('refund_succeeded', { key: 'theirs', amountMinor: 1_000 });
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order), PAY_1));
    order.notice('dispute_opened', { ...ofIt, amountMinor: 999 });
    expect([order.order.review, moneyOf(order.order).net]).toEqual([null, 3_000]);
  });

  test('may do so when the money is known already and has no name, and only then', () => {
    const order = took(nameless(), PAY_1);
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1', money: { captured: AMOUNT } });
    expectRefused(order, make.resolve(1, 'succeeded', undefined, PAY_1), /no unknown outcome/);
  });
});

describe('no name is believed', () => {
  test('of a payment that has another one', () => {
    const order = new Steps().answer({ ...TIMEOUT, reference: 'pay_2' });
    expectRefused(order, make.resolve(1, 'succeeded', undefined, PAY_1), /attempt 1 is known at alpha under another/);
    expect(took(order, { reference: 'pay_2' }).stage).toBe('paid');
  });

  test('that is another attempt’s at this processor', () => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline', ...PAY_1 });
    order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' }))).answer(TIMEOUT);
    expectRefused(order, make.resolve(2, 'succeeded', undefined, PAY_1), /the payment of attempt 1/);
  });

  test('where a refund is in doubt, or what was said is that nothing was taken', () => {
    const refund = refunding().answer(TIMEOUT);
    expectRefused(refund, make.resolve(1, 'succeeded', undefined, PAY_1), /became of a refund/);
    const refused = nameless().notice('refund_failed', { attempt: 1, amountMinor: 1_000 });
    expectRefused(refused, make.resolve(1, 'succeeded', undefined, PAY_1), /became of a refund/);
    expectRefused(unknown(), make.resolve(1, 'absent', undefined, PAY_1), /what succeeded/);
    const stray = unknown().notice('payment_succeeded', { ...ofIt, amountMinor: AMOUNT });
    expectRefused(stray, make.resolve(null, 'accepted', undefined, PAY_1), /what succeeded/);
  });
});

describe('who says how much was taken', () => {
  test('less than the amount: the order is not paid before a person is content with it, or ends it', () => {
    const order = took(unknown(), eur(1_200));
    expect(order.entries[0]?.text).toBe('Attempt 1 succeeded (EUR 12.00): a reason');
    expect([order.stage, codes(order), moneyOf(order.order).captured]).toEqual([
      'needs_review',
      ['amount_mismatch'],
      1_200,
    ]);
    expect(order.tell(make.accept(order.order)).stage).toBe('paid');
    const ended = took(unknown(), eur(1_200)).tell(make.cancel());
    ended.untilSent();
    ended.answer({ operation: 'lookup', outcome: 'succeeded', found: 'payment', claim: 'none', amountMinor: 1_200 });
    expect(ended.command).toMatchObject({ operation: 'refund' });
    expect(ended.attempt(1).operations.at(-1)?.amountMinor).toBe(1_200);
  });

  test('more than the amount: the order is paid, and what is too much goes back', () => {
    const order = took(unknown(), { ...eur(6_000), ...PAY_1 });
    expect(order.entries[0]?.text).toBe('Attempt 1 succeeded (EUR 60.00, pay_1): a reason');
    expect([order.stage, moneyOf(order.order).held]).toEqual(['paid', 1_001]);
  });

  test('the amount itself: as if it had not been said', () => {
    expect(took(unknown(), eur(AMOUNT)).stage).toBe('paid');
  });

  test('of a capture in doubt: that much was captured', () => {
    const order = new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true }).tell(make.capture());
    order.answer({ outcome: 'declined', evidence: 'http_422' });
    expect(order.command).toMatchObject({ operation: 'lookup' });
    took(order, eur(1_200));
    expect([order.stage, codes(order), moneyOf(order.order).captured]).toEqual([
      'needs_review',
      ['amount_mismatch'],
      1_200,
    ]);
    // The lookup is still out: not even for that long the merchant hears that the order is paid.
    expect(order.events.map(({ type }) => type)).toEqual(['order.needs_review']);
  });

  test.each([
    ['another currency', { minor: AMOUNT, currency: 'USD' }, /in EUR/],
    ['nothing', { minor: 0, currency: 'EUR' }, /at least 1/],
    ['less than nothing', { minor: -1, currency: 'EUR' }, /at least 1/],
    ['a part of a cent', { minor: 1.5, currency: 'EUR' }, /whole number/],
  ])('is not believed with %s', (_what, amount, says) => {
    expectRefused(unknown(), make.resolve(1, 'succeeded', undefined, { amount }), says);
  });

  test('is not believed against what is known', () => {
    const word = make.resolve(1, 'succeeded', undefined, { ...PAY_1, ...eur(1_200) });
    expectRefused(nameless(), word, /took is known: EUR 49.99/);
  });
});

describe('the processor’s own word on how much it took is better than a person’s', () => {
  const said = () => took(unknown(), { ...PAY_1, ...eur(1_200) });

  test.each([
    ['the amount', AMOUNT, [], 0],
    ['still less', 3_000, ['amount_mismatch'], 0],
    ['more', 6_000, [], 1_001],
  ])('%s: told once, and nobody is asked any more what that answers', (_what, amountMinor, asked, held) => {
    const order = said().notice('payment_succeeded', { ...PAY_1, amountMinor });
    expect([codes(order), moneyOf(order.order).captured, moneyOf(order.order).held]).toEqual([
      asked,
      amountMinor,
      held,
    ]);
    expect(order.entries.filter(({ kind }) => kind === 'payment_confirmed')).toMatchObject([
      { actor: 'processor', attempt: 1, evidence: 'webhook' },
    ]);
    expect(kinds(order.notice('payment_succeeded', { ...PAY_1, amountMinor }))).toEqual([]);
  });

  test('also when it was told before, and put aside', () => {
    const order = unknown().notice('payment_succeeded', { ...ofIt, amountMinor: AMOUNT });
    took(order, { ...PAY_1, ...eur(1_200) });
    expect([order.stage, codes(order), moneyOf(order.order).captured]).toEqual(['paid', [], AMOUNT]);
  });

  test('the same, and only then another one: that is a person’s', () => {
    const order = said().notice('payment_succeeded', { ...PAY_1, amountMinor: 1_200 });
    expect([codes(order), order.attempt(1).moneySaid]).toEqual([['amount_mismatch'], undefined]);
    order.notice('payment_succeeded', { ...PAY_1, amountMinor: 3_000 });
    expect(codes(order)).toEqual(['amount_mismatch', 'event_mismatch']);
  });
});
