import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { isOldNews } from '../../policy/old-news.ts';
import type { OrderState } from '../../policy/order.ts';

const paid = {
  facts: { merchantId: 'm', orderId: 'o', amount: { minor: 4999, currency: 'EUR' } },
  attempts: [{ processor: 'alpha', reference: 'alpha_pay_1', money: { captured: 4999 } }],
  closed: { stage: 'paid', at: '2026-01-01T00:00:00.000Z' },
} as unknown as OrderState;

const notice: ProcessorEvent = {
  eventId: 'e1',
  processor: 'alpha',
  type: 'payment_succeeded',
  merchantId: 'm',
  orderId: 'o',
  reference: 'alpha_pay_1',
  amountMinor: 4999,
  currency: 'EUR',
  occurredAt: '2026-01-01T00:00:01.000Z',
};

describe('a notice about a closed order', () => {
  test('that repeats the charge which paid it is old news', () => {
    expect(isOldNews(paid, notice)).toBe(true);
  });

  test.each([
    ['another payment', { reference: 'alpha_pay_2' }],
    ['no payment by name', { reference: undefined }],
    ['another processor', { processor: 'beta' }],
    ['another amount', { amountMinor: 5000 }],
    ['another currency', { currency: 'USD' }],
    ['another order', { orderId: 'o2' }],
    ['a dispute', { type: 'dispute_opened' as const }],
  ])('that tells of %s is decided on', (_what, change) => {
    expect(isOldNews(paid, { ...notice, ...change } as ProcessorEvent)).toBe(false);
  });

  test('while the order is open is decided on', () => {
    expect(isOldNews({ ...paid, closed: null }, notice)).toBe(false);
  });
});
