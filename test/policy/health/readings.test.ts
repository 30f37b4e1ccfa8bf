import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import { isGoodAnswer, mergeReadings } from '../../../policy/health/readings.ts';

const AT = '2026-11-22T10:00:00.000Z';
const nowMs = Date.parse(AT);
const until = (processor: string, seconds: number) => ({
  processor,
  downUntil: new Date(nowMs + seconds * 1_000).toISOString(),
});

describe('readings', () => {
  test('newer ones replace older ones of the same processor, and what has expired is forgotten', () => {
    const known = [until('alpha', 5), until('beta', -1), until('gamma', 3)];
    expect(mergeReadings(known, [until('alpha', 9)], nowMs)).toEqual([until('gamma', 3), until('alpha', 9)]);
    expect(mergeReadings(known, undefined, nowMs)).toEqual([until('alpha', 5), until('gamma', 3)]);
    expect(mergeReadings([], [until('alpha', 0)], nowMs)).toEqual([]);
    const both = [until('alpha', 9), until('beta', 9)];
    expect(mergeReadings([until('alpha', 5), until('gamma', 3)], both, nowMs)).toEqual([until('gamma', 3), ...both]);
  });
});

const result = (more: Partial<OperationResult>): OperationResult => ({
  attempt: 1,
  operation: 'charge',
  key: 'k',
  outcome: 'succeeded',
  failureClass: null,
  forbidsInstrument: false,
  retryAfterMs: null,
  evidence: 'succeeded',
  document: '',
  edition: '',
  provedNotExecuted: false,
  sent: true,
  claim: 'granted',
  startedAt: AT,
  endedAt: AT,
  ...more,
});

describe('what speaks against a processor', () => {
  test.each([
    ['a success', {}, true],
    ['a decline', { outcome: 'declined', failureClass: 'soft_decline' }, true],
    ['a stolen card', { outcome: 'declined', failureClass: 'hard_decline' }, true],
    ['a challenge', { outcome: 'requires_action' }, true],
    ['an overload', { outcome: 'not_executed', failureClass: 'transient' }, false],
    ['no answer', { outcome: 'unknown', failureClass: 'unknown_outcome' }, false],
    ['a void without an answer', { operation: 'void', outcome: 'unknown', failureClass: 'unknown_outcome' }, false],
    ['a lookup that finds', { operation: 'lookup', found: 'payment' }, true],
    [
      'a lookup that knows no such payment',
      { operation: 'lookup', outcome: 'unknown', failureClass: 'unknown_outcome', found: 'absent' },
      true,
    ],
    ['a lookup without an answer', { operation: 'lookup', outcome: 'unknown', found: 'no_answer' }, false],
    ['what never left the house', { outcome: 'not_executed', failureClass: 'transient', sent: false }, null],
  ] as [string, Partial<OperationResult>, boolean | null][])('%s: %j', (_, more, good) => {
    expect(isGoodAnswer(result(more))).toBe(good);
  });
});
