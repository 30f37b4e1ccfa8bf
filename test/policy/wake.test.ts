import { describe, expect, test } from 'vitest';
import { confirming, refunding } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const NO_ANSWER = { outcome: 'unknown', found: 'no_answer', claim: 'none' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const KEYLESS = { sheets: make.sheetsWith({ alpha: { idempotency: null } }) };
const DEAF = { sheets: make.sheetsWith({ alpha: { idempotency: null, lookup: null } }) };
const HALF_HOUR_MS = make.HOUR_MS / 2;

/** What wakes the order next, and how long from now, ms. */
const next = (order: Steps) =>
  order.wake === null ? null : [order.wake.summary, Date.parse(order.wake.at) - Date.parse(order.now)];
const manual = (more: object = {}) => new Steps({ ...more, facts: { capture: 'manual' } });
const page = (path: 'hosted_checkout' | 'invoice') =>
  new Steps(DEAF).answer(HARD).tell(make.choose(path)).answer({ outcome: 'requires_action' });

describe('what wakes an order next', () => {
  test.each([
    ['the same key', () => new Steps().answer(UNKNOWN), 'Same key again: attempt 1 at alpha', 500],
    ['a lookup', () => new Steps(KEYLESS).answer(UNKNOWN), 'Lookup 1 since the last send: attempt 1 at alpha', 1_000],
    [
      'a person, where nothing can be asked',
      () => new Steps(DEAF).answer(UNKNOWN),
      'No answer by then: a person looks at attempt 1 at alpha',
      HALF_HOUR_MS,
    ],
    [
      'a person, as late as the sheet says, while it is worked on',
      () => new Steps(DEAF).answer({ outcome: 'pending' }),
      'No answer by then: a person looks at attempt 1 at alpha',
      7 * make.DAY_MS,
    ],
    [
      'the end of a challenge',
      () => new Steps(DEAF).answer({ outcome: 'requires_action' }),
      'Authentication window; then the buyer’s other paths',
      make.HOUR_MS,
    ],
    ['the end of a page', () => page('hosted_checkout'), 'Hosted checkout window; then the next path', 3 * make.DAY_MS],
    ['the end of an invoice', () => page('invoice'), 'Invoice window; then a person', 14 * make.DAY_MS],
    [
      'the end of the buyer’s time',
      () => new Steps().answer(HARD),
      'Buyer recovery window; then hosted checkout',
      make.DAY_MS,
    ],
    [
      'the end of hosted checkout’s time',
      () => new Steps().answer(HARD).wait(make.DAY_MS),
      'Hosted checkout window; then invoice',
      3 * make.DAY_MS,
    ],
    [
      'the same key, when nothing was executed',
      () => new Steps().answer({ outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true }),
      'Backoff before the same key again: transient, rule “everything else”',
      500,
    ],
    [
      'the later try, with a mandate',
      () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT),
      'Later try 1 (schedule): soft_decline, rule “everything else”',
      make.DAY_MS - 10,
    ],
    [
      'a person, when a fence is not confirmed',
      () => manual(DEAF).answer({ outcome: 'succeeded', authorizedOnly: true }).tell(make.cancel()).answer(UNKNOWN),
      'No answer by then: a person looks at attempt 1 at alpha',
      HALF_HOUR_MS - 10,
    ],
    [
      'a person, when a capture is not confirmed',
      () => manual(DEAF).answer({ outcome: 'succeeded', authorizedOnly: true }).tell(make.capture()).answer(UNKNOWN),
      'No answer by then: a person looks at attempt 1 at alpha',
      HALF_HOUR_MS,
    ],
    [
      'a payment’s confirmation',
      () => confirming().answer(NO_ANSWER),
      'Lookup 2 of the payment, before anything goes back: attempt 1 at alpha',
      1_000,
    ],
    ['a refund’s key', () => refunding().answer(UNKNOWN), 'Refund again: attempt 1 at alpha', 500],
    [
      'a refund’s lookup',
      () => refunding(KEYLESS.sheets).answer(UNKNOWN),
      'Lookup 1 of the refund: attempt 1 at alpha',
      1_000,
    ],
  ] as [string, () => Steps, string, number][])('%s', (_, life, text, waitMs) => {
    expect(next(life())).toEqual([text, waitMs]);
  });

  test.each([
    [
      'a reservation that nobody wants captured yet',
      () => manual().answer({ outcome: 'succeeded', authorizedOnly: true }),
    ],
    ['a paid order', () => new Steps().answer({ outcome: 'succeeded' })],
    ['a cancelled order', () => new Steps().answer(HARD).tell(make.cancel())],
    ['what a person looks at', () => new Steps(DEAF).answer(UNKNOWN).wait(HALF_HOUR_MS)],
    ['a held order’s later try', () => new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT).tell(make.hold())],
  ] as [string, () => Steps][])('nothing: %s', (_, life) => {
    expect(next(life())).toBeNull();
  });

  test('the order’s own end, if it comes first, unless it is paid or was over when the order was opened', () => {
    const opened = Date.parse(make.newOrder().openedAt);
    const ending = (expiresMs: number) =>
      new Steps({ facts: { expiresAt: new Date(opened + expiresMs).toISOString() } });
    expect(next(ending(make.HOUR_MS).answer(HARD))).toEqual(['The order expires', make.HOUR_MS - 10]);
    expect(next(ending(2 * make.DAY_MS).answer(HARD))).toEqual([
      'Buyer recovery window; then hosted checkout',
      make.DAY_MS,
    ]);
    expect(next(ending(0).answer(HARD))).toEqual(['Buyer recovery window; then hosted checkout', make.DAY_MS]);
    expect(next(ending(make.HOUR_MS).answer({ outcome: 'succeeded' }))).toBeNull();
  });
});
