import { describe, expect, test } from 'vitest';
import { provedOtherwise } from '../../../policy/proofs.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline', code: 'insufficient_funds' } as const;
const HARD = { failureClass: 'hard_decline', forbidsInstrument: true, code: 'stolen_card' } as const;
const GOOD_BYE = { ...HARD, forbidsEverywhere: true } as const;

const forbidden = ({ order }: Steps) => order.instruments[0]?.forbidden;

describe('a notice that forbids the card of an attempt which has ended', () => {
  const declined = () => new Steps().answer(SOFT);
  const neverHappened = () => {
    const never = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
    return new Steps().answer(never);
  };
  const closed = () => {
    const order = new Steps().answer({ outcome: 'requires_action' }).tell(make.cancel());
    return order.answer({ outcome: 'succeeded', found: 'closed' });
  };

  test.each([
    ['declined, by a softer code', declined, 'declined'],
    ['proved not to have happened', neverHappened, 'not_executed'],
    ['closed, and its order cancelled', closed, 'not_executed'],
  ])('%s: the attempt stays as it ended, the card is not tried again by anybody', (_what, begin, outcome) => {
    const order = begin();
    const was = order.attempt(1);
    order.notice('payment_failed', { ...GOOD_BYE, attempt: 1, processor: 'alpha' });
    expect(forbidden(order)).toEqual({
      ...{ since: order.now, attempt: 1, failureClass: 'hard_decline', source: 'webhook', everywhere: true },
    });
    expect(order.entries.filter(({ kind }) => kind === 'instrument_forbidden')).toMatchObject([{ attempt: 1 }]);
    expect(order.attempt(1)).toEqual(was);
    expect(order.attempt(1).outcome).toBe(outcome);
  });

  test('reaches the other orders of the merchant: the claim hears of it', () => {
    const before = declined();
    const { order } = before;
    const after = before.notice('payment_failed', { ...GOOD_BYE, attempt: 1, processor: 'alpha' }).order;
    const proofs = provedOtherwise(order, after, { type: 'clock' });
    const told = { forbidsEverywhere: true, outcome: 'declined', failureClass: 'hard_decline', document: 'webhook' };
    expect(proofs).toMatchObject([{ key: '1/charge/0', result: told }]);
  });

  test('is heard from a lookup or an answer as well', () => {
    const order = new Steps().notice('payment_failed', { failureClass: 'soft_decline' });
    order.answer({ ...SOFT, ...HARD });
    expect(order.attempt(1).failureClass).toBe('soft_decline');
    expect(forbidden(order)).toMatchObject({ attempt: 1, failureClass: 'hard_decline' });
  });

  test('stops the later try with that card', () => {
    const order = new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT);
    expect(order.order.retryAt).not.toBeNull();
    order.notice('payment_failed', { ...HARD, attempt: 1, processor: 'alpha' });
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'open_invoice' });
    expect(order.order.attempts.map(({ kind }) => kind)).toEqual(['card', 'card', 'invoice']);
  });

  test('is told once, and goes further where more is said later', () => {
    const order = declined().notice('payment_failed', { ...HARD, attempt: 1, processor: 'alpha' });
    expect(forbidden(order)?.everywhere).toBeUndefined();
    order.notice('payment_failed', { ...HARD, attempt: 1, processor: 'alpha' });
    expect(order.said('instrument_forbidden')).toBeUndefined();
    order.notice('payment_failed', { ...GOOD_BYE, attempt: 1, processor: 'alpha' });
    expect(forbidden(order)?.everywhere).toBe(true);
    expect(order.said('instrument_forbidden')).toBeDefined();
  });
});

describe('no card is forbidden', () => {
  test('with which that attempt succeeded, whatever became of the money', () => {
    const paid = () => new Steps().answer({ outcome: 'succeeded', amountMinor: 4_999, reference: 'pay_1' });
    const reserved = () =>
      new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });
    const voided = () => reserved().tell(make.cancel()).answer({ outcome: 'succeeded', found: 'closed' });
    const refunded = () => paid().notice('refund_succeeded', { reference: 'pay_1' });
    for (const begin of [paid, reserved, voided, refunded]) {
      const order = begin().notice('payment_failed', { ...GOOD_BYE, attempt: 1 });
      expect(forbidden(order)).toBeUndefined();
      expect(order.attempt(1).outcome).toBe('succeeded');
    }
  });

  test('by a notice about a payment that is none of ours, nor by one that says no such thing', () => {
    const order = new Steps().answer({ ...SOFT, reference: 'pay_1' });
    const at = { attempt: 1, processor: 'alpha' };
    order.notice('payment_failed', { ...GOOD_BYE, ...at, key: 'theirs', reference: 'pay_9' });
    order.notice('payment_failed', { ...at, failureClass: 'hard_decline' });
    expect(forbidden(order)).toBeUndefined();
    order.notice('payment_failed', { ...GOOD_BYE, ...at, key: 'theirs', reference: 'pay_1' });
    expect(forbidden(order)).toBeDefined();
  });
});
