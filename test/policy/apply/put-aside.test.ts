import { describe, expect, test } from 'vitest';
import { isAtRest, moneyOf } from '../../../policy/facts.ts';
import type { OrderState } from '../../../policy/order.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', evidence: 'timeout' } as const;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT } as const;
/** Told under a key that is none of ours. */
const stray = { key: 'theirs', reference: 'pay_1', amountMinor: AMOUNT } as const;
const ofIt = { reference: 'pay_1', amountMinor: AMOUNT } as const;

const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);
const types = (order: Steps) => order.events.map(({ type }) => type);
const oursIs = (order: Steps) => order.tell(make.resolve(1, 'succeeded', make.asked(order.order)));
const unknown = () => new Steps().answer(TIMEOUT);
/** No lookup and no keys there; cancelled, and then its processor tells of a payment. */
const cancelledOnGamma = () =>
  new Steps({ facts: make.ON_GAMMA }).answer(TIMEOUT).tell(make.resolve(1, 'absent')).tell(make.cancel());

describe('a payment that was put aside, and of which a person says that it is the attempt’s', () => {
  test('is named so: what becomes of it afterwards counts', () => {
    for (const [type, fact] of [
      ['refund_succeeded', 'refunded'],
      ['payment_returned', 'returned'],
      ['dispute_opened', 'disputed'],
    ] as const) {
      const order = oursIs(unknown().notice('payment_succeeded', stray));
      expect([order.stage, order.order.review]).toEqual(['paid', null]);
      expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1', others: [] });
      order.notice(type, ofIt);
      expect([types(order), moneyOf(order.order)[fact], moneyOf(order.order).net]).toEqual([
        [`order.${fact}`],
        AMOUNT,
        0,
      ]);
    }
  });

  test('told again is no news, and any other one is another payment', () => {
    const order = oursIs(unknown().notice('payment_succeeded', stray));
    expect(kinds(order.notice('payment_succeeded', stray))).toEqual([]);
    expect(kinds(order.notice('payment_succeeded', { reference: 'pay_1', key: '1/charge/0' }))).toEqual([]);
    order.notice('payment_succeeded', { reference: 'pay_2', key: '1/charge/0' });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', about: 'alpha pay_2' });
  });

  test('what went back before the answer counts then, each once, and is told', () => {
    const order = unknown().notice('payment_succeeded', stray);
    order.notice('refund_succeeded', { ...ofIt, eventId: 'r1', amountMinor: 1_000 });
    order.notice('refund_succeeded', { ...ofIt, key: 'by hand', amountMinor: 500 });
    order.notice('dispute_opened', { ...ofIt, amountMinor: 2_000, total: true });
    expect([kinds(order), moneyOf(order.order).captured]).toEqual([['event_kept'], 0]);
    oursIs(order);
    const counted = { captured: AMOUNT, refunded: 1_500, returned: 0, disputed: 2_000, net: 1_499 };
    expect(moneyOf(order.order)).toMatchObject(counted);
    expect(types(order).sort()).toEqual([
      'order.disputed',
      'order.payment_succeeded',
      'order.refunded',
      'order.refunded',
    ]);
    order.notice('dispute_opened', { ...ofIt, amountMinor: 2_000, total: true });
    expect(moneyOf(order.order)).toMatchObject(counted);
    expect(order.order.aside).toEqual([]);
  });

  test('what had gone back of an order that has to give it back does not go back again', () => {
    const order = cancelledOnGamma().notice('payment_succeeded', stray).notice('refund_succeeded', ofIt);
    oursIs(order);
    expect([order.stage, order.command, order.order.review]).toEqual(['cancelled', null, null]);
    expect(moneyOf(order.order)).toMatchObject({ captured: AMOUNT, refunded: AMOUNT, held: 0, net: 0 });
    expect([types(order), isAtRest(order.order)]).toEqual([['order.refunded'], true]);
    expect(oursIs(cancelledOnGamma().notice('payment_succeeded', stray)).command).toMatchObject({
      operation: 'refund',
    });
  });

  test('a refund by hand that failed after all counts for nothing, and is a person’s', () => {
    const order = unknown().notice('payment_succeeded', stray);
    order.notice('refund_succeeded', { ...ofIt, key: 'by hand' }).notice('refund_failed', { ...ofIt, key: 'by hand' });
    oursIs(order);
    expect(moneyOf(order.order).net).toBe(AMOUNT);
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
  });

  test('a refund that was told first names it as well', () => {
    const order = new Steps().answer({ ...TIMEOUT, reference: 'request_1' });
    order.notice('refund_succeeded', { ...stray, amountMinor: 1_000 });
    oursIs(order);
    expect([order.stage, moneyOf(order.order).net, order.attempt(1).tookAs]).toEqual(['paid', AMOUNT - 1_000, 'pay_1']);
  });

  test('that no reference names is known by its key', () => {
    const keyed = { key: 'theirs', amountMinor: AMOUNT } as const;
    const order = unknown().notice('payment_succeeded', keyed);
    order.notice('refund_succeeded', { ...keyed, amountMinor: 1_000 });
    oursIs(order);
    expect([order.stage, moneyOf(order.order).net, order.attempt(1).tookAs]).toEqual([
      'paid',
      AMOUNT - 1_000,
      undefined,
    ]);
    expect(kinds(order.notice('payment_succeeded', keyed))).toEqual([]);
    order.notice('payment_succeeded', stray).notice('dispute_opened', { ...ofIt, amountMinor: 999 });
    expect([order.order.review, moneyOf(order.order).net]).toEqual([null, 3_000]);
  });

  test('that fitted no attempt is the one’s that the person names', () => {
    const nobodys = { ...ofIt, attempt: 7 };
    const order = unknown().notice('payment_succeeded', nobodys);
    order.notice('refund_succeeded', { ...nobodys, amountMinor: 1_000 });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: null });
    oursIs(order);
    expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT - 1_000]);
    expect(moneyOf(order.notice('dispute_opened', nobodys).order).net).toBe(-1_000);
  });

  test('of another amount than the person’s word is taken for is asked about', () => {
    const order = oursIs(unknown().notice('payment_succeeded', { ...stray, amountMinor: 9_999 }));
    expect(order.order.review).toMatchObject({ code: 'event_mismatch', about: 'alpha pay_1' });
  });

  test('with manual capture it is reserved, or captured where its notice said that', () => {
    const manual = () => new Steps({ facts: { capture: 'manual' } }).answer(TIMEOUT);
    const reserved = oursIs(manual().notice('payment_authorized', stray));
    expect([reserved.stage, reserved.attempt(1).reference]).toEqual(['authorized', 'pay_1']);
    const captured = oursIs(manual().notice('payment_succeeded', stray));
    expect([captured.stage, captured.attempt(1).tookAs]).toEqual(['paid', 'pay_1']);
  });

  test('in a state that was written before anything was kept, too', () => {
    const order = unknown().notice('payment_succeeded', stray);
    const { aside: _aside, ...before } = order.order;
    order.order = before;
    oursIs(order);
    expect([order.attempt(1).tookAs, order.attempt(1).others]).toEqual(['pay_1', []]);
    expect(moneyOf(order.notice('refund_succeeded', ofIt).order).net).toBe(0);
  });
});

