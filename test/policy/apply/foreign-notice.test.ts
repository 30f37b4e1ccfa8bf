import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const PAID = { outcome: 'succeeded', amountMinor: AMOUNT } as const;
const DECLINED = { outcome: 'declined', failureClass: 'hard_decline' } as const;
/** The attempt's number, under a key and a reference that are none of its own. */
const foreign = { key: 'theirs', reference: 'pay_9', attempt: 1 } as const;
const unknown = () => new Steps().answer({ outcome: 'unknown' });
const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);

describe('a notice under a key that is none of ours, about a payment that is none of the attempt’s', () => {
  test.each(['payment_failed', 'payment_cancelled', 'session_closed'] as const)(
    '%s is kept aside: it ends nothing, and nothing else is charged',
    (type) => {
      for (const said of [foreign, { key: 'theirs' }]) {
        const order = unknown().notice(type, { ...said, failureClass: 'soft_decline' });
        expect(order.entries).toMatchObject([{ kind: 'event_kept', actor: 'processor', attempt: 1 }]);
        expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', fencedAt: null, reference: null });
        expect([order.command, order.order.attempts.length, order.order.review]).toEqual([null, 1, null]);
        expect(order.wake).not.toBeNull();
      }
    },
  );

  test.each(['payment_succeeded', 'payment_authorized'] as const)('%s is a person’s, and proves nothing', (type) => {
    for (const said of [foreign, { key: 'theirs' }]) {
      const order = unknown().notice(type, { ...said, amountMinor: AMOUNT });
      expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1 });
      expect(order.said('needs_review')).toMatch(/another payment under attempt 1, by a key that is none of ours/);
      expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', reference: null, money: { captured: 0 } });
      order.notice(type, { ...said, amountMinor: AMOUNT });
      expect(order.order.reviewsBehind ?? []).toEqual([]);
      // Our own charge is proved all the same, and pays.
      order.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_1', amountMinor: AMOUNT });
      expect(moneyOf(order.order).captured).toBe(AMOUNT);
      expect(order.tell(make.resolve(1, 'accepted')).stage).toBe('paid');
    }
  });

  test('while our own charge is out does not pay for it: what then times out is still proved', () => {
    const order = new Steps().notice('payment_succeeded', { ...foreign, amountMinor: AMOUNT });
    order.answer({ outcome: 'unknown' });
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', money: { captured: 0 } });
    order.untilSent();
    expect(order.command).toMatchObject({ attempt: 1 });
  });

  test('closes no page, and declines no try on it', () => {
    const page = () =>
      new Steps()
        .answer(DECLINED)
        .tell(make.choose('hosted_checkout'))
        .answer({ outcome: 'requires_action', reference: 'hs_1' });
    for (const type of ['session_closed', 'payment_failed', 'payment_cancelled'] as const) {
      const order = page().notice(type, { ...foreign, attempt: 2 });
      expect([kinds(order), order.stage]).toEqual([['event_kept'], 'hosted_checkout']);
    }
  });
});

