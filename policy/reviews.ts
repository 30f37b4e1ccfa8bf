import type { OrderState, Review } from './order.ts';

/**
 * What people are asked about an order. One question is the current one, which everybody sees; the others wait behind it in
 * the order in which they came, and the next comes up when it is answered. None is lost to another. What holds everybody back
 * comes before what does not: otherwise a new try could not answer the latter.
 */

export function openReviews({ review, reviewsBehind = [] }: OrderState): Review[] {
  return review === null ? [] : [review, ...reviewsBehind];
}

/** Reviews during which the buyer may still go on: nothing speaks for money that nobody has explained. */
const BUYER_MAY_GO_ON = new Set([
  'windows_over',
  'unknown_too_long',
  'pending_too_long',
  'cannot_fence',
  'credential_unreadable',
]);

/** Does nobody start another attempt before this is answered? */
export function holdsBack({ code }: Review): boolean {
  return !BUYER_MAY_GO_ON.has(code);
}

/** Is there a question with one of these reasons, current or behind? */
export function isAskedFor(order: OrderState, codes: ReadonlySet<string>): boolean {
  return openReviews(order).some(({ code }) => codes.has(code));
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

/** The same question: for the same reason, about the same attempt, and about the same payment where it is one of a notice. */
export function isSameReview(one: Review, other: Review): boolean {
  return one.code === other.code && one.attempt === other.attempt && one.about === other.about;
}
