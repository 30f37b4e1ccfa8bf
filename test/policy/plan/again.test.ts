import { expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { FOUND, refunding, refundOf } from '../apply/refunding.ts';

test('more money of a payment of which a part went back goes back at once, under a key of its own', () => {
  const order = refunding().answer({ outcome: 'succeeded' });
  expect([order.stage, moneyOf(order.order).held]).toEqual(['paid', 0]);
  const [first, ...rest] = order.order.attempts;
  if (first === undefined) throw new Error('it was paid twice');
  // Its processor had told of less than it took.
  const money = { ...first.money, captured: first.money.captured + 1_000 };
  order.order = { ...order.order, attempts: [{ ...first, money }, ...rest] };
  order.notice('unknown_type');
  expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  order.answer({ ...FOUND, amountMinor: money.captured }).answer(FOUND);
  expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
  expect(refundOf(order)).toMatchObject({ number: 2, amountMinor: 1_000, sends: 1 });
});
