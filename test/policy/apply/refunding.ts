import { expect } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import type { Operation } from '../../../policy/order.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

/** The payment was looked up and is there. */
export const FOUND = { outcome: 'succeeded', found: 'payment', claim: 'none' } as const;

/** Alpha declined, beta paid, then alpha has the money too: both payments are confirmed, and the refund is out. */
export function refunding(sheets?: Sheet[]): Steps {
  const order = confirming(sheets).answer(FOUND);
  if (order.command?.operation === 'lookup') order.answer(FOUND);
  expect(order.command).toMatchObject({ operation: 'refund', attempt: 1 });
  return order;
}

/** The same, with the first payment being looked up. */
export function confirming(sheets?: Sheet[]): Steps {
  const order = doublyPaid(sheets);
  expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  return order;
}

/** The same, with whatever follows from it. */
export function doublyPaid(sheets?: Sheet[], reference?: string): Steps {
  const declined = { outcome: 'declined', failureClass: 'soft_decline' } as const;
  const order = new Steps(sheets === undefined ? {} : { sheets }).answer(declined).answer({ outcome: 'succeeded' });
  const named = reference === undefined ? {} : { reference };
  return order.wait(1_000).notice('payment_succeeded', { attempt: 1, processor: 'alpha', ...named });
}

/** The last refund of the first attempt. */
export function refundOf(order: Steps): Operation | undefined {
  return order.attempt(1).operations.findLast(({ operation }) => operation === 'refund');
}

/** Alpha knows no keys, so that a refund is only looked up; it is believed absent by this rule. */
export function alphaWith(absence: NonNullable<Sheet['lookup']>['absence']): Sheet[] {
  const [alpha] = make.sheetsWith({});
  if (alpha?.lookup == null) throw new Error('alpha has a lookup');
  return make.sheetsWith({ alpha: { idempotency: null, lookup: { ...alpha.lookup, absence } } });
}

/** Waits until the refund is looked up. */
export function untilLookedUp(order: Steps): Steps {
  order.untilSent();
  expect(order.command).toMatchObject({ operation: 'lookup', of: 'refund' });
  return order;
}

/** What the processor says to that. */
export function answerLookup(order: Steps, said: Partial<OperationResult>): Steps {
  return order.answer({ key: refundOf(order)?.key ?? '', claim: 'none', outcome: 'unknown', ...said });
}
