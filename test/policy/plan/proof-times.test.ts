import { describe, expect, test } from 'vitest';
import { lookupOffsetMs } from '../../../policy/plan/proof-times.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { markOf } from '../decide/house-faults.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const NO_ANSWER = { outcome: 'unknown', found: 'no_answer', claim: 'none' } as const;
const [ALPHA] = make.sheetsWith({}) as [Sheet];
const alpha = (change: Partial<Sheet>) => make.sheetsWith({ alpha: change });
const LOOKUP = ALPHA.lookup as NonNullable<Sheet['lookup']>;
const BY_REFERENCE = { ...LOOKUP, by: ['reference' as const] };

/** What is sent while nothing is answered, for so many wakes. */
function sentMeanwhile(order: Steps, wakes = 12): Set<string> {
  const sent = new Set<string>();
  for (let i = 0; i < wakes; i += 1) {
    order.untilSent();
    if (order.command === null) break;
    sent.add(order.command.operation);
    order.answer(NO_ANSWER);
  }
  return sent;
}

describe('the key of a charge in doubt', () => {
  /** It knows keys, and nothing at it can be closed. */
  const fenceless = () => new Steps({ sheets: alpha({ fence: { payment: false, hosted: false, invoice: false } }) });

  test('is sent again while the payment is wanted', () => {
    expect(sentMeanwhile(fenceless().answer(UNKNOWN))).toEqual(new Set(['charge', 'lookup']));
  });

  test.each([
    ['the order is cancelled', make.cancel],
    ['it is closed without payment', make.close],
    ['the buyer chose another way', () => make.choose('hosted_checkout')],
  ])('is not once %s, although it cannot be closed: the processor is only asked', (_, wish) => {
    const order = fenceless().answer(UNKNOWN).tell(wish());
    expect(sentMeanwhile(order)).toEqual(new Set(['lookup']));
    expect(order.attempt(1).operations).toMatchObject([{ operation: 'charge', sends: 1 }]);
  });

  test('is not once another order has forbidden the card', () => {
    const order = new Steps().answer({ ...UNKNOWN, forbidden: [markOf('card-ins_1', 0)] });
    expect(sentMeanwhile(order)).toEqual(new Set(['lookup']));
  });

  test('is not once the processor has said that it has the payment already', () => {
    const order = new Steps().answer({ ...UNKNOWN, failureClass: 'duplicate' });
    expect(sentMeanwhile(order)).toEqual(new Set(['lookup']));
  });

  // Remembered for 600 ms, less a tenth; the answer takes 10 ms, and the key is sent again 500 ms later.
  const forgotten = (answeredAfterMs: number) => {
    const order = new Steps({
      sheets: alpha({ idempotency: { windowMs: 600, cachesErrors: false, maxKeyLength: 64 } }),
    });
    return order.wait(answeredAfterMs - 10).answer(UNKNOWN);
  };

  test('is planned before it is forgotten, not for the very moment', () => {
    expect(forgotten(39).attempt().proof?.nextResendAt).not.toBeNull();
    expect(forgotten(40).attempt().proof?.nextResendAt).toBeNull();
  });

  test('is not sent at the moment when it is forgotten, though it was planned for before', () => {
    expect(forgotten(39).wait(500).command).toMatchObject({ operation: 'charge' });
    const late = forgotten(39).wait(501);
    expect([late.command, late.attempt().proof?.nextResendAt]).toEqual([null, null]);
  });
});

describe('the key of what closes a page', () => {
  test.each(['hosted_checkout', 'invoice'] as const)('%s: is sent again as long as it is remembered', (path) => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
    order.tell(make.choose(path)).answer({ outcome: 'requires_action' }).tell(make.cancel());
    const [, fence] = order.attempt(2).operations;
    expect(Date.parse(fence?.resendUntil ?? '') - Date.parse(order.now)).toBe(make.DAY_MS - make.MINUTE_MS);
    order.answer(UNKNOWN).untilSent();
    expect(order.command?.operation).toBe(fence?.operation);
  });
});

describe('lookups', () => {
  test('come by the sheet’s times, then each twice as late, with steps no longer than the longest', () => {
    const seconds = [0, 1, 2, 3, 4, 5, 6].map((n) => lookupOffsetMs(LOOKUP, n) / 1_000);
    expect(seconds).toEqual([1, 3, 6, 12, 24, 48, 96]);
    const short = { ...LOOKUP, maxDelayMs: 10_000 };
    expect([4, 5, 6].map((n) => lookupOffsetMs(short, n) / 1_000)).toEqual([22, 32, 42]);
    expect([0, 1, 2].map((n) => lookupOffsetMs({ ...short, scheduleMs: [] }, n) / 1_000)).toEqual([20, 30, 40]);
  });

  test('by reference need one', () => {
    const sheets = alpha({ idempotency: null, lookup: BY_REFERENCE });
    expect(sentMeanwhile(new Steps({ sheets }).answer(UNKNOWN))).toEqual(new Set());
    expect(sentMeanwhile(new Steps({ sheets }).answer({ ...UNKNOWN, reference: 'pay_1' }))).toEqual(
      new Set(['lookup']),
    );
  });

  test('are about a refund only where the processor knows it by its key', () => {
    const order = new Steps({
      sheets: make.sheetsWith({ alpha: { idempotency: null, lookup: BY_REFERENCE }, beta: { lookup: null } }),
    });
    order
      .answer({ outcome: 'declined', failureClass: 'soft_decline', reference: 'pay_1' })
      .answer({ outcome: 'succeeded' });
    order.wait(1_000).notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
    order.answer({ outcome: 'succeeded', found: 'payment', claim: 'none' });
    expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
    expect(sentMeanwhile(order.answer(UNKNOWN))).toEqual(new Set());
  });

  test('do not ask about a challenge or a page, which are the buyer’s: it ends by its window', () => {
    const order = new Steps().answer({ outcome: 'requires_action' });
    expect(order.attempt().proof).toMatchObject({ nextLookupAt: null, nextResendAt: null });
    expect(order.wake?.summary).toContain('Authentication window');
  });
});
