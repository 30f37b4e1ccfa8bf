import { describe, expect, test } from 'vitest';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const MANUAL = { facts: { capture: 'manual' as const } };
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;

/** Alpha declined and reserved the money all the same, while beta has not answered. */
function twoPayable(): Steps {
  const order = new Steps(MANUAL).answer(SOFT).answer({ outcome: 'unknown' });
  expect(order.attempt(2)).toMatchObject({ processor: 'beta', outcome: 'unknown' });
  return order;
}

describe('two attempts that can take money', () => {
  test('are closed one after the other, and no command is lost', () => {
    const order = twoPayable().notice('payment_authorized', { attempt: 1, processor: 'alpha' });
    const at = order.now;
    // The money is reserved at alpha: beta is left before it takes more.
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    expect(order.attempt(2).leave).toEqual({ reason: 'paid', since: at });
    expect(order.attempt(1).leave).toBeNull();
    order.tell(make.cancel());
    expect(order.command).toBeNull();
    order.command = { operation: 'void', attempt: 2, summary: '', timeoutMs: 1 };
    order.answer({ outcome: 'succeeded' });
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    expect(order.attempt(2).leave).toEqual({ reason: 'paid', since: at });
    expect(order.attempt(1).leave).toMatchObject({ reason: 'cancel' });
    expect(order.entries.find(({ kind }) => kind === 'fence_sent')).toMatchObject({ attempt: 1, processor: 'alpha' });
    expect(order.answer({ outcome: 'succeeded' }).stage).toBe('cancelled');
  });

  test('of which one was paid: the other is closed, since when is known, and a fence that nobody confirms is a person’s', () => {
    const order = new Steps().answer(SOFT).answer({ outcome: 'unknown' });
    order.notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
    const at = order.now;
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    expect(order.attempt(2).leave).toEqual({ reason: 'paid', since: at });
    for (let i = 0; order.order.review === null && i < 300; i += 1) {
      if (order.command === null) order.wait(30_000);
      else order.answer({ outcome: 'unknown', ...(order.command.operation === 'lookup' && { found: 'no_answer' }) });
    }
    expect(order.order.review).toMatchObject({ code: 'cannot_fence', attempt: 2 });
    expect(Date.parse(order.now) - Date.parse(at)).toBeGreaterThanOrEqual(30 * 60_000);
  });

  test('both wanted away: the second is not touched before the first has answered', () => {
    const order = twoPayable().tell(make.cancel());
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    order.notice('payment_authorized', { attempt: 1, processor: 'alpha' });
    expect(order.command).toBeNull();
    expect(order.attempt(1).operations.map(({ operation }) => operation)).toEqual(['authorize']);
    order.command = { operation: 'void', attempt: 2, summary: '', timeoutMs: 1 };
    order.answer({ outcome: 'unknown' });
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    order.answer({ outcome: 'succeeded' });
    expect(order.attempt(1).fencedAt).not.toBeNull();
  });
});

describe('less than the amount', () => {
  test('is told in the money’s own words, and does not pay', () => {
    const order = new Steps().answer({ outcome: 'succeeded', amountMinor: 4_000 });
    expect(order.order.review).toMatchObject({ code: 'amount_mismatch', attempt: 1 });
    expect(order.said('needs_review')).toBe('alpha took EUR 40.00, the order asks for EUR 49.99');
    expect(order.order.closed).toBeNull();
  });
});

describe('leaving an unknown charge', () => {
  test('sends its fence and no charge any more, and asks about the fence when that has no answer', () => {
    const order = new Steps().answer({ outcome: 'unknown' }).tell(make.cancel());
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    order.answer({ outcome: 'unknown' });
    const sent: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      if (order.command === null) order.wait(1_000);
      else {
        sent.push(order.command.operation);
        order.answer({ outcome: 'unknown', ...(order.command.operation === 'lookup' && { found: 'no_answer' }) });
      }
    }
    expect(new Set(sent)).toEqual(new Set(['void', 'lookup']));
  });

  test('at a processor without a fence is waited for, and no charge is sent again', () => {
    const fence = { payment: false, hosted: false, invoice: false };
    const order = new Steps({ sheets: make.sheetsWith({ alpha: { fence } }) }).answer({ outcome: 'unknown' });
    expect(order.attempt().proof?.nextResendAt).not.toBeNull();
    order.tell(make.cancel()).wait(500);
    expect(order.attempt().proof?.nextResendAt).toBeNull();
    order.wait(2_000);
    expect(order.command?.operation).toBe('lookup');
    expect(order.stage).toBe('cancelling');
  });
});

test('what waits for the end of an attempt says so, and does not wait for a processor that cannot close it', () => {
  const decided = (fence: boolean) => {
    const deaf = { idempotency: null, lookup: null, fence: { payment: fence, hosted: false, invoice: false } };
    const order = new Steps({ sheets: make.sheetsWith({ alpha: deaf }) }).answer({ outcome: 'unknown' });
    order.tell(make.cancel());
    if (order.command !== null) order.answer({ outcome: 'unknown' });
    return order.entries.findLast(({ kind }) => kind === 'decision')?.text;
  };
  expect(decided(false)).toBe('Wait until it is known what became of attempt 1: alpha cannot close it');
  expect(decided(true)).toBe('Wait until alpha confirms that attempt 1 is closed');
});
