import { askPerson, type Draft, tell } from '../draft.ts';
import { isAuthorized, moneyOf, netOf } from '../facts.ts';
import type { OrderState } from '../order.ts';
import { amountText } from '../words.ts';

/**
 * The order was closed when something new came. True when nothing is planned now: it stays closed, or the next clock
 * event plans. (Whoever applies events to a closed order has nobody to carry out a command.)
 * A paid order is never flipped; money on an unpaid one is accepted, or held for a person until it is given back.
 */
export function lateTruth(draft: Draft): boolean {
  const { order } = draft;
  if (order.closed === null) return false;
  const { stage } = order.closed;
  if (stage === 'paid') {
    reviewSurplus(draft);
    return true;
  }
  const captured = order.attempts.some((attempt) => netOf(attempt.money) > 0);
  if (!captured && !order.attempts.some(isAuthorized)) return true;
  if (stage !== 'cancelled' && draft.rule.onLateSuccess === 'accept') {
    tell(draft, 'late_success', `The money came after the order was ${stage}: it is accepted`);
    order.openedAt = draft.now;
    order.captureRequested = null;
  } else {
    tell(draft, 'late_success', `The money came after the order was ${stage}: it has to go back`);
    const { at } = order.closed;
    order.ending = { as: stage, actor: 'system', reason: 'money came after the end', since: at, endedAt: at };
  }
  order.closed = null;
  // Captured money is settled at once: that sends nothing. An authorization may need a command, so it waits its turn.
  draft.planNext = order.attempts.some(isAuthorized);
  return draft.planNext;
}

/** Money beyond the order's amount is a person's until it is given back; then the question is answered. */
export function reviewSurplus(draft: Draft): void {
  const { order } = draft;
  const { held } = moneyOf(order);
  if (held === 0) {
    if (order.review?.code === 'surplus') order.review = null;
    return;
  }
  const text = `${amountText({ ...order.facts.amount, minor: held })} is held that the order must not keep: give it back`;
  askPerson(draft, 'surplus', null, text);
  draft.decided ??= text;
}

/** A person looks because something was not proved. Once it is, the order goes on without them. */
export function closeAnsweredReview(
  draft: Draft,
  isStillOpen: (attempt: OrderState['attempts'][number]) => boolean,
): void {
  const { review, attempts } = draft.order;
  if (review === null || !ANSWERED_BY_PROOF.has(review.code)) return;
  const attempt = attempts[(review.attempt ?? 0) - 1];
  if (attempt !== undefined && isStillOpen(attempt) && !isKnown(review.code, attempt)) return;
  draft.order.review = null;
  tell(draft, 'review_answered', 'Proof came: nobody has to decide any more', attempt === undefined ? {} : { attempt });
}

const ANSWERED_BY_PROOF = new Set(['unknown_too_long', 'pending_too_long', 'cannot_fence', 'capture_unknown']);

/** What was in doubt is known, though it can still take money: a page that is open is the buyer's again, not a person's. */
function isKnown(code: string, { outcome }: OrderState['attempts'][number]): boolean {
  return code === 'unknown_too_long' && outcome !== 'unknown';
}
