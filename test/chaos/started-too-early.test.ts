import { describe, expect, test } from 'vitest';
import type { TimelineEntry } from '../../policy/events.ts';
import { startedTooEarly } from './checks.ts';

describe('the timeline', () => {
  const line = (kind: string, attempt: number): TimelineEntry => ({
    ...{ seq: 0, at: '2026-01-01T00:00:00.000Z', actor: 'system', text: kind, planned: false },
    ...{ kind: kind as TimelineEntry['kind'], attempt },
  });
  const declined = [line('attempt_started', 1), line('attempt_declined', 1)];

  test('an attempt that starts while another one can take money is one too many, though nothing came of it', () => {
    expect(
      startedTooEarly([line('attempt_started', 1), line('outcome_unknown', 1), line('attempt_started', 2)]),
    ).toContain('attempt 2 was started');
    expect(startedTooEarly([...declined, line('attempt_started', 2)])).toBeNull();
  });

  test('chaos seed 3000, c3000-4-59: a paid order’s second run told its first attempt once more, which starts nothing', () => {
    const paid = [...declined, line('attempt_started', 2), line('attempt_succeeded', 2)];
    expect(startedTooEarly([...paid, line('attempt_started', 1)])).toBeNull();
  });

  test('chaos seed 5, c5-0-15: an attempt that a breaker held back was never sent, so the next one may start', () => {
    const heldBack = [...declined, line('attempt_started', 2), line('attempt_held_back', 2)];
    expect(startedTooEarly([...heldBack, line('attempt_started', 3)])).toBeNull();
  });
});
