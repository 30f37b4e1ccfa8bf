import { AMOUNT_MINOR, type Answer, type Payment } from './payments.ts';
import type { ProcessorModel } from './processor-model.ts';

/** Voids and closes: what is taken or under way stays; anything else can take no money from then on, also what is still to come. */
export function fence(at: ProcessorModel, payment: Payment | undefined, key: string): Answer {
  if (payment?.status === 'captured') return { outcome: 'declined', evidence: 'http_409', code: 'already_captured' };
  if (payment?.status === 'pending') return { outcome: 'declined', evidence: 'http_409', code: 'pending' };
  at.fencedKeys.add(key);
  if (payment !== undefined && payment.status !== 'declined') {
    payment.voided ||= payment.status === 'authorized';
    payment.status = 'closed';
    payment.later = null;
  }
  return { outcome: 'succeeded', evidence: 'closed', found: 'closed' };
}

export function capture(at: ProcessorModel, payment: Payment | undefined, nowMs: number): Answer {
  if (payment?.status !== 'authorized') {
    return payment?.status === 'captured'
      ? { outcome: 'succeeded', evidence: 'succeeded', amountMinor: payment.capturedMinor }
      : { outcome: 'declined', evidence: 'http_409' };
  }
  payment.status = 'captured';
  payment.capturedMinor = AMOUNT_MINOR;
  // Whatever it was before, we took it.
  payment.surprise = false;
  at.tell(payment, nowMs, 1_000);
  return { outcome: 'succeeded', evidence: 'succeeded', amountMinor: payment.capturedMinor };
}
