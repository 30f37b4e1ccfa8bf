import { hasMoney, inFlight, isPayable, openCapture } from './facts.ts';
import type { OrderState } from './order.ts';
import type { Stage } from './terms.ts';

/** The stage is derived, here and nowhere else: no piece of code assigns one. */
export function stageOf(order: OrderState): Stage {
  if (order.closed !== null) return order.closed.stage;
  if (order.review !== null) return 'needs_review';
  // Money that came after an end is not the order's: it ends again as soon as that went back.
  if (order.attempts.some(hasMoney)) return order.ending?.endedAt === undefined ? 'paid' : 'cancelling';
  if (order.ending !== null) return 'cancelling';
  return stageOfPayable(order) ?? stageOfRest(order);
}

/** Late truth may have made two attempts payable: what is least certain comes first. */
function stageOfPayable(order: OrderState): Stage | undefined {
  const open = order.attempts.filter(isPayable);
  if (open.length === 0) return undefined;
  for (const outcome of [null, 'unknown', 'pending', 'requires_action'] as const) {
    const attempt = open.find((each) => each.outcome === outcome);
    if (attempt === undefined) continue;
    switch (outcome) {
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
        return outcome satisfies never;
    }
  }
  const captures = order.captureRequested !== null || open.some((each) => openCapture(each) !== undefined);
  return captures ? 'capturing' : 'authorized';
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

/** True when a person has to act, whatever the stage (of a paid order a refund may have failed). */
export function needsHuman(order: OrderState): boolean {
  return order.review !== null;
}
