import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { headline } from '../../../policy/headline.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT } as const;
const DECLINED = { outcome: 'declined', failureClass: 'hard_decline' } as const;

/** Paid by `pay_1`, as its answer said. */
const paid = () => new Steps().answer({ ...PAID, reference: 'pay_1' });
const second = { reference: 'pay_2', amountMinor: AMOUNT } as const;
const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);

/** Nothing was told, and nobody is asked. */
function expectSilence(order: Steps): void {
  expect(kinds(order)).toEqual([]);
  expect([order.order.review, order.stage]).toEqual([null, 'paid']);
}

describe('a second payment under an attempt that has its money', () => {
  test.each([
    ['our own key', { key: '1/charge/0' }],
    ['a key that is none of ours', { key: 'theirs' }],
    ['no key', {}],
    ['another amount', { key: '1/charge/0', amountMinor: 1 }],
  ])('is a person’s, with %s: told, and not counted as the order’s', (_what, said) => {
    const order = paid().notice('payment_succeeded', { ...second, ...said });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1 });
    expect(order.entries[0]).toMatchObject({ kind: 'event_parked', actor: 'processor', attempt: 1 });
    expect(order.entries[0]?.evidence).toBe('e1, payment pay_2');
    expect(order.said('needs_review')).toMatch(/another payment under attempt 1/);
    expect([order.stage, moneyOf(order.order).captured, order.attempt().reference]).toEqual(['paid', AMOUNT, 'pay_1']);
    expect(headline(order.order)).toMatch(/a processor tells of a payment that is none of ours/);
    expect(order.events.map(({ type }) => type)).toEqual(['order.needs_review']);
  });

  test('whose answer comes after the notice of the first is not lost either', () => {
    const order = new Steps().notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
    order.answer({ ...PAID, reference: 'pay_2' });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1 });
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
  });

  test('is asked about once, also when it is told again after a person has put it aside', () => {
    const order = paid().notice('payment_succeeded', second);
    order.notice('payment_succeeded', { ...second, eventId: 'e1' });
    expect(kinds(order)).toEqual([]);
    order.notice('payment_succeeded', second);
    expect(kinds(order)).toEqual([]);
    order.tell(make.resolve(1, 'accepted'));
    expectSilence(order.notice('payment_succeeded', second));
    expect(order.notice('payment_succeeded', { reference: 'pay_3' }).order.review?.code).toBe('event_unmatched');
  });

  test('takes nothing from the first when it goes back', () => {
    for (const type of ['refund_succeeded', 'refund_failed', 'payment_returned', 'dispute_opened'] as const) {
      const order = paid().notice('payment_succeeded', second).tell(make.resolve(1, 'accepted'));
      order.notice(type, second);
      expect(moneyOf(order.order)).toMatchObject({ captured: AMOUNT, net: AMOUNT });
      expect(order.entries).toMatchObject([{ kind: 'event_kept', attempt: 1 }]);
      expect(order.order.review).toBeNull();
    }
    const own = paid().notice('payment_succeeded', second).notice('refund_succeeded', { reference: 'pay_1' });
    expect(moneyOf(own.order).net).toBe(0);
  });
});

