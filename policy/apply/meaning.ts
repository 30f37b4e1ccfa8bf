import type { OrderEvent } from '../events.ts';
import { attemptNumbered, hasMoney, openGiveBack } from '../facts.ts';
import type { Attempt, OrderState, Review } from '../order.ts';
import { MONEY_DENIED, questionById, questionId } from '../questions.ts';
import { isAboutNotice, isAboutPayment, isAcceptable, isLessMoney, isOfGiveBack } from '../review-codes.ts';
import { openReviews } from '../reviews.ts';
import { mayBeNamedBy } from './another-payment.ts';
import { refuseDetails } from './payment-said.ts';
import { paymentAskedAbout } from './take-over.ts';

type Resolved = Extract<OrderEvent, { type: 'unknown_resolved' }>;
export type Said = Pick<Resolved, 'attempt' | 'outcome' | 'question' | 'reference' | 'amount'>;

/** What a person’s word is about, and the questions that it answers: one, or those of the one payment or refund that it settles. */
export type Meaning =
  | { kind: 'payment' | 'refund' | 'by_hand' | 'gone'; attempt: Attempt; answers: Review[] }
  | { kind: 'accepted'; answers: [Review] }
  | { kind: 'nothing'; why: string };

/** Read-only: the validator asks, and whoever applies the word asks again, of the order as it is then. */
export function meaningOf(order: OrderState, said: Said): Meaning {
  const meaning = answeredBy(order, said);
  const why = meaning.kind === 'nothing' ? null : refuseDetails(order, said, meaning);
  return why === null ? meaning : nothing(why);
}

function answeredBy(order: OrderState, said: Said): Meaning {
  const named = said.question === undefined ? undefined : questionById(order, said.question);
  if (said.question !== undefined && named === undefined)
    return nothing('The question that was named is not open: it was answered, or never asked. Read the order again.');
  const number = said.attempt ?? named?.attempt ?? null;
  const attempt = number === null ? undefined : attemptNumbered(order, number);
  if (number !== null && attempt === undefined) return nothing(`The order has no attempt ${number}.`);
  if (named !== undefined && named.attempt !== null && named.attempt !== number)
    return nothing(`The question that was named is about attempt ${named.attempt}.`);
  if (said.outcome === 'accepted') return acceptance(order, named, number);
  if (attempt === undefined) return nothing('Say of which attempt that is known.');
  if (named !== undefined && !isAboutPayment(named) && !isOfGiveBack(named))
    return wordOnNotice(order, attempt, said.outcome, named);
  return wordOnAttempt(order, attempt, said, named);
}

/** Whoever accepts without naming a question means the only one that is there: fixed when the word comes, not when it is applied. */
export function questionMeant(order: OrderState, said: Said): string | undefined {
  if (said.question !== undefined || said.outcome !== 'accepted') return said.question;
  const meaning = meaningOf(order, said);
  return meaning.kind === 'accepted' ? questionId(meaning.answers[0]) : undefined;
}

function acceptance(order: OrderState, named: Review | undefined, number: number | null): Meaning {
  const question = named ?? order.review;
  if (question === null || (question.attempt !== null && number !== null && question.attempt !== number)) {
    const about = number === null ? '' : ` about attempt ${number}`;
    return nothing(`No person was asked${about}: there is nothing to accept.`);
  }
  if (!isAcceptable(question))
    return nothing(`What a person was asked (${question.code}) needs proof, not acceptance.`);
  if (named === undefined && openReviews(order).filter(isAcceptable).length > 1)
    return nothing(
      'More than one question is open: name the one that is meant, with `question` (`nextAction.question.id`).',
    );
  return { kind: 'accepted', answers: [question] };
}

/** What became of the attempt’s payment or refund. A notice that nobody has explained is none of that. */
function wordOnAttempt(
  order: OrderState,
  attempt: Attempt,
  { outcome, reference }: Said,
  named: Review | undefined,
): Meaning {
  const asked = openReviews(order).filter((review) => review.attempt === attempt.number);
  const meaning = isRefundInDoubt(order, attempt, asked)
    ? ({ kind: 'refund', attempt, answers: asked.filter(isAboutRefund) } as const)
    : ({ kind: 'payment', attempt, answers: asked.filter(isAboutPayment) } as const);
  const isSettled = meaning.kind === 'payment' && attempt.outcome !== 'unknown' && meaning.answers.length === 0;
  if (!isSettled && (named === undefined || meaning.answers.includes(named))) return meaning;
  if (!isSettled)
    return nothing(`What became of attempt ${attempt.number} is not known: say that first, without a question.`);
  const left = named ?? asked.find(isOfGiveBack);
  // Nothing is in doubt of it, and nothing asked, but under which name it took its money.
  if (left === undefined && outcome === 'succeeded' && reference !== undefined && mayBeNamedBy(attempt, { reference }))
    return { kind: 'payment', attempt, answers: [] };
  if (left === undefined) return nothing(`Attempt ${attempt.number} has no unknown outcome.`);
  if (outcome === 'absent' && named?.about === MONEY_DENIED) return wordThatItIsGone(order, attempt, left);
  if (outcome === 'absent')
    return nothing('That the money did not go back is known: try again with `retry`, or accept it with `accepted`.');
  return { kind: 'by_hand', attempt, answers: [left] };
}

/** It came back without an answer, or a person was asked about it. */
function isRefundInDoubt(order: OrderState, attempt: Attempt, asked: Review[]): boolean {
  const open = openGiveBack(order);
  if (open?.attempt !== attempt) return false;
  return open.operation.endedAt !== null || asked.some(({ code }) => code === 'refund_unknown');
}

function isAboutRefund({ code }: Review): boolean {
  return code === 'refund_unknown' || code === 'claim_conflict';
}

/** Named, and not about an outcome that is in doubt: the payment of a notice may turn out to be the attempt’s own. */
function wordOnNotice(order: OrderState, attempt: Attempt, outcome: 'succeeded' | 'absent', named: Review): Meaning {
  if (outcome === 'absent' && named.about === MONEY_DENIED) return wordThatItIsGone(order, attempt, named);
  if (outcome === 'absent' || isLessMoney(named)) {
    const instead = isAcceptable(named) ? 'it is answered with `accepted`' : 'another way to pay answers it, or an end';
    return nothing(`\`${outcome}\` does not answer what a person was asked (${named.code}): ${instead}.`);
  }
  // Whose payment it is was never told: it may be this one's.
  if (named.code === 'event_unmatched' && mayBeNamedBy(attempt, paymentAskedAbout(order, attempt, [named])))
    return { kind: 'payment', attempt, answers: [named] };
  if (attempt.money.captured > 0) {
    const instead = isAboutNotice(named) ? ': what was told of is another payment, put aside with `accepted`' : '';
    const has = hasMoney(attempt) ? 'has its money' : 'had its money, which went back';
    return nothing(`Attempt ${attempt.number} ${has}${instead}.`);
  }
  const settled = openReviews(order).filter((each) => each.attempt === attempt.number && isAboutPayment(each));
  return { kind: 'payment', attempt, answers: [named, ...settled] };
}

/** What a refund of ours gives back is counted by that, and must not be counted twice. */
function wordThatItIsGone(order: OrderState, attempt: Attempt, named: Review): Meaning {
  if (openGiveBack(order)?.attempt !== attempt) return { kind: 'gone', attempt, answers: [named] };
  return nothing(
    `What became of the refund of attempt ${attempt.number} is not known: say that first, without a question.`,
  );
}

function nothing(why: string): Meaning {
  return { kind: 'nothing', why };
}
