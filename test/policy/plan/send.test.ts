import { describe, expect, test } from 'vitest';
import { pageExpiry } from '../../../policy/plan/send.ts';
import { actionEndsAt } from '../../../policy/plan/wait.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const alpha = (change: Partial<Sheet>) => ({ sheets: make.sheetsWith({ alpha: change }) });
const afterMs = (from: string, to: string | null | undefined) => Date.parse(to ?? '') - Date.parse(from);
/** The buyer, or support for the buyer, opened a page after a decline. */
const page = (path: 'hosted_checkout' | 'invoice', options = {}) =>
  new Steps(options).answer(HARD).tell(make.choose(path)).answer({ outcome: 'requires_action' });

describe('how long a call may take', () => {
  const timeoutMs = (options: object) => new Steps(options).command?.timeoutMs;
  const slow = { callTimeoutMs: 20_000 };

  test('as long as the sheet says, and with a buyer who waits no longer than the whole wait', () => {
    expect(timeoutMs(alpha({ callTimeoutMs: 3_000 }))).toBe(3_000);
    expect(timeoutMs(alpha(slow))).toBe(15_000);
    expect(timeoutMs({ ...alpha(slow), facts: make.MANDATE })).toBe(20_000);
  });

  test('for a lookup as long as the sheet says, whoever waits', () => {
    const order = new Steps(alpha({ ...slow, idempotency: null })).answer(UNKNOWN);
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'lookup', timeoutMs: 20_000 });
  });
});

describe('the same key', () => {
  test('is sent again only while it is remembered, less a margin, and of a charge for two minutes at most', () => {
    const until = (windowMs: number) => {
      const order = new Steps(alpha({ idempotency: { windowMs, cachesErrors: false, maxKeyLength: 64 } }));
      return afterMs(order.now, order.attempt().operations[0]?.resendUntil);
    };
    expect([until(30_000), until(100_000), until(make.DAY_MS)]).toEqual([27_000, 90_000, 120_000]);
    expect(new Steps(alpha({ idempotency: null })).attempt().operations[0]?.resendUntil).toBeNull();
  });

  test('of a void for as long as it is remembered, less a minute at most', () => {
    const until = (windowMs: number) => {
      const order = new Steps({
        ...alpha({ idempotency: { windowMs, cachesErrors: false, maxKeyLength: 64 } }),
        facts: { capture: 'manual' },
      });
      order.answer({ outcome: 'succeeded', authorizedOnly: true }).tell(make.cancel());
      expect(order.command).toMatchObject({ operation: 'void' });
      return afterMs(order.now, order.attempt().operations.at(-1)?.resendUntil);
    };
    expect([until(300_000), until(make.HOUR_MS)]).toEqual([270_000, make.HOUR_MS - 60_000]);
  });

  test('sent again is named so, and what was asked before counts no more', () => {
    const order = new Steps().answer(UNKNOWN);
    expect(order.untilSent()).toBe(500);
    expect(order.command?.summary).toBe('Attempt 1: alpha, EUR 49.99, card ins_1; same key, send 2');
    expect(order.attempt().proof).toMatchObject({ lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null });
    expect(order.attempt().operations).toHaveLength(1);
  });
});

describe('who started an attempt', () => {
  test('is on the timeline: the system, the buyer, support', () => {
    const started = (order: Steps) => {
      const entry = order.entries.find(({ kind }) => kind === 'attempt_started');
      return [entry?.actor, entry?.attempt, entry?.text];
    };
    expect(started(new Steps())).toEqual(['system', 1, 'Attempt 1: alpha, EUR 49.99, card ins_1 (main processor)']);
    const declined = () => new Steps().answer(HARD);
    const soft = new Steps().answer({ outcome: 'declined', failureClass: 'soft_decline' });
    expect(started(soft).slice(0, 2)).toEqual(['system', 2]);
    const other = make.card('b', { origin: 'buyer' });
    expect(started(declined().tell(make.choose('new_method', other)))).toEqual([
      ...['buyer', 2, 'Attempt 2: alpha, EUR 49.99, card b (buyer’s choice)'],
    ]);
    expect(started(declined().tell(make.retryNow())).slice(0, 2)).toEqual(['support', 2]);
  });
});

describe('a page', () => {
  const rule = (order: Steps) => ({ rule: make.ruledBy({}).rules.at(-1) as never, sheets: order.sheets });

  test.each([
    ['hosted_checkout', 'hostedMaxMs', 3 * make.DAY_MS],
    ['invoice', 'invoiceMaxMs', 14 * make.DAY_MS],
  ] as const)(
    '%s: closes by itself after our window, or the processor’s if that is shorter',
    (path, limit, windowMs) => {
      const lives = (order: Steps) => {
        const attempt = order.attempt(2);
        return [
          afterMs(attempt.startedAt, pageExpiry(rule(order), attempt)),
          afterMs(attempt.proof?.since ?? '', actionEndsAt(rule(order), attempt)),
        ];
      };
      const long = page(path, alpha({ [limit]: 90 * make.DAY_MS }));
      expect(lives(long)).toEqual([windowMs, windowMs]);
      long.sheets.splice(0, 1);
      expect(lives(long)).toEqual([windowMs, windowMs]);
      expect(lives(page(path, alpha({ [limit]: make.HOUR_MS })))).toEqual([make.HOUR_MS, make.HOUR_MS]);
    },
  );

  test('is the buyer’s until exactly then, and is closed', () => {
    const order = page('hosted_checkout', alpha({ hostedMaxMs: make.HOUR_MS, lookup: null }));
    expect(order.wait(make.HOUR_MS - 1).stage).toBe('hosted_checkout');
    expect(order.command).toBeNull();
    order.wait(1);
    expect(order.attempt(2).leave).toMatchObject({ reason: 'window' });
    expect(order.command).toMatchObject({ operation: 'close_hosted', attempt: 2 });
    expect(order.command?.summary).toContain('Attempt 2: alpha');
  });
});
