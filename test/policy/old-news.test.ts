import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { isOldNews } from '../../policy/old-news.ts';
import type { OrderState } from '../../policy/order.ts';

const paid = {
  facts: { merchantId: 'm', orderId: 'o', amount: { minor: 4999, currency: 'EUR' } },
  attempts: [
    { processor: 'alpha', account: 'ours', reference: null, money: { captured: 0 }, operations: [] },
    { processor: 'alpha', account: 'ours', reference: 'alpha_pay_1', money: { captured: 4999 }, operations: [] },
  ],
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
    expect(isOldNews(paid, { ...notice, account: 'ours' })).toBe(true);
  });

  test('that tells of the amount, where another one was taken, is decided on', () => {
    const attempts = paid.attempts.map((each) => ({ ...each, money: { ...each.money, captured: 4_000 } }));
    expect(isOldNews({ ...paid, attempts }, notice)).toBe(false);
  });

  test.each([
    ['another payment', { reference: 'alpha_pay_2' }],
    ['no payment by name', { reference: undefined }],
    ['another processor', { processor: 'beta' }],
    ['another amount', { amountMinor: 5000 }],
    ['another currency', { currency: 'USD' }],
    ['another order', { orderId: 'o2' }],
    ['another merchant', { merchantId: 'm2' }],
    ['another account', { account: 'theirs' }],
    ['a dispute', { type: 'dispute_opened' as const }],
  ])('that tells of %s is decided on', (_what, change) => {
    expect(isOldNews(paid, { ...notice, ...change } as ProcessorEvent)).toBe(false);
  });

  test('while the order is open is decided on', () => {
    expect(isOldNews({ ...paid, closed: null }, notice)).toBe(false);
  });
});

describe('a notice about a refund', () => {
  const charge = { operation: 'charge', key: 'k1', outcome: 'succeeded' };
  const refund = { operation: 'refund', key: 'k2', outcome: 'succeeded', amountMinor: 999 };
  const withOperations = (...operations: object[]) =>
    ({ ...paid, attempts: paid.attempts.map((each, at) => (at === 0 ? each : { ...each, operations })) }) as OrderState;
  const refunded = withOperations(charge, refund);
  const told: ProcessorEvent = { ...notice, type: 'refund_succeeded', key: 'k2', amountMinor: 999 };

  test('of ours that was counted is old news', () => {
    expect(isOldNews(refunded, told)).toBe(true);
  });

  test.each([
    ['another key', { key: 'k3' }],
    ['the charge’s key', { key: 'k1' }],
    ['no key', { key: undefined }],
    ['another amount', { amountMinor: 1_000 }],
    ['another processor', { processor: 'beta' }],
    ['another account', { account: 'theirs' }],
    ['another order', { orderId: 'o2' }],
    ['another merchant', { merchantId: 'm2' }],
  ])('that tells of %s is decided on', (_what, change) => {
    expect(isOldNews(refunded, { ...told, ...change } as ProcessorEvent)).toBe(false);
  });

  test('of ours that was not counted is decided on', () => {
    for (const outcome of [null, 'unknown', 'declined']) {
      expect(isOldNews(withOperations(charge, { ...refund, outcome }), told)).toBe(false);
    }
    expect(isOldNews({ ...refunded, closed: null }, told)).toBe(false);
  });
});
