import { expect, test } from 'vitest';
import { capturedTwice } from './checks.ts';
import type { LedgerEntry } from './simulator-control.ts';

function entry(processor: string, second: number, operation: string, effect: LedgerEntry['effect']): LedgerEntry {
  const at = new Date(Date.parse('2026-01-01T00:00:00.000Z') + second * 1000).toISOString();
  const payment = { processor, operation, effect, reference: `${processor}_1`, amountMinor: 100, currency: 'EUR' };
  return { ...payment, key: `${processor}-${operation}`, at, requests: 1 };
}

const BOTH = [entry('alpha', 0, 'authorize', 'authorized'), entry('beta', 3, 'authorize', 'authorized')];

test('two reservations are captured twice only if the second capture came before the first went back', () => {
  const alpha = entry('alpha', 4, 'capture', 'captured');
  const beta = entry('beta', 6, 'capture', 'captured');
  expect(capturedTwice([...BOTH, alpha, entry('beta', 6, 'void', 'voided')])).toBe(false);
  expect(capturedTwice([...BOTH, alpha, beta])).toBe(true);
  expect(capturedTwice([...BOTH, beta, alpha, entry('alpha', 9, 'refund', 'refunded')])).toBe(true);
  expect(capturedTwice([...BOTH, alpha, entry('alpha', 5, 'refund', 'refunded'), beta])).toBe(false);
});
