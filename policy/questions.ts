import type { OrderState, Review } from './order.ts';
import { openReviews } from './reviews.ts';
import { isGiveBackReview } from './stage.ts';
import type { QuestionView } from './view.ts';

/**
 * The id under which a question to a person is answered: of what it asks, and of when it was asked. Asked again later it is
 * another question, and an answer to the former is none to it.
 */
export function questionId({ code, attempt, about, since }: Review): string {
  const text = JSON.stringify([code, attempt, about ?? null, since]);
  return `q_${[0x811c9dc5, 0x9747b28c].map((seed) => fnv1a(text, seed)).join('')}`;
}

/** Tells a handful of questions apart; nothing secret hangs on it. */
function fnv1a(text: string, seed: number): string {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

export function questionById(order: OrderState, id: string): Review | undefined {
  return openReviews(order).find((review) => questionId(review) === id);
}

export function questionView(review: Review): QuestionView {
  const { code, attempt, about = null, since } = review;
  return { id: questionId(review), code, attempt, about, since };
}

/** May a person put the question aside as it is, with evidence? What is not proved needs proof. */
export function isAcceptable(review: Review): boolean {
  return isAboutMoney(review) || isAboutNotice(review);
}

/** Less than the amount was taken: a person accepts it, or ends the order, and it goes back. */
export const LESS_MONEY: ReadonlySet<string> = new Set(['amount_mismatch']);

/** Money that is known: kept though it is too much, or enough though it is less. */
export function isAboutMoney({ code }: Review): boolean {
  return code === 'surplus' || code === 'refund_failed' || LESS_MONEY.has(code);
}

/** A payment that a processor tells of, which nobody has explained. */
export function isAboutNotice({ code }: Review): boolean {
  return code === 'event_unmatched' || code === 'event_mismatch';
}

/** What became of an attempt’s charge, capture or fence: answered by whoever says that, and by nothing else. */
export function isAboutPayment(review: Review): boolean {
  return review.attempt !== null && !isAcceptable(review) && !isGiveBackReview(review);
}
