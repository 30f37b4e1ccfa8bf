import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const MANUAL = { facts: { capture: 'manual' } } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT } as const;
const second = { reference: 'auth_2', amountMinor: AMOUNT } as const;
const OWN_KEY = '1/authorize/0';
const names = { cardNames: ['par:OTHER'] };

const reserved = () => new Steps(MANUAL).answer({ ...RESERVED, reference: 'auth_1' });
const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);
const expectSilence = (order: Steps) => expect([kinds(order), order.order.review]).toEqual([[], null]);

/** Asked about once, and reserved as before. */
function expectAsked(order: Steps): void {
  expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', attempt: 1, about: 'alpha auth_2' }]);
  expect(order.attempt(1)).toMatchObject({ reference: 'auth_1', money: { authorized: AMOUNT, captured: 0 } });
  expect(order.command).toBeNull();
}

describe('a second reservation under an attempt that has one', () => {
  test.each([
    ['our own key', { key: OWN_KEY }],
    ['a key that is none of ours', { key: 'theirs' }],
    ['no key', {}],
    ['another amount', { key: OWN_KEY, amountMinor: 1 }],
  ])('is a person’s, with %s: told once, and nothing is captured meanwhile', (_, said) => {
    const order = reserved().notice('payment_authorized', { ...second, ...said, ...names });
    expectAsked(order);
    expect(order.said('event_parked')).toMatch(/^alpha tells of another payment under attempt 1, /);
    expect(order.order.instruments[0]?.aliases ?? []).toEqual([]);
    expect(kinds(order.notice('payment_authorized', { ...second, ...said }))).toEqual([]);
    expect(kinds(order.tell(make.capture()))).toEqual(['capture_refused']);
    order.tell(make.accept(order.order)).notice('payment_authorized', { ...second, ...said });
    expectSilence(order);
    expect(order.tell(make.capture()).command?.operation).toBe('capture');
  });

  test('is asked about when the answer or a lookup tells of it, after a notice of the first', () => {
    const first = { reference: 'auth_1', key: OWN_KEY, amountMinor: AMOUNT };
    expectAsked(
      new Steps(MANUAL).notice('payment_authorized', first).answer({ ...RESERVED, reference: 'auth_2', ...names }),
    );
    const order = reserved().tell(make.capture()).answer({ outcome: 'unknown' });
    while (order.command?.operation !== 'lookup') {
      if (order.command === null) order.untilSent();
      else order.answer({ outcome: 'unknown' });
    }
    order.answer({ ...RESERVED, found: 'payment', reference: 'auth_2', key: OWN_KEY });
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', about: 'alpha auth_2' }]);
  });

  test('is asked about also when the first was voided, or captured under another reference', () => {
    const voided = reserved().tell(make.cancel()).answer({ outcome: 'succeeded', found: 'closed' });
    expect(voided.stage).toBe('cancelled');
    voided.notice('payment_authorized', { ...second, key: OWN_KEY });
    expect(voided.order.review).toMatchObject({ code: 'event_unmatched', about: 'alpha auth_2' });
    const captured = reserved().tell(make.capture()).answer({ outcome: 'succeeded', reference: 'cap_1' });
    captured.notice('payment_authorized', { ...second, key: OWN_KEY });
    expect([captured.stage, captured.order.review?.about]).toEqual(['paid', 'alpha auth_2']);
    expect(moneyOf(captured.order).captured).toBe(AMOUNT);
  });

  test('that is captured after it was put aside is asked about anew: only then has it taken money', () => {
    for (const said of [{}, { key: 'theirs' }]) {
      const order = reserved().notice('payment_authorized', { ...second, ...said });
      order.tell(make.accept(order.order)).notice('payment_succeeded', { ...second, ...said });
      expectAsked(order);
      order.tell(make.accept(order.order)).notice('payment_succeeded', { ...second, ...said });
      expectSilence(order);
      expect(order.stage).toBe('authorized');
    }
  });

  test('that is captured while it is asked about is one question, and is told', () => {
    const order = reserved().notice('payment_authorized', second).notice('payment_succeeded', second);
    expectAsked(order);
    expect(order.said('event_parked')).toMatch(/took the money/);
    // Whoever knows that it is the buyer's payment after all says so.
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([moneyOf(order.order).captured, order.attempt(1).tookAs]).toEqual([AMOUNT, 'auth_2']);
    // What was reserved first is still there, and nobody told by whose key the second was made.
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', attempt: 1, about: 'alpha auth_1' }]);
    expect(order.tell(make.accept(order.order)).stage).toBe('paid');
  });

  test('that is captured under our own key is the order’s payment, and nobody’s question any more', () => {
    const order = reserved().notice('payment_authorized', { ...second, key: OWN_KEY });
    order.notice('payment_succeeded', { ...second, key: OWN_KEY });
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
    expect(openReviews(order.order).map(({ about }) => about)).not.toContain('alpha auth_2');
  });
});

