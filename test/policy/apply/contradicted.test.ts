import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import { moneyOf } from '../../../policy/facts.ts';
import { refuseRecovery, refuseResolve } from '../../../policy/refusals.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', failureClass: 'unknown_outcome', evidence: 'timeout' } as const;
const CARD = make.card('ins_2', { origin: 'buyer' });
const OTHER_CARD = make.choose('new_method', CARD);

function refusal({ order, sheets, now }: Steps) {
  const choice = { path: 'new_method', instrument: CARD } as const;
  return refuseRecovery({ order, rulebook: DEFAULT_RULEBOOK, sheets }, choice, { ceilings: [], forbidden: [] }, now);
}

/** The charge is in doubt, and `what` is with the processor. */
function withProcessor(what: 'lookup' | 'charge'): Steps {
  const order = new Steps().answer(TIMEOUT);
  for (order.untilSent(); order.command?.operation !== what; order.untilSent()) order.answer(TIMEOUT);
  return order;
}

describe('a person says that a charge did nothing, and the processor says otherwise', () => {
  test.each([
    ['lookup', 'pending', 'payment_pending'],
    ['lookup', 'requires_action', 'waiting_authentication'],
    ['charge', 'pending', 'payment_pending'],
    ['charge', 'requires_action', 'waiting_authentication'],
  ] as const)('the answer to its %s, %s, counts: nothing else is tried beside it', (what, outcome, stage) => {
    const order = withProcessor(what).tell(make.resolve(1, 'absent'));
    order.answer({ outcome, reference: 'pay_1', ...(what === 'lookup' ? { found: 'payment' as const } : {}) });
    expect(order.stage).toBe(stage);
    expect(order.attempt(1).outcome).toBe(outcome);
    if (outcome === 'pending') {
      expect(refusal(order)?.code).toBe('recovery_refused');
      order.tell(OTHER_CARD);
      expect(order.order.attempts).toHaveLength(1);
    }
    order.notice('payment_succeeded', { reference: 'pay_1', amountMinor: AMOUNT });
    expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT]);
  });

  test('but a processor that confirmed that it is closed is believed', () => {
    const order = new Steps().answer(TIMEOUT).tell(make.choose('hosted_checkout'), make.MINUTE_MS);
    expect(order.command?.operation).toBe('void');
    order.notice('payment_cancelled').answer({ outcome: 'pending' });
    expect(order.attempt(1).outcome).toBe('not_executed');
  });
});

/** Whatever else is sent is answered by `said`, until `what` is out. */
function until(order: Steps, what: string, said: Partial<OperationResult>): Steps {
  for (; order.command?.operation !== what; order.untilSent()) if (order.command !== null) order.answer(said);
  return order;
}

describe('a person says that a reservation is gone, and a lookup that was out finds it', () => {
  const reserved = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference: 'pay_1' } as const;

  /** Nothing closed it in time, a person was asked, and a lookup is out. */
  function cannotFence(left: Parameters<Steps['tell']>[0]): Steps {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(TIMEOUT).tell(make.resolve(1, 'succeeded'));
    order.tell(left);
    for (let n = 0; n < 200 && order.order.review === null; n += 1) {
      if (order.command === null) order.untilSent();
      order.answer(order.command?.operation === 'lookup' ? { ...TIMEOUT, found: 'no_answer' } : TIMEOUT);
    }
    expect(order.order.review).toMatchObject({ code: 'cannot_fence', attempt: 1 });
    return until(order, 'lookup', TIMEOUT).tell(make.resolve(1, 'absent', make.asked(order.order)));
  }

  test('reserved: it is closed before the order ends', () => {
    const order = cannotFence(make.cancel()).answer({ ...reserved, found: 'payment' });
    expect(order.stage).toBe('cancelling');
    until(order, 'void', { ...reserved, found: 'payment' }).answer({ outcome: 'succeeded', found: 'closed' });
    expect(order.stage).toBe('cancelled');
  });

  test('pending: nothing else is started beside it', () => {
    const order = cannotFence(make.cancel()).answer({ outcome: 'pending', found: 'payment', reference: 'pay_1' });
    expect([order.stage, order.attempt(1).outcome]).toEqual(['cancelling', 'pending']);
    order.notice('payment_authorized', { key: '1/authorize/0', reference: 'pay_1', amountMinor: AMOUNT });
    expect(order.stage).toBe('cancelling');
  });
});