describe('a payment that was put aside, and proves to be the attempt’s own', () => {
  test('by its answer: nobody has to say whose it is any more, and what was kept counts', () => {
    const order = new Steps().notice('payment_succeeded', stray);
    order.notice('refund_succeeded', { ...ofIt, amountMinor: 1_000 }).answer({ ...PAID, reference: 'pay_1' });
    expect([order.stage, openReviews(order.order), kinds(order).includes('review_answered')]).toEqual([
      'paid',
      [],
      true,
    ]);
    expect(moneyOf(order.order).net).toBe(AMOUNT - 1_000);
    expect(moneyOf(order.notice('dispute_opened', { ...ofIt, amountMinor: 999 }).order).net).toBe(3_000);
  });

  test('also after a person has put it aside', () => {
    const order = new Steps().notice('payment_succeeded', stray);
    order.notice('refund_succeeded', { ...ofIt, amountMinor: 1_000 });
    order.tell(make.accept(order.order)).answer({ ...PAID, reference: 'pay_1' });
    expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT - 1_000]);
  });

  test('by an answer that names it without saying how it ended: its notice has said that', () => {
    const order = new Steps().notice('payment_succeeded', stray).answer({ ...TIMEOUT, reference: 'pay_1' });
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
    expect(moneyOf(order.order).captured).toBe(AMOUNT);
  });

  test('by a notice under our own key', () => {
    const order = unknown().notice('payment_succeeded', stray).notice('refund_succeeded', ofIt);
    order.notice('payment_succeeded', { ...ofIt, key: '1/charge/0' });
    expect([order.stage, order.order.review, moneyOf(order.order)]).toMatchObject([
      'paid',
      null,
      { captured: AMOUNT, net: 0 },
    ]);
  });

  test('under our own key and another reference than the attempt’s money it stays another payment', () => {
    const order = new Steps().answer({ ...PAID, reference: 'pay_2' }).notice('payment_succeeded', stray);
    order.notice('refund_succeeded', { ...ofIt, key: '1/charge/0' });
    expect([kinds(order), moneyOf(order.order).net, order.attempt(1).others]).toEqual([
      ['event_kept'],
      AMOUNT,
      ['pay_1'],
    ]);
  });

  test('answers a question about no attempt, and leaves one about another payment', () => {
    const order = new Steps().notice('payment_succeeded', { ...ofIt, attempt: 7 });
    order.notice('payment_succeeded', { ...stray, reference: 'pay_9' }).answer({ ...PAID, reference: 'pay_1' });
    expect(openReviews(order.order).map(({ about }) => about)).toEqual(['alpha pay_9']);
    expect(order.attempt(1).others).toEqual(['pay_9']);
  });
});

