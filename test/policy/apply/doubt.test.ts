import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const DUPLICATE = { outcome: 'unknown', failureClass: 'duplicate' } as const;
const TIMEOUT = { outcome: 'unknown' } as const;
const OTHER_CARD = make.choose('new_method', make.card('ins_2', { origin: 'buyer' }));

/** The first attempt was declined; the second, at the same processor, is with it. */
function secondAtAlpha(): Steps {
  const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' }).tell(OTHER_CARD);
  expect(order.command).toMatchObject({ operation: 'charge', attempt: 2 });
  expect(order.attempt(2).processor).toBe('alpha');
  return order;
}

describe('“we already have this payment” puts in doubt', () => {
  test('the attempt before, whose key is not sent again', () => {
    const order = secondAtAlpha().answer(DUPLICATE);
    expect([order.attempt(1).outcome, order.attempt(2).outcome]).toEqual(['unknown', 'declined']);
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  });

  test('the attempt before also where every earlier send of this key is proved to have done nothing', () => {
    const order = secondAtAlpha().answer(BUSY);
    order.untilSent();
    order.answer(DUPLICATE);
    expect([order.attempt(1).outcome, order.attempt(2).outcome]).toEqual(['unknown', 'declined']);
  });

  test('this very attempt where an earlier send of its key was not answered: that may have been the first', () => {
    const order = secondAtAlpha().answer(TIMEOUT);
    for (order.untilSent(); order.command?.operation === 'lookup'; order.untilSent()) order.answer(TIMEOUT);
    order.answer(DUPLICATE);
    expect(order.attempt(2)).toMatchObject({ outcome: 'unknown', failureClass: 'duplicate' });
    expect(order.attempt(1).outcome).toBe('declined');
  });

  test('no attempt whose money is known', () => {
    const order = new Steps({ facts: make.ON_GAMMA }).answer(TIMEOUT).tell(make.resolve(1, 'absent'));
    order.tell(make.close()).notice('refund_succeeded', { amountMinor: 4_999 });
    order.tell({ type: 'opened', reopened: true }).tell(OTHER_CARD).answer(DUPLICATE);
    expect(order.attempt(1).outcome).toBe('succeeded');
    expect(moneyOf(order.order)).toMatchObject({ captured: 4_999, refunded: 4_999, net: 0 });
    expect(order.attempt(2)).toMatchObject({ outcome: 'unknown', failureClass: 'duplicate' });
  });
});

test('a duplicate that a person has looked at is not asked about again when another card is declined there later', () => {
  const order = new Steps({ sheets: make.sheetsWith({ beta: { idempotency: null } }) }).answer(SOFT).answer(DUPLICATE);
  while (order.attempt(2).outcome === 'unknown') {
    order.untilSent();
    order.answer({ ...TIMEOUT, found: 'absent', claim: 'none' });
  }
  expect(order.order.review).toMatchObject({ code: 'duplicate_unexplained', attempt: 2 });
  order
    .tell(make.resolve(2, 'absent', make.asked(order.order)))
    .tell(OTHER_CARD)
    .answer(SOFT);
  expect([order.attempt(4).processor, order.answer(SOFT).attempt(4).outcome]).toEqual(['beta', 'declined']);
  expect([order.order.review, order.stage]).toEqual([null, 'waiting_buyer']);
});

test('a processor that has confirmed a payment as closed does not contradict itself by an answer that was under way', () => {
  for (const outcome of ['pending', 'requires_action', 'unknown'] as const) {
    const order = new Steps().notice('payment_cancelled').answer({ outcome });
    expect(order.attempt(1)).toMatchObject({ outcome: 'not_executed', proof: null });
    expect(order.attempt(1).fencedAt).not.toBeNull();
  }
});
