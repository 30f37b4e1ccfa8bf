import { describe, expect, test } from 'vitest';
import { headline } from '../../policy/headline.ts';
import { confirming, FOUND, refunding } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown' } as const;
const ACT = { outcome: 'requires_action' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const stray = (reference: string) => ({ key: 'theirs', reference }) as const;
const manual = () => new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });
const declined = () => new Steps().answer(HARD);
const page = (path: 'hosted_checkout' | 'invoice') => declined().tell(make.choose(path)).answer(ACT);
const mandate = () => new Steps({ facts: make.MANDATE });

describe('what support reads', () => {
  test.each([
    ['Attempt 1 runs at alpha.', () => new Steps()],
    ['Attempt 2 runs at beta.', () => new Steps().answer(SOFT)],
    ['The same charge is sent to alpha again.', () => new Steps().answer(BUSY)],
    ['alpha is still deciding.', () => new Steps().answer({ outcome: 'pending' })],
    ['The buyer’s bank wants to know that it is the buyer (3-D Secure, at alpha).', () => new Steps().answer(ACT)],
    ['The payment did not go through. The buyer can choose another way to pay.', () => declined()],
    ['The buyer is offered a processor’s own payment page.', () => declined().wait(make.DAY_MS)],
    ['The buyer pays on the page of alpha.', () => page('hosted_checkout')],
    ['An invoice of alpha is open for the buyer.', () => page('invoice')],
    ['The payment did not go through. It is tried again by itself.', () => mandate().answer(SOFT).answer(SOFT)],
    ['EUR 49.99 is reserved at alpha. The merchant takes it when the goods leave.', () => manual()],
    ['The reserved EUR 49.99 is being taken at alpha.', () => manual().tell(make.capture())],
    [
      'The order is being ended: whatever can still take money is closed first.',
      () => new Steps().answer(UNKNOWN).tell(make.cancel()),
    ],
    [
      'Money came that the order does not keep: EUR 49.99 is being given back.',
      () => declined().tell(make.cancel()).notice('payment_succeeded'),
    ],
    ['Paid: EUR 49.99 at alpha.', () => new Steps().answer({ outcome: 'succeeded' })],
    [
      'Paid: EUR 49.99 at beta. More was taken than the order asks for: EUR 49.99 is being given back.',
      () => confirming(),
    ],
    [
      'Paid: EUR 49.99 at beta. More was taken than the order asks for: alpha has not confirmed the refund yet.',
      () => refunding(),
    ],
    [
      'Paid: EUR 49.99 at beta. EUR 49.99 more was taken, and given back.',
      () => refunding().answer({ outcome: 'succeeded' }),
    ],
    ['Closed by a person, without payment.', () => declined().tell(make.close())],
    [
      'The order’s time was over, without payment.',
      () => new Steps({ facts: { expiresAt: '2026-11-22T11:00:00.000Z' } }).answer(HARD).wait(make.HOUR_MS),
    ],
    ['Cancelled, nothing was kept.', () => declined().tell(make.cancel())],
    [
      'A person decides: a processor tells of a payment that is none of ours.',
      () => declined().notice('payment_succeeded', stray('a')),
    ],
    [
      'A person decides: a processor tells of a payment that is none of ours (then 1 more question).',
      () => declined().notice('payment_succeeded', stray('a')).notice('payment_succeeded', stray('b')),
    ],
    [
      'A person decides: a processor tells of a payment that is none of ours (then 2 more questions).',
      () => ['a', 'b', 'c'].reduce((order, each) => order.notice('payment_succeeded', stray(each)), declined()),
    ],
  ] as [string, () => Steps][])('%s', (text, life) => {
    expect(headline(life().order)).toBe(text);
  });

  test('of a surplus that a person accepted nothing: it did not go back', () => {
    const order = refunding().answer({ outcome: 'declined', code: 'no' });
    for (let steps = 0; steps < 10 && order.order.review === null; steps += 1) {
      if (order.command === null) order.untilSent();
      order.answer(order.command?.operation === 'lookup' ? FOUND : { outcome: 'declined', code: 'no' });
    }
    expect(headline(order.order)).toBe('Paid: EUR 49.99 at beta. A person decides: a refund failed.');
    expect(headline(order.tell(make.accept(order.order)).order)).toBe('Paid: EUR 49.99 at beta.');
  });
});