describe('one payment under several references is one payment', () => {
  test('told again, under its own reference or under none', () => {
    expectSilence(paid().notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT, key: '1/charge/0' }));
    expectSilence(paid().notice('payment_succeeded', { reference: 'pay_1', key: 'theirs' }));
    expectSilence(paid().notice('payment_succeeded', { amountMinor: AMOUNT }));
    expectSilence(paid().notice('payment_authorized', { reference: 'auth_1', amountMinor: AMOUNT }));
  });

  test('reserved under one, captured under another', () => {
    for (const named of ['auth_1', 'cap_1']) {
      const order = new Steps({ facts: { capture: 'manual' } });
      order.answer({ ...PAID, reference: 'auth_1', authorizedOnly: true }).tell(make.capture());
      order.answer({ ...PAID, reference: 'cap_1' });
      const told = { reference: named, amountMinor: AMOUNT };
      expectSilence(order.notice('payment_succeeded', { ...told, key: '1/capture/1' }));
      expectSilence(order.notice('payment_succeeded', told));
      expect(order.notice('payment_succeeded', second).order.review?.code).toBe('event_unmatched');
    }
  });

  test('captured, which a lookup tells under one, and the notice of the capture under another', () => {
    const order = new Steps({ facts: { capture: 'manual' } });
    order.answer({ ...PAID, reference: 'auth_1', authorizedOnly: true }).tell(make.capture());
    order.answer({ outcome: 'unknown' });
    while (order.command?.operation !== 'lookup') {
      if (order.command === null) order.untilSent();
      else order.answer({ outcome: 'unknown' });
    }
    order.answer({ ...PAID, found: 'payment', reference: 'auth_1', key: '1/authorize/0' });
    const named = { reference: 'cap_1', amountMinor: AMOUNT };
    expectSilence(order.notice('payment_succeeded', { ...named, key: '1/capture/1' }));
    // From then on the payment is known under both.
    expectSilence(order.notice('payment_succeeded', named));
    expectSilence(order.notice('payment_succeeded', { reference: 'auth_1', amountMinor: AMOUNT }));
    expect(order.notice('payment_succeeded', second).order.review?.code).toBe('event_unmatched');
  });

  test('captured, of which a notice tells first: money that left under either is its own', () => {
    for (const reference of ['auth_1', 'cap_1']) {
      const order = new Steps({ facts: { capture: 'manual' } });
      order.answer({ ...PAID, reference: 'auth_1', authorizedOnly: true }).tell(make.capture());
      order.notice('payment_succeeded', { reference: 'cap_1', key: '1/capture/1', amountMinor: AMOUNT });
      order.answer({ ...PAID, reference: 'cap_1' });
      expectSilence(order.notice('payment_succeeded', { reference, amountMinor: AMOUNT }));
      order.notice('refund_succeeded', { reference, key: 'by hand', attempt: 9, amountMinor: 1_000 });
      expect([moneyOf(order.order).net, order.order.review]).toEqual([AMOUNT - 1_000, null]);
    }
  });

  test('captured, of which only a notice tells, under a reference of its own', () => {
    const order = new Steps({ facts: { capture: 'manual' } });
    order.answer({ ...PAID, reference: 'auth_1', authorizedOnly: true });
    order.notice('payment_succeeded', { reference: 'cap_1', amountMinor: AMOUNT });
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
    expectSilence(order.notice('payment_authorized', { reference: 'auth_1', amountMinor: AMOUNT }));
  });

  test('a page under one, its payment under another', () => {
    const page = (outcome: 'requires_action' | 'unknown' = 'requires_action') =>
      new Steps().answer(DECLINED).tell(make.choose('hosted_checkout')).answer({ outcome, reference: 'hs_1' });
    const told = page().notice('payment_succeeded', { ...second, key: '2/open_hosted/0' });
    expect([told.stage, told.order.review]).toEqual(['paid', null]);
    expectSilence(told.notice('payment_succeeded', second));
    const byPerson = page('unknown').tell(make.resolve(2, 'succeeded'));
    expectSilence(byPerson.notice('payment_succeeded', { ...second, key: '2/open_hosted/0' }));
  });

  test('a person’s word first, then the notice that names it', () => {
    const order = new Steps().answer({ outcome: 'unknown', reference: 'request_1' }).tell(make.resolve(1, 'succeeded'));
    expectSilence(order.notice('payment_succeeded', { reference: 'pay_1', key: '1/charge/0' }));
    expect(order.notice('payment_succeeded', second).order.review?.code).toBe('event_unmatched');
    const foreign = new Steps().answer({ outcome: 'unknown' }).tell(make.resolve(1, 'succeeded'));
    foreign.notice('payment_succeeded', { reference: 'pay_1', key: 'theirs' });
    expect(foreign.order.review?.code).toBe('event_unmatched');
  });

  test('its refund under a reference of the refund', () => {
    const order = paid().notice('refund_succeeded', { reference: 'ref_1', amountMinor: 1_000 });
    expect(moneyOf(order.order).net).toBe(AMOUNT - 1_000);
    expect(order.order.review).toBeNull();
    expectSilence(order.notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT }));
  });
});
