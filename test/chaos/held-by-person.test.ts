import { expect, test } from 'vitest';
import type { ReviewCode } from '../../policy/review-codes.ts';
import { isHeldByPerson } from './rest.ts';

test('chaos seed 7003, c7003-2-28: of an order that had been cancelled before the money came, a person sends that back too', () => {
  const row = {
    orderId: 'o-1',
    stage: 'needs_review',
    needsHuman: true,
    open: true,
    nextActionAtMs: null,
    seq: 9,
  } as const;
  const asked = (code: ReviewCode) => ({ review: { code, attempt: 1, since: '2026-01-01T00:00:00.000Z' } });
  expect(isHeldByPerson(row, asked('surplus'))).toBe(true);
  expect(isHeldByPerson(row, asked('event_unmatched'))).toBe(false);
  expect(isHeldByPerson({ ...row, stage: 'paid' }, asked('refund_failed'))).toBe(true);
  expect(isHeldByPerson({ ...row, stage: 'paid', needsHuman: false }, { review: null })).toBe(false);
});
