import { describe, expect, test } from 'vitest';
import type { NativeTry } from '../../../policy/answers.ts';
import { markOf, usedUp } from '../decide/house-faults.ts';
import { Steps } from './steps.ts';

const lineOf = (order: Steps, kind: string) => order.entries.find((entry) => entry.kind === kind);

describe('what a processor tried by itself', () => {
  const at = '2026-11-22T09:59:00.000Z';
  const told = (nativeTries?: NativeTry[]) =>
    lineOf(
      new Steps().answer({ outcome: 'succeeded', ...(nativeTries === undefined ? {} : { nativeTries }) }),
      'native_tries',
    );

  test('is told with its number, as the processor’s doing', () => {
    expect(told([{ at, outcome: 'declined' }])).toMatchObject({
      ...{ actor: 'processor', attempt: 1, processor: 'alpha' },
      text: 'alpha made one try by itself: they count to the ceilings too',
    });
    const both: NativeTry[] = [
      { at, outcome: 'declined' },
      { at, outcome: 'succeeded' },
    ];
    expect(told(both)?.text).toBe('alpha made 2 tries by itself: they count to the ceilings too');
  });

  test('is not told where there was nothing of the kind', () => {
    expect(told()).toBeUndefined();
    expect(told([])).toBeUndefined();
  });
});

describe('a card that its claim refused', () => {
  const opened = new Steps();
  const nowMs = Date.parse(opened.now);
  const full = usedUp('card-ins_1', nowMs);
  const other = { ...full, name: 'mastercard declines of one amount in 30 days', document: 'another document' };
  const refused = (said: object) => {
    const unsent = { outcome: 'not_executed', sent: false, provedNotExecuted: true, ...said } as const;
    return lineOf(new Steps().answer(unsent), 'attempt_refused');
  };

  test('names the ceiling that is reached among those that were read, its document and edition', () => {
    const ceilings = [{ ...other, used: 9 }, full];
    expect(refused({ claim: 'ceiling', ceilings })).toMatchObject({
      ...{ actor: 'system', attempt: 1, processor: 'alpha', evidence: 'a document (2026)' },
      text: `Attempt 1 was not sent: mastercard declines in 24 hours: 10 of 10 used until ${full.windowEndsAt}`,
    });
  });

  test('names the first one where none is reached any more, and says so where none was read', () => {
    const ceilings = [
      { ...other, used: 9 },
      { ...full, used: 8 },
    ];
    expect(refused({ claim: 'ceiling', ceilings })).toMatchObject({
      evidence: 'another document (2026)',
      text: 'Attempt 1 was not sent: mastercard declines of one amount in 30 days: 9 of 10 used',
    });
    expect(refused({ claim: 'ceiling' })).toMatchObject({
      evidence: 'ceiling',
      text: 'Attempt 1 was not sent: a ceiling is reached',
    });
  });

  test('names the order that it was forbidden by, even when a ceiling is reached as well', () => {
    const forbidden = [markOf('card-ins_1', nowMs)];
    expect(refused({ claim: 'forbidden', forbidden, ceilings: [full] })).toMatchObject({
      evidence: 'a table (1)',
      text: 'Attempt 1 was not sent: order o-other was declined with it for good',
    });
  });

  test('names the ceiling when that is what refused it, even when another order has forbidden the card meanwhile', () => {
    const forbidden = [markOf('card-ins_1', nowMs)];
    expect(refused({ claim: 'ceiling', forbidden, ceilings: [full] })?.evidence).toBe('a document (2026)');
  });
});