test('a person says that a reservation was captured, and a lookup that was out says that it was not: somebody is asked', () => {
  const reserved = { outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference: 'pay_2' } as const;
  const busy = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
  const sheets = make.sheetsWith({ alpha: { lookup: null, idempotency: null } });
  const order = new Steps({ facts: { capture: 'manual' }, sheets });
  order.answer({ outcome: 'declined', failureClass: 'soft_decline' }).answer(reserved).tell(make.cancel()).answer(busy);
  const late = { processor: 'alpha', attempt: 1, key: '1/authorize/0', reference: 'pay_1', amountMinor: AMOUNT };
  order.notice('payment_authorized', late).answer(TIMEOUT);
  const seen = { ...reserved, found: 'payment' } as const;
  for (let n = 0; n < 200 && order.order.review === null; n += 1) {
    if (order.command === null) order.untilSent();
    if (order.command !== null) order.answer(order.command.operation === 'lookup' ? seen : busy);
  }
  expect(order.order.review).toMatchObject({ code: 'cannot_fence', attempt: 2 });
  until(order, 'lookup', busy)
    .tell(make.resolve(2, 'succeeded', make.asked(order.order)))
    .answer(seen);
  expect(order.order.review).toMatchObject({ code: 'event_mismatch', attempt: 2, about: 'closed' });
  expect(order.stage).toBe('needs_review');
});

test('a person’s word counts none of the sends that it cannot know of: a later one in doubt stays in doubt', () => {
  const busy = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
  const order = new Steps({ facts: make.MANDATE, sheets: make.sheetsWith({ alpha: { lookup: null } }) });
  order.answer(TIMEOUT).untilSent();
  order.tell(make.resolve(1, 'absent')).answer(busy).untilSent();
  expect(order.command).toMatchObject({ operation: 'charge', attempt: 1 });
  order.answer(TIMEOUT).untilSent();
  order.answer(busy);
  expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', operations: [{ sends: 4, sendsNotExecuted: 3 }] });
  expect(order.order.attempts).toHaveLength(1);
});

describe('a payment that was told of, and then that it was closed', () => {
  function toldAndClosed(): Steps {
    const order = new Steps().answer(TIMEOUT).tell(make.choose('hosted_checkout'), make.MINUTE_MS);
    order.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_1', amountMinor: AMOUNT });
    return order.answer({ outcome: 'succeeded', found: 'closed', evidence: 'closed' });
  }

  test('is a person’s: the order does not tell both', () => {
    const order = toldAndClosed();
    expect(order.attempt(1)).toMatchObject({ outcome: 'succeeded', fencedAt: null });
    expect(order.order.review).toMatchObject({ code: 'event_mismatch', attempt: 1 });
    expect(order.stage).toBe('needs_review');
    order.tell(make.accept(order.order));
    expect([order.stage, order.order.review, moneyOf(order.order).net]).toEqual(['paid', null, AMOUNT]);
  });

  test('counts as returned when a person says that the money is gone', () => {
    const order = toldAndClosed();
    const word = make.resolve(1, 'absent', make.asked(order.order));
    expect(refuseResolve(order.order, word)).toBeNull();
    order.tell(word);
    expect(order.events.map(({ type }) => type)).toContain('order.returned');
    expect(moneyOf(order.order)).toMatchObject({ captured: AMOUNT, returned: AMOUNT, net: 0, held: 0 });
    expect([order.stage, order.order.review, order.command]).toEqual(['paid', null, null]);
  });
});
