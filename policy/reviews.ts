import type { OrderState, Review } from './order.ts';
import { holdsBack } from './review-codes.ts';

/**
 * What people are asked about an order. One question is the current one, which everybody sees; the others wait behind it in
 * the order in which they came, and the next comes up when it is answered. None is lost to another. What holds everybody back
 * comes before what does not: otherwise a new try could not answer the latter.
 */

export function openReviews({ review, reviewsBehind = [] }: OrderState): Review[] {
  return review === null ? [] : [review, ...reviewsBehind];
}

/** A person has to look before anybody, the buyer and support included, starts another attempt: money may be where we do not see it. */
export function isBuyerHeldBack(order: OrderState): boolean {
  return openReviews(order).some(holdsBack);
}

/** The current question is answered: the next one comes up. */
export function answerReview(order: OrderState): void {
  const { review } = order;
  keepReviews(order, (each) => each !== review);
}

/** Questions that need no answer any more go, wherever they wait. */
export function keepReviews(order: OrderState, isOpen: (review: Review) => boolean): void {
  putReviews(order, openReviews(order).filter(isOpen));
}

/** More is known of what is asked; it stays the same question, in its place. */
export function addToReview(order: OrderState, review: Review, more: Pick<Review, 'denials'>): void {
  putReviews(
    order,
    openReviews(order).map((each) => (each === review ? { ...each, ...more } : each)),
  );
}

/** At the end, or before the first that holds nobody back if this one does. */
export function queueReview(order: OrderState, asked: Review): void {
  const open = openReviews(order);
  const at = holdsBack(asked) ? open.findIndex((each) => !holdsBack(each)) : -1;
  putReviews(order, at === -1 ? [...open, asked] : open.toSpliced(at, 0, asked));
}

function putReviews(order: OrderState, [current, ...behind]: Review[]): void {
  order.review = current ?? null;
  if (order.reviewsBehind !== undefined || behind.length > 0) order.reviewsBehind = behind;
}

/**
 * The same question: for the same reason, about the same attempt, and about the same payment where it is one of a notice. One
 * that money answers is not one that only a person does.
 */
export function isSameReview(one: Review, other: Review): boolean {
  if (one.code !== other.code || one.attempt !== other.attempt) return false;
  return one.about === other.about && one.beforeMoney === other.beforeMoney;
}