test('an attempt whose money had gone back before the order was opened again has had its payment: no other is its own', () => {
  const order = new Steps({ facts: make.ON_GAMMA }).answer(TIMEOUT).tell(make.resolve(1, 'absent')).tell(make.close());
  order.notice('refund_succeeded', { amountMinor: AMOUNT }).tell({ type: 'opened', reopened: true });
  expect(order.attempt(1).givenBack).toBe(true);
  order.notice('payment_succeeded', stray);
  const said = make.resolve(1, 'succeeded', make.asked(order.order));
  expect(refuseResolve(order.order, said)?.message).toMatch(/had its money, which went back: .* `accepted`/);
  expect(kinds(order.tell(said))).toEqual(['resolve_refused']);
  expect(order.order.review?.code).toBe('event_unmatched');
});

describe('what is kept', () => {
  const jsonOf = (state: OrderState) => JSON.parse(JSON.stringify(state));

  test('is plain data, is bounded, and is only what speaks of money', () => {
    const order = unknown().notice('payment_succeeded', stray).notice('payment_succeeded', stray);
    for (const type of ['payment_failed', 'payment_cancelled', 'session_closed', 'unknown_type'] as const) {
      order.notice(type, stray);
    }
    expect(order.order.aside?.map(({ type }) => type)).toEqual(['payment_succeeded']);
    expect(jsonOf(order.order)).toEqual(order.order);
    for (let i = 0; i < 50; i += 1) order.notice('refund_succeeded', { ...ofIt, amountMinor: 1 });
    expect(order.order.aside).toHaveLength(30);
    expect(oursIs(order).attempt(1)).toMatchObject({ tookAs: 'pay_1', money: { refunded: 29 } });
  });

  test('leaves no trace in an order of which nothing was put aside', () => {
    const order = unknown()
      .notice('payment_succeeded', { ...ofIt, key: '1/charge/0' })
      .notice('refund_succeeded', ofIt);
    expect(['aside' in order.order, 'others' in order.attempt(1), 'tookUnder' in order.attempt(1)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
