import { hasMoney, isAuthorized } from '../facts.ts';
import type { Attempt, OrderState, Review } from '../order.ts';
import { amountText } from '../words.ts';
import { isPaymentNamed, isReferenceOf } from './another-payment.ts';
import type { Meaning, Said } from './meaning.ts';
import { paymentAskedAbout } from './take-over.ts';

/**
 * What a person says of a payment beside its outcome: its name at the processor, and what was taken. Why that cannot be, or
 * `null`. Names are not repeated: whoever is refused has them.
 */
export function refuseDetails(
  order: OrderState,
  { outcome, reference, amount }: Said,
  meaning: Exclude<Meaning, { kind: 'nothing' }>,
): string | null {
  if (reference === undefined && amount === undefined) return null;
  if (outcome !== 'succeeded') return '`reference` and `amount` are said of what succeeded.';
  if (meaning.kind !== 'payment')
    return 'What is asked is what became of a refund: `reference` and `amount` are said of a payment.';
  const { attempt, answers } = meaning;
  return refuseName(order, attempt, answers, reference) ?? refuseAmount(order, attempt, amount);
}

/** One payment has one name, and one name is one payment’s. */
function refuseName(
  order: OrderState,
  attempt: Attempt,
  answers: Review[],
  reference: string | undefined,
): string | null {
  if (reference === undefined) return null;
  const { number, processor } = attempt;
  if (order.facts.capture === 'manual' && attempt.kind === 'card' && !isAuthorized(attempt) && !hasMoney(attempt))
    return `What attempt ${number} may have reserved is named by ${processor} alone, because it is captured by that name.`;
  if (isPaymentNamed(attempt) && !isReferenceOf(attempt, reference))
    return `The payment of attempt ${number} is known at ${processor} under another \`reference\`.`;
  const owner = order.attempts.find(
    (each) => each !== attempt && each.processor === processor && isReferenceOf(each, reference),
  );
  if (owner !== undefined) return `This \`reference\` is the payment of attempt ${owner.number}.`;
  const asked = paymentAskedAbout(order, attempt, answers).reference;
  if (asked !== undefined && asked !== reference)
    return 'The question that was named is about a payment with another `reference`.';
  return null;
}

function refuseAmount({ facts }: OrderState, attempt: Attempt, amount: Said['amount']): string | null {
  if (amount === undefined) return null;
  const { minor, currency } = amount;
  if (currency !== facts.amount.currency) return `The order is in ${facts.amount.currency}: \`amount\` has to be, too.`;
  if (!Number.isSafeInteger(minor) || minor <= 0)
    return '`amount` has to be a whole number of minor units, at least 1.';
  const { captured } = attempt.money;
  if (hasMoney(attempt) && minor !== captured)
    return `What attempt ${attempt.number} took is known: ${amountText({ ...facts.amount, minor: captured })}.`;
  return null;
}

/** As the timeline says it: ` (EUR 12.00, pay_1)`. */
export function detailsText({ reference, amount }: Said): string {
  const parts = [
    ...(amount === undefined ? [] : [amountText(amount)]),
    ...(reference === undefined ? [] : [reference]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
