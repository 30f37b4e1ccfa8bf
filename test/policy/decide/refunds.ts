import { type Heard, heard, type Payment, type Request, timeout } from './payments.ts';
import type { ProcessorModel } from './processor-model.ts';

/** What a refund really did. Without idempotency one key may stand here more than once. */
export interface Refund {
  key: string;
  payment: Payment;
  amountMinor: number;
  status: 'done' | 'declined';
}

/**
 * A refund arrives. A key that is known is answered from its record; without idempotency it gives back again. The word says
 * how a new one goes, and whether its answer is heard.
 */
export function giveBack(at: ProcessorModel, request: Request, word: string, nowMs: number): Heard {
  const known = at.refunds.find(({ key }) => key === request.key);
  if (known !== undefined && at.sheet.idempotency !== null) return refundAnswer(known);
  if (word === '503') return heard('not_executed', 'http_503', { provedNotExecuted: true });
  if (word === 'timeout_lost') return timeout();
  const payment = at.payments.findLast(({ key }) => key === request.targetKey);
  const left = payment === undefined ? 0 : payment.capturedMinor - payment.refundedMinor;
  if (payment === undefined || request.amountMinor > left) {
    return heard('declined', 'http_409', { code: 'amount_too_large' });
  }
  const status = word === 'declined' ? 'declined' : 'done';
  const refund: Refund = { key: request.key, payment, amountMinor: request.amountMinor, status };
  at.refunds.push(refund);
  settleRefund(at, refund, nowMs);
  return word === 'timeout_done' ? timeout() : refundAnswer(refund);
}

/** The money goes back, or does not, and the processor tells of it. */
export function settleRefund(at: ProcessorModel, { payment, amountMinor, key, status }: Refund, nowMs: number): void {
  if (status === 'done') payment.refundedMinor += amountMinor;
  const type = status === 'done' ? 'refund_succeeded' : 'refund_failed';
  const event = { type, key, reference: payment.reference, amountMinor } as const;
  at.webhooks.push({ atMs: nowMs + 1_000, sure: true, event });
}

export function refundAnswer({ status, amountMinor }: Refund): Heard {
  return status === 'done'
    ? heard('succeeded', 'succeeded', { reference: 'refund', amountMinor })
    : heard('declined', 'declined', { code: 'refund_failed' });
}
