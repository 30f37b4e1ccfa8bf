import { describe, expect, test } from 'vitest';
import { countOnce, countTotals, refundId, uncountRefund } from '../../../policy/apply/money-facts.ts';
import type { Attempt } from '../../../policy/order.ts';
import { Steps } from './steps.ts';

const paid = () => new Steps().answer({ outcome: 'succeeded' });
const attempt = (): Attempt => structuredClone(paid().attempt());
const went = ({ money: { refunded, returned, disputed } }: Attempt) => ({ refunded, returned, disputed });

describe('money that went back', () => {
  test('counts once for each that told of it, and the higher of notices and totals is believed', () => {
    const one = attempt();
    expect(countOnce(one, 'refunded', 'a', 100)).toBe(true);
    expect(countOnce(one, 'refunded', 'a', 100)).toBe(false);
    expect(countOnce(one, 'returned', 'a', 30)).toBe(true);
    expect(countOnce(one, 'refunded', 'b', 50)).toBe(true);
    expect(went(one)).toEqual({ refunded: 150, returned: 30, disputed: 0 });
    countTotals(one, { refunded: 120, disputed: 7 });
    expect(went(one)).toEqual({ refunded: 150, returned: 30, disputed: 7 });
    countTotals(one, { refunded: 200, returned: 10 });
    countTotals(one, { refunded: 180 });
    expect(went(one)).toEqual({ refunded: 200, returned: 30, disputed: 7 });
  });

  test('is here again when its refund failed, and no late notice of its success takes it away', () => {
    const one = attempt();
    countOnce(one, 'refunded', 'ours', 100);
    countOnce(one, 'refunded', 'other', 40);
    countOnce(one, 'returned', 'ours', 5);
    countTotals(one, { refunded: 140, disputed: 3 });
    uncountRefund(one, 'ours');
    // The total was of before: it counted the refund that failed.
    expect(went(one)).toEqual({ refunded: 40, returned: 5, disputed: 3 });
    expect(countOnce(one, 'refunded', 'ours', 100)).toBe(false);
    uncountRefund(one, 'ours');
    expect(went(one)).toEqual({ refunded: 40, returned: 5, disputed: 3 });
  });

  test('that failed is told of twice: a total that was seen in between stays', () => {
    const one = attempt();
    countOnce(one, 'refunded', 'ours', 100);
    expect(one.moneyTold).toEqual([{ fact: 'refunded', id: 'ours', minor: 100 }]);
    uncountRefund(one, 'ours');
    countTotals(one, { refunded: 60 });
    uncountRefund(one, 'ours');
    expect(went(one)).toEqual({ refunded: 60, returned: 0, disputed: 0 });
  });

  test('by a refund that failed and never was counted changes nothing, and totals stay', () => {
    const one = attempt();
    countTotals(one, { refunded: 60 });
    countOnce(one, 'refunded', 'other', 60);
    uncountRefund(one, 'never');
    expect(went(one)).toEqual({ refunded: 60, returned: 0, disputed: 0 });
    expect(one.moneySeen).toEqual({ refunded: 60 });
    expect(countOnce(one, 'refunded', 'never', 10)).toBe(false);
    const none = attempt();
    uncountRefund(none, 'never');
    expect(went(none)).toEqual({ refunded: 0, returned: 0, disputed: 0 });
    expect(none.moneyTold).toEqual([{ fact: 'refunded', id: 'never', minor: 0 }]);
  });

  test('is known by the refund’s own key, not by the charge’s, and a return by its notice', () => {
    const one = attempt();
    const event = {
      eventId: 'e',
      processor: 'alpha',
      type: 'refund_succeeded',
      merchantId: 'm',
      orderId: 'o',
    } as const;
    const id = (more: object, fact?: 'returned') => refundId(one, { ...event, occurredAt: '', ...more }, fact);
    expect(id({ key: 'refund-key' })).toBe('refund-key');
    expect(id({ key: one.operations[0]?.key })).toBe('e');
    expect(id({})).toBe('e');
    expect(id({ key: 'refund-key' }, 'returned')).toBe('e');
    one.operations = [];
    expect(id({ key: 'refund-key' })).toBe('refund-key');
  });
});

describe('a notice of money that went back', () => {
  test('is told with what is more than before, and its cause', () => {
    const order = paid().notice('refund_succeeded', { amountMinor: 1_000 });
    expect(order.said('refunded')).toBe('EUR 10.00 refunded at alpha');
    expect(order.entries.find(({ kind }) => kind === 'refunded')).toMatchObject({ actor: 'processor', evidence: 'e1' });
    expect(order.attempt().money.refunded).toBe(1_000);
    expect(order.notice('refund_succeeded', { amountMinor: 500 }).said('refunded')).toBe('EUR 5.00 refunded at alpha');
    expect(order.attempt().money.refunded).toBe(1_500);
  });

  test('without an amount is about all that is left', () => {
    const order = paid().notice('refund_succeeded', { amountMinor: 1_000 }).notice('dispute_opened');
    expect(order.attempt().money).toMatchObject({ refunded: 1_000, disputed: 3_999 });
  });

  test('with a total is not added to what was told before, and what is no more than before is no news', () => {
    const order = paid().notice('payment_returned', { amountMinor: 700, total: true });
    expect(order.said('returned')).toBe('EUR 7.00 returned at alpha');
    order.notice('payment_returned', { amountMinor: 700, total: true });
    expect([order.said('returned'), order.attempt().money.returned]).toEqual([undefined, 700]);
    order.notice('payment_returned', { amountMinor: 900, total: true });
    expect([order.said('returned'), order.attempt().money.returned]).toEqual(['EUR 2.00 returned at alpha', 900]);
  });
});
