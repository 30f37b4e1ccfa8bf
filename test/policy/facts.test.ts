import { describe, expect, test } from 'vitest';
import {
  hasMoney,
  heldOf,
  instrumentToRetry,
  isAtRest,
  keeper,
  mayKeepMinor,
  moneyOf,
  owesGiveBack,
} from '../../policy/facts.ts';
import type { Attempt, AttemptMoney, OrderState } from '../../policy/order.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const [like] = new Steps().answer({ outcome: 'succeeded' }).order.attempts as [Attempt];
const NONE: AttemptMoney = { authorized: 0, captured: 0, voided: 0, refunded: 0, returned: 0, disputed: 0 };
/** Second of the minute at which it was known to have taken money; null: it did not say. */
type Taken = { at: number | null; money: Partial<AttemptMoney> };

function orderWith(...taken: Taken[]): OrderState {
  const attempts = taken.map(({ at, money }, index) => {
    const { tookAt: _tookAt, ...rest } = structuredClone(like);
    const second = (seconds: number) => new Date(Date.parse(like.startedAt) + seconds * 1_000).toISOString();
    const known = at === null ? {} : { tookAt: second(at) };
    return { ...rest, ...known, number: index + 1, startedAt: second(index), money: { ...NONE, ...money } };
  });
  return { ...make.newOrder(), attempts };
}
const whole = { captured: 4_999 };

describe('the attempt that keeps the order’s money', () => {
  test.each([
    [
      'the first to take it, whatever its number',
      [
        { at: 9, money: whole },
        { at: 5, money: whole },
      ],
      2,
    ],
    [
      'of two at the same time the one with the lower number',
      [
        { at: 5, money: whole },
        { at: 5, money: whole },
      ],
      1,
    ],
    [
      'where nobody said when, the one that was started first',
      [
        { at: null, money: whole },
        { at: 5, money: whole },
      ],
      1,
    ],
    [
      'one that took the amount, before one that took less earlier',
      [
        { at: 1, money: { captured: 4_998 } },
        { at: 5, money: whole },
      ],
      2,
    ],
    [
      'one that took more than the amount, too',
      [
        { at: 1, money: { captured: 1 } },
        { at: 5, money: { captured: 6_000 } },
      ],
      2,
    ],
    [
      'one that still has the amount, before one that gave part of it back',
      [
        { at: 1, money: { ...whole, refunded: 1 } },
        { at: 5, money: whole },
      ],
      2,
    ],
    [
      'without the whole amount anywhere, the first of what is there',
      [
        { at: 9, money: { captured: 10 } },
        { at: 5, money: { captured: 20 } },
      ],
      2,
    ],
    [
      'without any money left, the first that had some',
      [
        { at: 9, money: { ...whole, disputed: 4_999 } },
        { at: 5, money: { ...whole, returned: 4_999 } },
      ],
      1,
    ],
  ] as [string, Taken[], number][])('is %s', (_, taken, number) => {
    expect(keeper(orderWith(...taken))?.number).toBe(number);
  });

  test('is none while nothing was taken', () => {
    expect(keeper(orderWith({ at: null, money: { authorized: 4_999 } }))).toBeUndefined();
  });
});

