import { isPayable, keeper, lastAttempt, moneyOf, openGiveBack, owesGiveBack } from './facts.ts';
import type { Attempt, OrderState } from './order.ts';
import { reviewText } from './review-codes.ts';
import { stageOf } from './stage.ts';
import type { FailureClass } from './terms.ts';
import { actorText, amountText, minorText } from './words.ts';

/** What happens now, in a sentence that a support person understands without knowing our words, and whether tries are held. */
export function headline(order: OrderState): string {
  const { hold } = order;
  return hold === null ? stageText(order) : `${stageText(order)} Automatic tries are held by ${actorText(hold.actor)}.`;
}

function stageText(order: OrderState): string {
  const stage = stageOf(order);
  const open = order.attempts.find(isPayable) ?? lastAttempt(order);
  const at = open?.processor ?? 'the processor';
  const amount = amountText(order.facts.amount);
  switch (stage) {
    case 'attempting':
      if (open?.outcome === null) return `Attempt ${open.number} runs at ${at}.`;
      return order.retryAt === null ? 'The next step is being decided.' : `The same charge is sent to ${at} again.`;
    case 'confirming':
      return `${at} gave no definite answer: money may have moved. Nothing else is tried until it is proved.`;
    case 'payment_pending':
      return `${at} is still deciding.`;
    case 'waiting_authentication':
      return `The buyer’s bank wants to know that it is the buyer (3-D Secure, at ${at}).`;
    case 'waiting_buyer':
      return 'The payment did not go through. The buyer can choose another way to pay.';
    case 'hosted_checkout':
      return open?.outcome === 'requires_action'
        ? `The buyer pays on the page of ${at}.`
        : 'The buyer is offered a processor’s own payment page.';
    case 'invoiced':
      return open?.outcome === 'requires_action'
        ? `An invoice of ${at} is open for the buyer.`
        : 'The buyer is offered an invoice.';
    case 'retry_scheduled':
      return laterText(order, at);
    case 'authorized':
      return `${amount} is reserved at ${at}. The merchant takes it when the goods leave.`;
    case 'capturing':
      return `The reserved ${amount} is being taken at ${at}.`;
    case 'cancelling':
      if (order.ending?.endedAt !== undefined)
        return `Money came that the order does not keep: ${giveBackText(order)}.`;
      return 'The order is being ended: whatever can still take money is closed first.';
    case 'needs_review':
      return `A person decides: ${textOfReview(order)}.`;
    case 'paid':
      return `Paid: ${minorText(order, keeper(order)?.money.captured ?? 0)}${paidAt(order)}.${surplusText(order)}`;
    case 'failed':
      return 'Closed by a person, without payment.';
    case 'expired':
      return 'The order’s time was over, without payment.';
    case 'cancelled':
      return 'Cancelled, nothing was kept.';
    default:
      return stage satisfies never;
  }
}

/** What comes by itself, unless that is held. */
function laterText({ retryAt, hold }: OrderState, at: string): string {
  if (retryAt?.reason === 'processor_down') {
    const goesOn = hold === null ? ' The payment goes on by itself when it is back.' : '';
    return `${retryAt.processor ?? at} is down.${goesOn}`;
  }
  return `The payment did not go through.${hold === null ? ' It is tried again by itself.' : ''}`;
}

function paidAt(order: OrderState): string {
  const paying = keeper(order);
  return paying === undefined ? '' : ` at ${paying.processor}`;
}

/** After `Paid …`: what else is here, or was, and whose turn it is. */
function surplusText(order: OrderState): string {
  const { review, surplus } = order;
  if (review !== null) return ` A person decides: ${textOfReview(order)}.`;
  if (owesGiveBack(order)) return ` More was taken than the order asks for: ${giveBackText(order)}.`;
  if (surplus == null || surplus.endedAt === null || order.accepted !== undefined) return '';
  return ` ${minorText(order, surplus.minor)} more was taken, and given back.`;
}

function giveBackText(order: OrderState): string {
  const open = openGiveBack(order);
  if (open !== undefined) return `${open.attempt.processor} has not confirmed the refund yet`;
  return `${minorText(order, moneyOf(order).held)} is being given back`;
}

/** Result and reason of an attempt: `declined for now (soft_decline, insufficient_funds)`. */
export function endText(attempt: Attempt): string {
  const { outcome, failureClass, processorCode } = attempt;
  if (failureClass === null) return outcome === null ? 'running' : OUTCOME_TEXT[outcome];
  const code = processorCode === null ? '' : `, ${processorCode}`;
  return `${FAILURE_TEXT[failureClass]} (${failureClass}${code})`;
}

const OUTCOME_TEXT = {
  succeeded: 'succeeded',
  declined: 'declined',
  not_executed: 'nothing happened',
  requires_action: 'the buyer’s turn',
  pending: 'the processor decides',
  unknown: 'not known yet',
} as const satisfies Record<NonNullable<Attempt['outcome']>, string>;

const FAILURE_TEXT: Record<FailureClass, string> = {
  transient: 'overloaded or not reachable, nothing happened',
  unknown_outcome: 'no definite answer',
  soft_decline: 'declined for now',
  issuer_decline_unspecified: 'declined by the bank without a reason',
  processor_decline: 'declined by the processor',
  authentication_required: 'the bank wants 3-D Secure',
  authentication_failed: 'failed with 3-D Secure, no other processor',
  instrument_problem: 'something about the payment method is wrong',
  hard_decline: 'declined for good, this method never again',
  blocked: 'blocked by the processor’s risk rules',
  blocked_for_good: 'blocked for good',
  duplicate: 'the processor says that it has this payment',
  in_flight: 'the processor is still working on it',
  unsupported: 'the processor cannot do what the order needs',
  misconfigured: 'our account at the processor does not work',
  unclassified: 'declined with a code that we do not know',
};

/** Why a person is asked, and how many questions wait behind. */
function textOfReview({ review, reviewsBehind = [] }: OrderState): string {
  const more = reviewsBehind.length;
  const behind = more === 0 ? '' : ` (then ${more} more question${more === 1 ? '' : 's'})`;
  return `${review === null ? '' : reviewText(review)}${behind}`;
}
