import { describe, expect, test } from 'vitest';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const NO_ANSWER = { outcome: 'unknown', found: 'no_answer', claim: 'none' } as const;
const onGamma = () => new Steps({ facts: make.ON_GAMMA });
/** Alpha without keys: what it did is only looked up. */
const keyless = () => make.sheetsWith({ alpha: { idempotency: null } });

/** Nothing answers, until a person is asked. */
function untilAsked(order: Steps): Steps {
  for (let i = 0; order.order.review === null && i < 300; i += 1) {
    order.untilSent();
    if (order.command !== null) order.answer({ ...UNKNOWN, found: 'no_answer' });
    else if (order.wake === null) break;
  }
  return order;
}

describe('a charge without an answer', () => {
  test('says why it is neither tried elsewhere, nor sent again, nor asked for, nor closed', () => {
    const order = onGamma().answer(UNKNOWN);
    const refused = order.entries.find(({ kind }) => kind === 'decision')?.explanation?.refused;
    expect(refused).toEqual([
      { what: 'send the same key again', why: 'it would be a second charge there', source: 'sheet of gamma' },
      { what: 'look it up', why: 'it has no lookup', source: 'sheet of gamma' },
      { what: 'close the attempt', why: 'it has no fence', source: 'sheet of gamma' },
    ]);
    const atAlpha = new Steps().answer(UNKNOWN).entries.find(({ kind }) => kind === 'decision')?.explanation;
    expect(atAlpha?.refused).toEqual([{ what: 'try at beta', why: 'attempt 1 at alpha may have taken the money' }]);
  });

  test('says what is waited for', () => {
    const decided = (order: Steps) => order.entries.find(({ kind }) => kind === 'decision')?.text;
    expect(decided(new Steps().answer(UNKNOWN))).toBe(
      'Wait for proof of attempt 1: the same key again at 2026-11-22 10:00:00 UTC',
    );
    expect(decided(new Steps({ sheets: keyless() }).answer(UNKNOWN))).toBe(
      'Wait for proof of attempt 1: lookup 1 at 2026-11-22 10:00:01 UTC',
    );
    expect(decided(onGamma().answer(UNKNOWN))).toBe(
      "Wait for proof of attempt 1: gamma's webhook, or a person with evidence",
    );
  });

  test('is a person’s after half an hour, not a millisecond earlier, and nobody’s any more once it is proved', () => {
    const order = onGamma().answer(UNKNOWN);
    expect(order.wait(make.HOUR_MS / 2 - 1).order.review).toBeNull();
    order.wait(1);
    expect(order.order.review).toMatchObject({ code: 'unknown_too_long', attempt: 1 });
    expect(order.said('needs_review')).toBe(
      'The outcome of attempt 1 at gamma is unknown since 2026-11-22 10:00:00 UTC',
    );
    expect(order.wait(make.HOUR_MS).order.review).not.toBeNull();
    order.notice('payment_failed', { failureClass: 'hard_decline' });
    expect([order.order.review, order.stage]).toEqual([null, 'waiting_buyer']);
    expect(order.entries.find(({ kind }) => kind === 'review_answered')).toMatchObject({
      attempt: 1,
      processor: 'gamma',
    });
  });

  test('is still a person’s while its processor says nothing of it', () => {
    const order = untilAsked(new Steps({ sheets: keyless() }).answer(UNKNOWN));
    expect(order.order.review).toMatchObject({ code: 'unknown_too_long' });
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'lookup' });
    expect(order.answer(NO_ANSWER).order.review).toMatchObject({ code: 'unknown_too_long' });
  });

  test('that is being left is a person’s half an hour after that, as one that cannot be closed', () => {
    const order = onGamma()
      .answer(UNKNOWN)
      .wait(29 * make.MINUTE_MS)
      .tell(make.cancel());
    expect(order.wait(29 * make.MINUTE_MS).order.review).toBeNull();
    expect(order.wait(make.MINUTE_MS).order.review).toMatchObject({ code: 'cannot_fence', attempt: 1 });
  });

  test('answers no question about a notice that fits nothing', () => {
    const order = onGamma().answer(UNKNOWN).notice('payment_succeeded', { attempt: 9 });
    order.notice('payment_failed', { failureClass: 'hard_decline' });
    expect([order.order.review?.code, order.stage]).toEqual(['event_unmatched', 'needs_review']);
  });
});

describe('a charge that its processor works on', () => {
  const pending = (sheets = make.sheetsWith({ alpha: { pendingLimitMs: make.HOUR_MS } })) =>
    new Steps({ sheets }).answer({ outcome: 'pending' });

  test('is looked up by the sheet’s times, and a person’s when it takes longer than the sheet allows', () => {
    const order = pending();
    const decision = order.stage;
    expect([decision, order.untilSent()]).toEqual(['payment_pending', 1_000]);
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
    const sinceMs = Date.parse(order.attempt().proof?.since ?? '');
    order.answer({ outcome: 'pending', found: 'payment', claim: 'none' });
    for (let i = 0; order.order.review === null && i < 100; i += 1) {
      order.untilSent();
      if (order.command !== null) order.answer({ outcome: 'pending', found: 'payment', claim: 'none' });
    }
    expect(order.order.review).toMatchObject({ code: 'pending_too_long', attempt: 1 });
    expect(Date.parse(order.order.review?.since ?? '') - sinceMs).toBeGreaterThanOrEqual(make.HOUR_MS);
    expect(Date.parse(order.order.review?.since ?? '') - sinceMs).toBeLessThan(make.HOUR_MS + make.MINUTE_MS);
  });

  test('exactly then, where nobody can ask', () => {
    const order = pending(make.sheetsWith({ alpha: { pendingLimitMs: make.HOUR_MS, lookup: null } }));
    expect(order.wait(make.HOUR_MS - 1).order.review).toBeNull();
    expect(order.wait(1).order.review).toMatchObject({ code: 'pending_too_long', attempt: 1 });
    expect(order.notice('payment_succeeded').stage).toBe('paid');
  });

  test('is nobody’s while the processor is not set up any more: its notice ends it', () => {
    const order = pending();
    order.sheets.splice(0, 1);
    expect(order.wait(make.DAY_MS).order.review).toBeNull();
    expect(order.notice('payment_succeeded').stage).toBe('paid');
  });
});

test('an invoice that is open is the buyer’s for its whole window, however short payments may be pending', () => {
  const order = new Steps({ sheets: make.sheetsWith({ alpha: { pendingLimitMs: make.HOUR_MS } }) });
  order.answer({ outcome: 'declined', failureClass: 'hard_decline' }).tell(make.choose('invoice'));
  order.answer({ outcome: 'requires_action' }).wait(10 * make.DAY_MS);
  expect([order.stage, order.order.review]).toEqual(['invoiced', null]);
});

test('two charges in doubt are asked for one after the other', () => {
  const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null }, beta: { idempotency: null } }) });
  order.answer({ outcome: 'declined', failureClass: 'soft_decline' }).answer(UNKNOWN);
  // The first is in doubt again, however it came to that.
  const before = structuredClone(order.order);
  const [first, second] = before.attempts;
  if (first === undefined || second === undefined) throw new Error('two attempts');
  Object.assign(first, { outcome: 'unknown', proof: { ...second.proof, absentAt: [] } });
  order.order = before;
  order.untilSent();
  expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  expect(order.answer(NO_ANSWER).command).toMatchObject({ operation: 'lookup', attempt: 2 });
});
