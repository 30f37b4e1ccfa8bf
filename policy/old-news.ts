import type { ProcessorEvent } from './answers.ts';
import type { OrderState } from './order.ts';

/**
 * True when a closed order knows already what this notice says: the usual webhook about a charge that answered at once.
 * Such a notice changes nothing, so nobody has to decide about it. In doubt false.
 */
export function isOldNews(order: OrderState, event: ProcessorEvent): boolean {
  if (order.closed === null || event.type !== 'payment_succeeded') return false;
  const { amount, merchantId, orderId } = order.facts;
  if (event.merchantId !== merchantId || event.orderId !== orderId) return false;
  if (event.amountMinor !== amount.minor || event.currency !== amount.currency) return false;
  return order.attempts.some(
    (attempt) =>
      attempt.processor === event.processor &&
      attempt.money.captured === event.amountMinor &&
      attempt.reference !== null &&
      attempt.reference === event.reference,
  );
}
