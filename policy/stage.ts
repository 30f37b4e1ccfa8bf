import { hasMoney, inFlight, isAuthorized, isPayable, moneyOf } from './facts.ts';
import type { OrderState } from './order.ts';
import type { Stage } from './terms.ts';

/** The stage is derived, here and nowhere else: no piece of code assigns one. */
export function stageOf(order: OrderState): Stage {
  if (order.closed !== null) return order.closed.stage;
  if (order.review !== null) return 'needs_review';
  if (order.attempts.some(hasMoney)) return moneyOf(order).held > 0 ? 'needs_review' : 'paid';
  if (order.ending !== null) return 'cancelling';
  return stageOfPayable(order) ?? stageOfRest(order);
}

function stageOfPayable(order: OrderState): Stage | undefined {
  for (const attempt of order.attempts) {
    if (!isPayable(attempt)) continue;
    switch (attempt.outcome) {
      case null:
        return 'attempting';
      case 'unknown':
        return 'confirming';
      case 'pending':
        return 'payment_pending';
      case 'requires_action':
        if (attempt.kind === 'hosted_checkout') return 'hosted_checkout';
        return attempt.kind === 'invoice' ? 'invoiced' : 'waiting_authentication';
      default:
        if (isAuthorized(attempt)) return order.captureRequested === null ? 'authorized' : 'capturing';
    }
  }
  return undefined;
}

function stageOfRest(order: OrderState): Stage {
  if (inFlight(order) !== undefined) return 'attempting';
  if (order.retryAt !== null) return order.retryAt.reason === 'backoff' ? 'attempting' : 'retry_scheduled';
  switch (order.window?.path) {
    case 'buyer':
      return 'waiting_buyer';
    case 'hosted_checkout':
      return 'hosted_checkout';
    case 'invoice':
      return 'invoiced';
    default:
      return 'attempting';
  }
}

/** True when a person has to act, whatever the stage (a paid order may hold a surplus). */
export function needsHuman(order: OrderState): boolean {
  return order.review !== null || (order.closed !== null && moneyOf(order).held > 0);
}