describe('money beyond what the order may keep', () => {
  const twice = orderWith({ at: 9, money: { captured: 5_100 } }, { at: 5, money: { captured: 5_000, refunded: 0 } });

  test('is all of a second payment, and what the first has beyond the amount', () => {
    expect(moneyOf(twice)).toEqual({
      captured: 10_100,
      refunded: 0,
      returned: 0,
      disputed: 0,
      held: 5_101,
      net: 10_100,
    });
    const [second, first] = twice.attempts as [Attempt, Attempt];
    expect([heldOf(twice, first, first), heldOf(twice, second, first), heldOf(twice, first, undefined)]).toEqual([
      1, 5_100, 5_000,
    ]);
  });

  test('is everything once the order had ended without payment, however it ends again', () => {
    const ending = { as: 'cancelled' as const, actor: 'system' as const, reason: '', since: like.startedAt };
    expect(moneyOf({ ...twice, ending: { ...ending, endedAt: like.startedAt } }).held).toBe(10_100);
    expect(moneyOf({ ...twice, ending }).held).toBe(5_101);
    const closed = (stage: 'paid' | 'failed') => moneyOf({ ...twice, closed: { stage, at: like.startedAt } }).held;
    expect([closed('paid'), closed('failed')]).toEqual([5_101, 10_100]);
  });

  test('is less by what a person accepted, and never less than nothing', () => {
    const accepted = (minor: number) =>
      moneyOf({ ...twice, accepted: { minor, actor: 'support', reason: '', at: '' } }).held;
    expect([accepted(101), accepted(5_101), accepted(9_999)]).toEqual([5_000, 0, 0]);
  });

  test('leaves what may be kept: the amount, and what a person accepted beyond it', () => {
    const accepted = { minor: 501, actor: 'support' as const, reason: '', at: '' };
    expect([mayKeepMinor(twice), mayKeepMinor({ ...twice, accepted })]).toEqual([4_999, 5_500]);
  });

  test('that had gone back before the order was opened again pays nothing, unless some of it is here again', () => {
    const [paid] = orderWith({ at: 5, money: whole }).attempts as [Attempt];
    const reopened = (refunded: number) => hasMoney({ ...paid, givenBack: true, money: { ...paid.money, refunded } });
    expect([hasMoney(paid), reopened(4_999), reopened(4_998)]).toEqual([true, false, true]);
  });

  test('is a reservation beside a payment, and none alone', () => {
    const reserved = { at: null, money: { authorized: 4_999 } };
    expect(moneyOf(orderWith(reserved)).held).toBe(0);
    expect(moneyOf(orderWith({ at: 5, money: whole }, reserved)).held).toBe(4_999);
    expect(
      moneyOf(orderWith({ at: 5, money: whole }, { at: null, money: { authorized: 4_999, voided: 4_999 } })).held,
    ).toBe(0);
  });

  test('keeps a closed order from being at rest', () => {
    const closed = { stage: 'paid' as const, at: like.startedAt };
    const once = { ...orderWith({ at: 5, money: whole }), closed };
    expect([isAtRest(once), owesGiveBack(once)]).toEqual([true, false]);
    expect([isAtRest({ ...once, closed: null }), isAtRest({ ...twice, closed })]).toEqual([false, false]);
    const open = {
      ...once,
      attempts: [...once.attempts, { ...like, number: 2, outcome: 'unknown' as const, money: NONE }],
    };
    expect([owesGiveBack(open), isAtRest(open)]).toEqual([true, false]);
    const review = { code: 'refund_failed' as const, attempt: 1, since: like.startedAt };
    expect(isAtRest({ ...once, review })).toBe(false);
    const refund = {
      ...(like.operations[0] as Attempt['operations'][number]),
      operation: 'refund' as const,
      outcome: 'unknown' as const,
    };
    const sent = (endedAt: string | null) => ({
      ...once,
      attempts: once.attempts.map((each) => ({ ...each, operations: [...each.operations, { ...refund, endedAt }] })),
    });
    expect([owesGiveBack(sent(like.startedAt)), isAtRest(sent(like.startedAt)), isAtRest(sent(null))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test('while a lookup is with its processor nothing else is sent: what was wished for meanwhile comes after its answer', () => {
  const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null } }) }).answer({ outcome: 'unknown' });
  order.untilSent();
  expect(order.command).toMatchObject({ operation: 'lookup' });
  expect(order.tell(make.cancel()).command).toBeNull();
  const answered = order.answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
  expect(answered.command).toMatchObject({ operation: 'void' });
});

test('a surplus that went back is told, though a person had accepted the money before it came', () => {
  const order = new Steps().answer({ outcome: 'declined', failureClass: 'soft_decline' });
  order.answer({ outcome: 'succeeded', amountMinor: 4_000 }).tell(make.resolve(2, 'accepted'));
  expect([order.stage, order.order.accepted?.minor]).toEqual(['paid', 0]);
  order.wait(1_000).notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
  expect(order.order.surplus).toMatchObject({ minor: 4_000, endedAt: null });
  order.notice('refund_succeeded', { attempt: 2, processor: 'beta', amountMinor: 4_000 });
  expect(order.said('surplus_returned')).toContain('EUR 40.00 was given back');
});

test('“try again” uses the payment method that was last used, else the order’s own', () => {
  const instruments = [make.card('a'), make.card('b', { origin: 'buyer' })];
  expect(instrumentToRetry(make.newOrder({ instruments }))).toBe('a');
  expect(instrumentToRetry(make.newOrder({ instruments: [] }))).toBeNull();
  const used = (...ids: (string | null)[]) => ({
    ...make.newOrder({ instruments }),
    attempts: ids.map((instrumentId) => ({ ...like, instrumentId })),
  });
  expect([
    instrumentToRetry(used('a', 'b')),
    instrumentToRetry(used('b', null)),
    instrumentToRetry(used(null)),
  ]).toEqual(['b', 'b', 'a']);
});
