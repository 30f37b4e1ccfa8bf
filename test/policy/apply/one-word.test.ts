import { expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import * as make from '../decide/fixtures.ts';
import { FOUND, refunding } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const types = ({ events }: Steps) => events.map(({ type }) => type);

test('money that a person says is gone, and that a notice says has gone back, is told as returned once', () => {
  const order = new Steps().answer({ outcome: 'unknown' }).tell(make.choose('hosted_checkout'), make.MINUTE_MS);
  order.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_1', amountMinor: AMOUNT });
  order.answer({ outcome: 'succeeded', found: 'closed' }).notice('payment_returned', { reference: 'pay_1' });
  expect(types(order)).toContain('order.returned');
  order.tell(make.resolve(1, 'absent', make.asked(order.order)));
  expect([types(order).includes('order.returned'), moneyOf(order.order).returned]).toEqual([false, AMOUNT]);
});

test('who is content with less, while the order is being cancelled, cancels it all the same', () => {
  const order = new Steps({ facts: { capture: 'manual' } });
  order.answer({ outcome: 'succeeded', amountMinor: 4_000, authorizedOnly: true });
  expect(order.order.review?.code).toBe('amount_mismatch');
  order.tell(make.cancel());
  expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
  order.tell(make.accept(order.order)).answer({ outcome: 'succeeded', found: 'closed' });
  expect([order.stage, order.attempt(1).money.voided]).toEqual(['cancelled', 4_000]);
});

test('a refund that a person proves to have done nothing, too late for its key, goes on as the same surplus', () => {
  const sheets = make.sheetsWith({ alpha: { idempotency: null } });
  const order = refunding(sheets).answer({ outcome: 'unknown' });
  const { surplus } = order.order;
  order.tell(make.resolve(1, 'absent'));
  expect(order.order.surplus).toMatchObject({ number: 1, since: surplus?.since, minor: AMOUNT, endedAt: null });
  // Both payments are looked up anew before anything goes back.
  order.answer(FOUND).answer(FOUND);
  expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
});
