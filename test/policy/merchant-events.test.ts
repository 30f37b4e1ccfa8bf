import { describe, expect, test } from 'vitest';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const failed = (order: Steps) => order.events.find(({ type }) => type === 'order.payment_failed');

test('the merchant is told of a failure whether, and when, the order goes on by itself', () => {
  const order = new Steps({ facts: make.MANDATE }).answer(SOFT);
  expect(failed(order)).toMatchObject({ attempt: 1, willRetry: true, stage: 'attempting' });
  expect(failed(order)).not.toHaveProperty('retryAt');
  order.answer(SOFT);
  expect(failed(order)).toMatchObject({ attempt: 2, willRetry: true, retryAt: order.order.retryAt?.at });
  expect(failed(new Steps().answer(HARD))).toMatchObject({ attempt: 1, willRetry: false });
});

test('an attempt whose key is sent again has not failed', () => {
  const busy = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
  const order = new Steps().answer(busy);
  expect([order.order.retryAt?.reason, failed(order)]).toEqual(['backoff', undefined]);
});

describe('a processor that tells of payments without end', () => {
  const AMOUNT = 4_999;
  const stranger = (n: number) => ({ key: 'theirs', reference: `pay_${n}`, amountMinor: AMOUNT });
  /** A payment that is nobody's, and a person who puts it aside. */
  const asked = (order: Steps, n: number) => {
    order.notice('payment_succeeded', stranger(n));
    const told = order.events.map(({ type, cause }) => `${type} ${cause}`);
    order.tell(make.accept(order.order));
    return told;
  };

  test('does not make the order’s count of what was told grow without end, and each event is told as its own', () => {
    const order = new Steps().answer({ outcome: 'succeeded', reference: 'pay_0' });
    const told = Array.from({ length: 450 }, (_, n) => asked(order, n + 1)).flat();
    expect([new Set(told).size, told.length]).toEqual([450, 450]);
    expect(Object.keys(order.order.told ?? {})).toHaveLength(200);
    expect(JSON.parse(JSON.stringify(order.order))).toEqual(order.order);
  });

  test('what happens again after its count was forgotten is another event than any before', () => {
    const order = new Steps().answer({ outcome: 'unknown' });
    const review = (n: number) => {
      order.notice('payment_authorized', { ...stranger(n), orderId: 'another' });
      const told = order.events.map(({ type, cause }) => `${type} ${cause}`);
      order.tell(make.accept(order.order));
      return told;
    };
    const own = { key: '1/charge/0', reference: 'pay_own', amountMinor: 1 } as const;
    const mismatch = () => {
      order.notice('payment_succeeded', own);
      const told = order.events.map(({ type, cause }) => `${type} ${cause}`);
      order.tell(make.accept(order.order));
      return told;
    };
    const first = [...mismatch(), ...mismatch()];
    for (let n = 1; n <= 250; n += 1) review(n);
    const again = [...mismatch(), ...mismatch()];
    expect(first).toHaveLength(2);
    expect(new Set([...first, ...again]).size).toBe(4);
  });
});
