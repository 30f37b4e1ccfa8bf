import { askPerson, type Draft, tell } from '../draft.ts';
import { heldOf, keeping } from '../facts.ts';
import type { Attempt, OrderState, Review } from '../order.ts';
import { MONEY_DENIED } from '../questions.ts';
import { addToReview, openReviews } from '../reviews.ts';
import { isReferenceOf } from './another-payment.ts';
import { REMEMBERED_NOTICES } from './aside.ts';

/** What a processor says of money that it or a person told of: that it is not there. */
export interface Denial {
  /** `closed`, `only reserved`, or the outcome that it tells. */
  said: string;
  reference?: string | undefined;
  amountMinor?: number | undefined;
  /** Where this is known from: the notice, the lookup, the answer. */
  source: string;
}

/**
 * A person is asked whether the money is there, once: what a processor said before they accepted it asks nobody when it is said
 * again, by whatever notice or lookup. Anything else that it says is news. False when nobody is asked.
 */
export function askAboutDenied(
  draft: Draft,
  attempt: Attempt,
  denial: Denial,
  { code, text }: { code: 'event_mismatch' | 'surplus'; text: string },
): boolean {
  const { order } = draft;
  const says = sayingOf(order, attempt, denial);
  const more = { actor: 'processor', attempt, evidence: denial.source } as const;
  if (attempt.denialsAccepted?.includes(says) === true) {
    const again = `${attempt.processor} says again that attempt ${attempt.number} is ${denial.said}: a person has answered that`;
    tell(draft, 'money_denied', again, more);
    return false;
  }
  askPerson(draft, code, attempt, text, MONEY_DENIED);
  const asked = openReviews(order).find(
    (each) => each.code === code && each.attempt === attempt.number && each.about === MONEY_DENIED,
  );
  if (asked === undefined || asked.denials?.includes(says) === true) return true;
  if (asked.denials !== undefined) tell(draft, 'money_denied', text, more);
  addToReview(order, asked, { denials: [...(asked.denials ?? []), says].slice(-REMEMBERED_NOTICES) });
  return true;
}

/** A person has accepted: what its processor had said by then is answered. */
export function acceptDenials({ attempts }: OrderState, answered: Review[]): void {
  for (const { attempt: number, denials = [] } of answered) {
    const attempt = attempts.find((each) => each.number === number);
    if (attempt === undefined || denials.length === 0) continue;
    attempt.denialsAccepted = [...(attempt.denialsAccepted ?? []), ...denials].slice(-REMEMBERED_NOTICES);
  }
}

/**
 * What is said, of which payment, beside which money: another name or amount says something else, and so does the same after more
 * was taken or went back, or since other money of the order is too much.
 */
function sayingOf(order: OrderState, attempt: Attempt, { said, reference, amountMinor }: Denial): string {
  const { authorized, captured, voided, refunded, returned, disputed } = attempt.money;
  const name = reference === undefined || isReferenceOf(attempt, reference) ? null : reference;
  const minor = amountMinor === undefined || amountMinor === captured ? null : amountMinor;
  const goesBack = heldOf(order, attempt, keeping(order)) > 0;
  const beside = [authorized, captured, voided, refunded, returned, disputed, goesBack, order.surplus?.number ?? 0];
  return JSON.stringify([said, name, minor, ...beside]);
}
