import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import type { OrderState } from '../../policy/order.ts';
import { provedOtherwise, stillProved } from '../../policy/proofs.ts';
import { Steps } from './apply/steps.ts';

const KEY = '1/charge/0';
const NOT_EXECUTED = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const NOT_CLAIMED = { ...NOT_EXECUTED, sent: false, claim: 'none', evidence: 'store_unavailable' } as const;
const PAID = { outcome: 'succeeded', amountMinor: 4_999, reference: 'pay_1', network: 'visa' } as const;
const UNRECORDED = { recorded: false } as const;

/** What the next write carries of an answer that says so, and the order before and after it. */
function answered(order: Steps, said: Partial<OperationResult>) {
  const before = order.order;
  const answer = { attempt: 1, operation: 'charge', key: KEY, ...said } as OperationResult;
  const after = order.answer(said).order;
  return proofsOf(before, after, answer);
}

const proofsOf = (before: OrderState, after: OrderState, result: OperationResult) =>
  provedOtherwise(before, after, { type: 'answered', result });

/** Sent again under the same key, after a send that did nothing. */
const sentTwice = () => {
  const order = new Steps().answer(NOT_EXECUTED);
  order.untilSent();
  expect(order.attempt(1).operations).toMatchObject([{ key: KEY, sends: 2, sendsNotExecuted: 1, endedAt: null }]);
  return order;
};

describe('an answer that could not be recorded at once', () => {
  test('is carried by the next write, as it was said', () => {
    const [proof, ...more] = answered(new Steps(), { ...PAID, ...UNRECORDED });
    expect(proof).toMatchObject({ key: KEY, result: { ...PAID, operation: 'charge' } });
    expect(proof?.result).not.toHaveProperty('recorded');
    expect(more).toEqual([]);
  });

  test('is carried also when nothing is certain yet: the store keeps what the processor acknowledged', () => {
    const proofs = answered(new Steps(), { outcome: 'requires_action', reference: 'pay_1', ...UNRECORDED });
    expect(proofs).toMatchObject([{ key: KEY, result: { outcome: 'requires_action', reference: 'pay_1' } }]);
  });

  test('that nothing was executed, of the only send, is a proof', () => {
    for (const said of [NOT_EXECUTED, NOT_CLAIMED]) {
      const proofs = answered(new Steps(), { ...said, ...UNRECORDED });
      expect(proofs).toMatchObject([{ key: KEY, result: { operation: 'lookup', outcome: 'not_executed' } }]);
    }
  });

  test('that nothing was executed, of one send, is none while the answer of another is missing', () => {
    const order = new Steps().answer({ outcome: 'unknown', failureClass: 'unknown_outcome', evidence: 'cut' });
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'charge' });
    expect(answered(order, { ...NOT_EXECUTED, ...UNRECORDED })).toEqual([]);
  });
});

describe('an answer that was recorded', () => {
  test('is not carried again', () => {
    for (const said of [PAID, NOT_EXECUTED, { outcome: 'declined', failureClass: 'soft_decline' } as const]) {
      expect(answered(new Steps(), said)).toEqual([]);
    }
  });

  test('that nothing was executed by the last of several sends is a proof of all: the store may have missed an earlier one', () => {
    const proofs = answered(sentTwice(), NOT_EXECUTED);
    expect(proofs).toMatchObject([{ key: KEY, result: { operation: 'lookup', outcome: 'not_executed' } }]);
  });
});

describe('a proof that waits for its write', () => {
  const waiting = () => answered(new Steps(), { ...NOT_EXECUTED, ...UNRECORDED });

  test('goes with the claim of the next send', () => {
    expect(stillProved(waiting(), sentTwice().order)).toEqual(waiting());
  });

  test('is none any more when that send may have been executed', () => {
    const { order } = sentTwice().answer({
      outcome: 'unknown',
      failureClass: 'unknown_outcome',
      evidence: 'worker_lost',
    });
    expect(stillProved(waiting(), order)).toEqual([]);
  });

  test('stays when that send did nothing either', () => {
    expect(stillProved(waiting(), sentTwice().answer(NOT_CLAIMED).order)).toEqual(waiting());
  });

  test('of money is never dropped', () => {
    const paid = answered(new Steps(), { ...PAID, ...UNRECORDED });
    const { order } = sentTwice().answer({ outcome: 'unknown', failureClass: 'unknown_outcome' });
    expect(stillProved(paid, order)).toEqual(paid);
  });
});
