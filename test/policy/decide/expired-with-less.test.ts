import { expect, test } from 'vitest';
import { refuseEnding } from '../../../policy/refusals.ts';
import { Steps } from '../apply/steps.ts';
import * as make from './fixtures.ts';

/** Its time was over while the charge was with its processor, which took less than the amount. */
function expiredWithLess(): Steps {
  const order = new Steps({ facts: { expiresAt: '2026-11-22T10:00:01.000Z' } }).wait(2_000);
  expect(order.order.ending?.as).toBe('expired');
  order.answer({ outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });
  expect([order.order.review?.code, order.attempt().money.captured]).toEqual(['amount_mismatch', 4_000]);
  return order;
}

test.each([
  ['cancel', make.cancel, 'cancelled'],
  ['close', make.close, 'failed'],
] as const)('an expired order that has less than its amount is ended by %s: that goes back', (_, say, stage) => {
  const order = expiredWithLess();
  expect(refuseEnding(order.order)).toBeNull();
  order.tell(say());
  expect(order.order.ending).toMatchObject({ as: stage, endedAt: order.now });
  for (let i = 0; i < 20 && order.command?.operation === 'lookup'; i += 1)
    order.answer({ outcome: 'succeeded', found: 'payment', claim: 'none', amountMinor: 4_000, reference: 'pay_1' });
  expect(order.command).toMatchObject({ operation: 'refund' });
  // On its way back: nobody ends it otherwise any more.
  expect(refuseEnding(order.order)?.code).toBe('order_closed');
  order.answer({ outcome: 'succeeded' });
  expect([order.stage, order.attempt().money.refunded, order.order.review]).toEqual([stage, 4_000, null]);
});

test('an expired order that has less than its amount can be accepted as paid', () => {
  const order = expiredWithLess();
  order.tell(make.accept(order.order));
  expect([order.stage, order.order.accepted?.minor]).toEqual(['paid', 0]);
});
