import type { OrderState, Review } from './order.ts';
import { openReviews } from './reviews.ts';
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

/**
 * What a question is about when a payment's money was told of, and then its processor says that it is closed, or that it took
 * none. Only a person answers it, whatever becomes of other money.
 */
export const MONEY_DENIED = 'closed';
