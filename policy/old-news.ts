import type { ProcessorEvent } from './answers.ts';
import type { Attempt, OrderState } from './order.ts';

/**
 * True when a closed order knows already what this notice says: the usual webhook about a charge that answered at once.
 * Such a notice changes nothing, so nobody has to decide about it. In doubt false.
 */
export function isOldNews(order: OrderState, event: ProcessorEvent): boolean {
  if (order.closed === null) return false;
  if (event.type === 'refund_succeeded') return isOwnRefund(order, event);
  if (event.type !== 'payment_succeeded') return false;
  const { amount, merchantId, orderId } = order.facts;
  if (event.merchantId !== merchantId || event.orderId !== orderId) return false;
  if (event.amountMinor !== amount.minor || event.currency !== amount.currency) return false;
  return order.attempts.some(
    (attempt) =>
      isAt(attempt, event) &&
      attempt.money.captured === event.amountMinor &&
      attempt.reference !== null &&
      attempt.reference === event.reference,
  );
}

/** A refund that we sent, and whose success was counted. */
function isOwnRefund({ attempts, facts }: OrderState, event: ProcessorEvent): boolean {
  if (event.merchantId !== facts.merchantId || event.orderId !== facts.orderId) return false;
  return attempts.some(
    (attempt) =>
      isAt(attempt, event) &&
      attempt.operations.some(
        ({ operation, key, outcome, amountMinor }) =>
          operation === 'refund' && key === event.key && outcome === 'succeeded' && amountMinor === event.amountMinor,
      ),
  );
}

function isAt({ processor, account }: Attempt, event: ProcessorEvent): boolean {
  return processor === event.processor && (event.account === undefined || event.account === account);
}
