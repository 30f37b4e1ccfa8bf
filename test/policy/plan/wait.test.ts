import { describe, expect, test } from 'vitest';
import { operationOf } from '../../../policy/facts.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;

/** Nobody answers anything for so long. */
function silence(order: Steps, durationMs: number): Steps {
  const endMs = Date.parse(order.now) + durationMs;
  while (order.wake !== null && Date.parse(order.wake.at) < endMs) {
    order.untilSent();
    if (order.command !== null) order.answer(TIMEOUT);
  }
  return order;
}

test('a page that we leave is left for the reason that it was, though its window ends meanwhile', () => {
  const order = new Steps().answer(HARD);
  order.tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });
  order.tell(make.choose('invoice')).answer(TIMEOUT);
  const { leave } = order.attempt(2);
  expect(leave).toMatchObject({ reason: 'switch' });
  silence(order, 4 * make.DAY_MS);
  expect(order.attempt(2).leave).toEqual(leave);
});

describe('a capture that had to wait for another attempt', () => {
  /** Asked for while a page that can take money was being closed, which took an hour; a person was asked about that. */
  function afterAnHour(): Steps {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(SOFT).answer(HARD);
    order.tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });
    order.notice('payment_authorized', { attempt: 1, processor: 'alpha', amountMinor: AMOUNT });
    expect(order.command).toMatchObject({ operation: 'close_hosted', attempt: 3 });
    order.answer(TIMEOUT).tell(make.capture());
    while (order.command !== null) order.answer(TIMEOUT);
    return silence(order, make.HOUR_MS);
  }

  test('is in doubt for no longer than it was sent: a person is asked half an hour after that', () => {
    const order = afterAnHour();
    expect([order.command, order.order.review?.code]).toEqual([null, 'cannot_fence']);
    order.notice('session_closed');
    expect(order.command).toMatchObject({ operation: 'capture', attempt: 1 });
    expect(order.order.review).toBeNull();
    order.answer(TIMEOUT);
    expect([order.order.review, order.stage]).toEqual([null, 'capturing']);
    silence(order, 20 * make.MINUTE_MS);
    expect(order.order.review).toBeNull();
    silence(order, make.HOUR_MS);
    expect(order.order.review).toMatchObject({ code: 'capture_unknown', attempt: 1 });
  });
});

test('what was proved of one send says nothing of the next, while that is out', () => {
  const busy = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
  const order = new Steps().answer(busy);
  expect(operationOf(order.attempt(), 'charge')?.outcome).toBe('not_executed');
  order.untilSent();
  expect(operationOf(order.attempt(), 'charge')).toMatchObject({ outcome: null, sends: 2, endedAt: null });
});

test('a lookup that is out is not planned once more', () => {
  const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null } }) }).answer(TIMEOUT);
  expect(order.attempt().proof?.nextLookupAt).not.toBeNull();
  order.untilSent();
  expect([order.command?.operation, order.attempt().proof?.nextLookupAt]).toEqual(['lookup', null]);
});