describe('the reservation that is closed', () => {
  const closed = (order: Steps, reference: string, key = OWN_KEY) =>
    order.notice('payment_cancelled', { reference, key });

  test('is the second: the first stays, and is captured once a person has answered', () => {
    const order = closed(reserved().notice('payment_authorized', { ...second, key: OWN_KEY }), 'auth_2');
    expectAsked(order);
    expect([order.attempt(1).fencedAt, order.attempt(1).money.voided]).toEqual([null, 0]);
    expect(order.said('event_kept')).toMatch(/payment_cancelled of another payment under attempt 1/);
    expect(order.tell(make.accept(order.order)).tell(make.capture()).command?.operation).toBe('capture');
  });

  test.each([
    ['our own key', { key: OWN_KEY }],
    ['no key', {}],
  ])('is one that nobody told of, with %s', (_, said) => {
    const order = reserved().notice('payment_cancelled', { ...said, reference: 'auth_2' });
    expect([order.stage, order.order.review, kinds(order)]).toEqual(['authorized', null, ['event_kept']]);
    order.tell(make.capture()).answer({ outcome: 'succeeded' }).notice('payment_cancelled', { reference: 'auth_2' });
    expect([order.stage, order.order.review, kinds(order)]).toEqual(['paid', null, ['event_kept']]);
  });

  test('is its own: under its reference, under none, or under the key of what closes it', () => {
    for (const said of [{ reference: 'auth_1' }, { key: OWN_KEY }, {}]) {
      expect(reserved().notice('payment_cancelled', said).attempt(1).money.voided).toBe(AMOUNT);
    }
    const order = reserved().tell(make.cancel());
    order.notice('payment_cancelled', { reference: 'void_1', key: '1/void/1' });
    expect(order.attempt(1).money.voided).toBe(AMOUNT);
  });
});

describe('the second reservation took the money: the first is another payment from then on', () => {
  const own = { key: OWN_KEY, amountMinor: AMOUNT };
  const took = () => reserved().notice('payment_authorized', { ...second, ...own });
  const FIRST = { code: 'event_unmatched', attempt: 1, about: 'alpha auth_1' };

  test('and asked about: nobody else gives back what it reserves', () => {
    const order = took().notice('payment_succeeded', { ...second, ...own });
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
    expect(openReviews(order.order)).toMatchObject([FIRST]);
    order.notice('payment_cancelled', { ...own, reference: 'auth_1' });
    expect([openReviews(order.order).length, kinds(order)]).toEqual([1, ['event_kept']]);
    order.tell(make.accept(order.order));
    expect(order.stage).toBe('paid');
    expectSilence(order.notice('payment_authorized', { ...own, reference: 'auth_1' }));
  });

  test('also where a person said that the second is the buyer’s', () => {
    const order = took();
    order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
    expect([openReviews(order.order), order.attempt(1).tookAs]).toMatchObject([[FIRST], 'auth_2']);
  });

  test.each([
    ['our own key', OWN_KEY],
    ['the capture’s key', '1/capture/1'],
    ['no key', undefined],
  ])('and that it is taken as well is not silent, with %s', (_, key) => {
    const order = reserved().tell(make.capture());
    order.notice('payment_authorized', { ...second, ...own }).notice('payment_succeeded', { ...second, ...own });
    order.answer({ outcome: 'unknown' }).tell(make.accept(order.order));
    order.notice('payment_succeeded', { reference: 'auth_1', amountMinor: AMOUNT, ...(key && { key }) });
    expect(openReviews(order.order)).toMatchObject([FIRST]);
    expect(order.said('event_parked')).toMatch(/took the money of another payment under attempt 1/);
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
  });

  test('also when the answer to the capture says so', () => {
    const order = reserved().tell(make.capture());
    order.notice('payment_authorized', { ...second, ...own }).notice('payment_succeeded', { ...second, ...own });
    order.answer({ outcome: 'succeeded', reference: 'auth_1', amountMinor: AMOUNT });
    expect(order.said('event_parked')).toMatch(/took the money of another payment under attempt 1/);
    expect(openReviews(order.order)).toMatchObject([FIRST]);
  });
});

describe('one reservation is one', () => {
  test('told again: under its reference, under none, or after its capture', () => {
    for (const said of [{ reference: 'auth_1' }, {}, { reference: 'auth_1', key: 'theirs' }]) {
      expectSilence(reserved().notice('payment_authorized', { ...said, amountMinor: AMOUNT }));
    }
    const order = reserved().notice('payment_succeeded', { reference: 'cap_1', amountMinor: AMOUNT });
    for (const reference of ['auth_1', 'cap_1']) {
      expectSilence(order.notice('payment_authorized', { reference, amountMinor: AMOUNT }));
    }
  });

  test('of which nobody had told the reference: the first that names it names it', () => {
    for (const order of [
      new Steps(MANUAL).answer(RESERVED),
      new Steps(MANUAL).answer({ outcome: 'unknown', reference: 'request_1' }).tell(make.resolve(1, 'succeeded')),
    ]) {
      expect(order.stage).toBe('authorized');
      expectSilence(order.notice('payment_authorized', { reference: 'auth_1', key: OWN_KEY, amountMinor: AMOUNT }));
      order.notice('payment_authorized', { ...second, key: OWN_KEY });
      expect(order.order.review).toMatchObject({ code: 'event_unmatched', about: 'alpha auth_2' });
    }
  });
});

describe('a reservation that is told after the money was taken at once', () => {
  const told = { key: '1/charge/0', amountMinor: AMOUNT, reference: 'auth_1' } as const;
  const paid = () =>
    new Steps()
      .answer({ outcome: 'succeeded', reference: 'pay_1', amountMinor: AMOUNT })
      .notice('payment_authorized', told);

  test('may be that charge’s own, by a name of its own, in whichever order they come: nobody is asked', () => {
    expectSilence(paid());
    const inOrder = new Steps().answer({ outcome: 'unknown' }).notice('payment_authorized', told);
    inOrder.notice('payment_succeeded', { ...told, reference: 'pay_1' });
    for (const order of [paid(), inOrder]) {
      expect([order.stage, order.order.review]).toEqual(['paid', null]);
      order.notice('refund_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
      expect(moneyOf(order.order)).toMatchObject({ refunded: AMOUNT, net: 0 });
    }
  });

  test('takes nothing by itself; that it took money is a person’s', () => {
    const order = paid().notice('payment_succeeded', told);
    expect(openReviews(order.order)).toMatchObject([{ code: 'event_unmatched', attempt: 1, about: 'alpha auth_1' }]);
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
  });
});
