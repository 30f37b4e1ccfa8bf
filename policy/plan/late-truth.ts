import { type Draft, tell } from '../draft.ts';
import { isAuthorized, moneyOf } from '../facts.ts';
import type { OrderState } from '../order.ts';
import { yieldsToProof } from '../review-codes.ts';
import { answerReview } from '../reviews.ts';

/**
 * The order was closed when something new came. A paid order is never flipped: its money facts stand apart. Money on an
 * unpaid one is accepted, or given back, and then the order ends again as it had.
 */
export function lateTruth(draft: Draft): void {
  const { order } = draft;
  if (order.closed === null) return;
  const { stage } = order.closed;
  if (stage === 'paid' || (moneyOf(order).held === 0 && !order.attempts.some(isAuthorized))) return;
  if (stage !== 'cancelled' && draft.rule.onLateSuccess === 'accept') {
    tell(draft, 'late_success', `The money came after the order was ${stage}: it is accepted`);
    order.openedAt = draft.now;
    order.captureRequested = null;
  } else {
    tell(draft, 'late_success', `The money came after the order was ${stage}: it has to go back`);
    const { at } = order.closed;
    order.ending = {
      as: stage,
      actor: 'system',
      reason: 'money came after the end',
      since: at,
      endedAt: at,
      again: true,
    };
  }
  order.closed = null;
}

/** A person looks because something was not proved. Once it is, the order goes on without them. */
export function closeAnsweredReview(
  draft: Draft,
  isStillOpen: (attempt: OrderState['attempts'][number]) => boolean,
): void {
  const { review, attempts } = draft.order;
  if (review === null || !yieldsToProof(review)) return;
  const attempt = attempts[(review.attempt ?? 0) - 1];
  if (attempt !== undefined && isStillOpen(attempt) && !isKnown(review.code, attempt)) return;
  answerReview(draft.order);
  tell(draft, 'review_answered', 'Proof came: nobody has to decide any more', attempt === undefined ? {} : { attempt });
}

/** What was in doubt is known, though it can still take money: a page that is open is the buyer's again, not a person's. */
function isKnown(code: string, { outcome }: OrderState['attempts'][number]): boolean {
  return code === 'unknown_too_long' && outcome !== 'unknown';
}