describe('money that left', () => {
  const paid = () => new Steps().answer({ ...PAID, reference: 'pay_1' });
  const LEFT = ['refund_succeeded', 'refund_failed', 'payment_returned', 'dispute_opened'] as const;

  test.each(LEFT)('%s of another payment, told before that one, takes nothing from ours: a person is asked', (type) => {
    const order = paid().notice(type, { ...foreign, amountMinor: AMOUNT });
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1, about: 'alpha pay_9' });
    expect(moneyOf(order.order)).toMatchObject({ captured: AMOUNT, net: AMOUNT });
    // Then the payment itself: it is the same question.
    order.notice('payment_succeeded', { ...foreign, amountMinor: AMOUNT });
    expect([order.order.reviewsBehind ?? [], kinds(order), moneyOf(order.order).net]).toEqual([[], [], AMOUNT]);
    order.tell(make.resolve(1, 'accepted'));
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
  });

  test.each(LEFT)('%s of another payment proves nothing of an attempt in doubt', (type) => {
    const order = new Steps().answer({ outcome: 'unknown', reference: 'pay_1' });
    order.notice(type, { ...foreign, amountMinor: AMOUNT });
    expect(order.order.review?.code).toBe('event_unmatched');
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', money: { captured: 0 } });
  });

  test('by hand before the payment’s own success, which nobody has named yet, proves that payment', () => {
    const page = () =>
      new Steps()
        .answer(DECLINED)
        .tell(make.choose('hosted_checkout'))
        .answer({ outcome: 'requires_action', reference: 'hs_1' });
    for (const begin of [unknown, page]) {
      const order = begin();
      const { number, operations } = order.attempt();
      order.notice('refund_succeeded', { key: 'by hand', reference: 'pay_1', amountMinor: 1_000, attempt: number });
      const own = { key: operations[0]?.key ?? '', reference: 'pay_1' };
      order.notice('payment_succeeded', { ...own, amountMinor: AMOUNT });
      expect([order.stage, order.order.review, moneyOf(order.order).net]).toEqual(['paid', null, AMOUNT - 1_000]);
    }
  });

  test('by hand counts: under no key, under the payment’s reference, or under no reference', () => {
    for (const said of [
      { attempt: 1 },
      { attempt: 1, reference: 'ref_1' },
      { key: 'by hand', reference: 'pay_1', attempt: 9 },
      { key: 'by hand', attempt: 1 },
    ]) {
      const order = paid().notice('refund_succeeded', { ...said, amountMinor: 1_000 });
      expect([moneyOf(order.order).net, order.order.review]).toEqual([AMOUNT - 1_000, null]);
    }
  });
});

describe('the names of a card', () => {
  const names = { cardNames: ['par:OTHER'] };
  const known = ({ order }: Steps) => order.instruments[0]?.aliases ?? [];

  test('are not learnt from a notice or an answer about another payment', () => {
    const failed = unknown().notice('payment_failed', { ...foreign, ...names });
    const paid = () => new Steps().answer({ ...PAID, reference: 'pay_1' });
    const late = paid().notice('payment_failed', { reference: 'pay_9', ...names });
    const second = paid().notice('payment_succeeded', { reference: 'pay_9', ...names });
    const told = new Steps().notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
    const answer = told.answer({ ...PAID, reference: 'pay_9', ...names });
    expect([failed, late, second, answer].map(known)).toEqual([[], [], [], []]);
  });

  test('are learnt from the attempt’s own', () => {
    const own = { reference: 'pay_1', ...names };
    const notice = unknown().notice('payment_succeeded', { ...own, amountMinor: AMOUNT });
    const answer = new Steps().answer({ ...PAID, ...own });
    expect([notice, answer].map(known)).toEqual([names.cardNames, names.cardNames]);
  });
});

describe('a notice is the attempt’s own', () => {
  const own = { key: '1/charge/0', reference: 'pay_1' } as const;

  test.each([
    ['under our key, whatever its reference', own],
    ['by number, with no key', { reference: 'pay_1', attempt: 1 }],
    ['by number alone', { attempt: 1 }],
  ])('%s', (_what, said) => {
    const paid = unknown().notice('payment_succeeded', { ...said, amountMinor: AMOUNT });
    expect([paid.stage, paid.order.review]).toEqual(['paid', null]);
    expect(unknown().notice('payment_failed', said).attempt(1).outcome).toBe('declined');
    expect(unknown().notice('payment_cancelled', said).attempt(1).outcome).toBe('not_executed');
  });

  test('by its reference, under whatever key', () => {
    const named = () => new Steps().answer({ outcome: 'unknown', reference: 'pay_1' });
    const said = { key: 'theirs', reference: 'pay_1' };
    expect(named().notice('payment_succeeded', said).stage).toBe('paid');
    expect(named().notice('payment_failed', said).attempt(1).outcome).toBe('declined');
  });

  test('after an answer that told of the money under no reference', () => {
    const order = new Steps().answer(PAID).notice('payment_succeeded', own);
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
  });
});
