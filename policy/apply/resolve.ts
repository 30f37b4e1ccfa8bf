import { type Draft, tell } from '../draft.ts';
import type { OrderEvent } from '../events.ts';
import {
  attemptNumbered,
  hasMoney,
  heldOf,
  isAuthorized,
  isPayable,
  keeping,
  mayKeepMinor,
  moneyOf,
  netOf,
  openCapture,
  openGiveBack,
  operationOf,
  primaryOperation,
} from '../facts.ts';
import type { Attempt, Operation, OrderState, Review } from '../order.ts';
import { fenceOf } from '../plan/proof-times.ts';
import { MONEY_DENIED } from '../questions.ts';
import { isAboutMoney, isLessMoney, isOfGiveBack } from '../review-codes.ts';
import { answerReview, keepReviews, openReviews } from '../reviews.ts';
import { minorText } from '../words.ts';
import { isPaymentNamed } from './another-payment.ts';
import { acceptDenials } from './denied.ts';
import { learn, type Truth } from './end-attempt.ts';
import { confirmFence } from './fence.ts';
import { concludeGiveBack, confirmPayment, lookAgain } from './give-back.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import { countOnce } from './money-facts.ts';
import { detailsText } from './payment-said.ts';
import { paymentAskedAbout } from './take-over.ts';

type Resolved = Extract<OrderEvent, { type: 'unknown_resolved' }>;

/** A named person's evidence: about an unknown outcome, or about what waits for a person. One word answers one question. */
export function applyResolved(draft: Draft, event: Resolved): void {
  const { order } = draft;
  const meaning = meaningOf(order, event);
  const { actor, evidence } = event;
  if (meaning.kind === 'nothing') return tell(draft, 'resolve_refused', `Resolve: refused. ${meaning.why}`, { actor });
  const attempt = attemptNumbered(order, event.attempt ?? meaning.answers[0]?.attempt ?? 0);
  const more = { actor, evidence, ...(attempt === undefined ? {} : { attempt }) };
  tell(draft, 'unknown_resolved', `${wordText(meaning, event.outcome)}${detailsText(event)}: ${event.reason}`, more);
  keepReviews(order, (review) => !meaning.answers.includes(review));
  switch (meaning.kind) {
    case 'accepted':
      return accept(draft, event, meaning.answers[0]);
    case 'refund':
      return resolveRefund(draft, meaning.attempt, event.outcome === 'succeeded');
    case 'by_hand':
      return giveBackByHand(draft, meaning.attempt, event);
    case 'gone':
      return moneyIsGone(draft, meaning.attempt, event);
    case 'payment':
      return resolvePayment(draft, meaning.attempt, event, meaning.answers);
    default:
      return meaning satisfies never;
  }
}

/** What is said of an attempt, its refund, its money, or of a question, as the timeline tells it. */
function wordText(meaning: Exclude<Meaning, { kind: 'nothing' }>, outcome: Resolved['outcome']): string {
  if (meaning.kind === 'accepted') return `${questionText(meaning.answers[0])} is accepted`;
  const attempt = `attempt ${meaning.attempt.number}`;
  if (meaning.kind === 'gone') return `The money of ${attempt} is not there`;
  const what = meaning.kind === 'payment' ? `Attempt ${meaning.attempt.number}` : `The refund of ${attempt}`;
  return `${what} ${outcome === 'succeeded' ? 'succeeded' : 'did nothing'}`;
}

function questionText({ code, about, attempt }: Review): string {
  const where = attempt === null ? '' : ` of attempt ${attempt}`;
  return `What was asked${where} (${about === undefined ? code : `${code}, ${about}`})`;
}

function resolveRefund(draft: Draft, attempt: Attempt, succeeded: boolean): void {
  const open = openGiveBack(draft.order);
  if (open === undefined) return;
  const outcome = succeeded ? 'succeeded' : 'not_executed';
  if (!succeeded) provedUnsent(open.operation);
  concludeGiveBack(draft, attempt, open.operation, { outcome, source: BY_PERSON });
  // Proved to have done nothing, and too late for its key: another one.
  const { surplus } = draft.order;
  if (attempt.proof?.nextResendAt === null && surplus !== undefined) {
    draft.order.surplus = { ...surplus, again: true };
    // It was about the refund, and old: the payment itself, looked up before the next one, has a time of its own.
    attempt.proof = null;
  }
}

const BY_PERSON = 'a person with evidence';
const TRUTH_OF_A_PERSON = {
  failureClass: null,
  forbidsInstrument: false,
  retryAfterMs: null,
  source: BY_PERSON,
} satisfies Partial<Truth>;

/** Also of an attempt that had ended, where a person was asked: its money is found after all. */
function resolvePayment(draft: Draft, attempt: Attempt, event: Resolved, answers: Review[]): void {
  const { outcome, amount } = event;
  const succeeded = outcome === 'succeeded';
  // The payment that was asked about is this one: from now on the attempt's is known by its name.
  const asked = succeeded ? paymentAskedAbout(draft.order, attempt, answers) : {};
  const { reference = asked.reference } = event;
  if (asked.reference === undefined && asked.key !== undefined) attempt.tookUnder = asked.key;
  const toldByNobody = asked.reference === undefined && !isPaymentNamed(attempt);
  if (event.reference !== undefined && toldByNobody) attempt.nameSaid = event.reference;
  if (hasMoney(attempt)) return namePayment(attempt, reference);
  const late = succeeded && answers.length > 0;
  if (!isPayable(attempt) && !late) return;
  draft.order.askedBuyer = true;
  const said = { reference, amountMinor: amount?.minor, actor: event.actor };
  if (isAuthorized(attempt)) resolveAuthorized(draft, attempt, succeeded, answers, said);
  else resolveCollecting(draft, attempt, succeeded, said, asked.type === 'payment_succeeded');
  if (amount !== undefined && hasMoney(attempt)) attempt.moneySaid = true;
}

type SaidOfPayment = Pick<Truth, 'reference' | 'amountMinor' | 'actor'>;

/** `isTaken`: of the payment that is meant its processor told that it took the money. */
function resolveCollecting(
  draft: Draft,
  attempt: Attempt,
  succeeded: boolean,
  said: SaidOfPayment,
  isTaken: boolean,
): void {
  const primary = primaryOperation(attempt);
  if (primary !== undefined && !succeeded) provedUnsent(primary);
  learn(draft, attempt, {
    ...TRUTH_OF_A_PERSON,
    ...said,
    outcome: succeeded ? 'succeeded' : 'not_executed',
    failureClass: succeeded ? null : 'transient',
    authorizedOnly: succeeded && !isTaken && draft.order.facts.capture === 'manual' && attempt.kind === 'card',
  });
}

/** Its money was known before its name: from now on what is told under that is its own. */
function namePayment(attempt: Attempt, reference: string | undefined): void {
  if (reference === undefined || isPaymentNamed(attempt)) return;
  attempt.tookAs = reference;
  attempt.reference = reference;
}

/** What a person can know of an authorization: that it was captured, that it is gone, or that the capture never happened. */
function resolveAuthorized(
  draft: Draft,
  attempt: Attempt,
  captured: boolean,
  answers: Review[],
  { amountMinor = attempt.money.authorized, ...said }: SaidOfPayment,
): void {
  if (captured) learn(draft, attempt, { ...TRUTH_OF_A_PERSON, ...said, outcome: 'succeeded', amountMinor });
  else if (answers.some(({ code }) => code === 'cannot_fence')) confirmFence(draft, attempt, BY_PERSON);
  else forgetCapture(draft, attempt);
}

/** None of its sends did anything. The answer of one that is out still comes, and counts itself. */
function provedUnsent(operation: Operation): void {
  operation.sendsNotExecuted = operation.sends - (operation.endedAt === null ? 1 : 0);
}

/** It never happened. Asked for again it is another one, with a key of its own. */
function forgetCapture({ order }: Draft, attempt: Attempt): void {
  order.captureRequested = null;
  attempt.proof = null;
  const capture = openCapture(attempt);
  if (capture === undefined) return;
  provedUnsent(capture);
  capture.outcome = 'not_executed';
}

/** It went back another way: by a transfer, or at the processor's own pages without a notice. */
function giveBackByHand(draft: Draft, attempt: Attempt, event: Resolved): void {
  const { order } = draft;
  const room = Math.max(0, moneyOf(order).net - mayKeepMinor(order));
  const minor = Math.min(heldOf(order, attempt, keeping(order)), room);
  if (minor === 0 || !countOnce(attempt, 'refunded', `person ${event.id}`, minor)) return;
  tell(draft, 'refunded', `${minorText(order, minor)} went back by hand`, { actor: event.actor, attempt });
}

/** The processor told of it and then closed the payment, and the second is true. What was paid stays paid, as with any return. */
function moneyIsGone(draft: Draft, attempt: Attempt, { id, actor, evidence }: Resolved): void {
  const minor = netOf(attempt.money);
  const cause = `person ${id}`;
  if (minor <= 0 || !countOnce(attempt, 'returned', cause, minor)) return;
  draft.events.push({ type: 'order.returned', at: draft.now, attempt: attempt.number, cause });
  tell(draft, 'returned', `${minorText(draft.order, minor)} is not there: ${attempt.processor} closed the payment`, {
    ...{ actor, attempt, evidence },
  });
}

/**
 * The money stays as it is: the merchant keeps more, or is content with less. An order that had ended without payment is
 * paid by that. A notice that nobody could explain is put aside.
 */
function accept(draft: Draft, event: Resolved, question: Review): void {
  const { order } = draft;
  acceptDenials(order, [question]);
  if (!isAboutMoney(question)) {
    const attempt = question.about === MONEY_DENIED ? attemptNumbered(order, question.attempt ?? 0) : undefined;
    return attempt === undefined ? undefined : confirmPayment(draft, attempt);
  }
  if (order.ending?.endedAt !== undefined) order.ending = null;
  const { held } = moneyOf(order);
  const minor = (order.accepted?.minor ?? 0) + held;
  // Of the same money. That less than the amount is enough has to be said by name.
  const isOpen = (review: Review) => !isAboutMoney(review) || isLessMoney(review);
  acceptDenials(
    order,
    openReviews(order).filter((review) => !isOpen(review)),
  );
  keepReviews(order, isOpen);
  order.accepted = { minor, actor: event.actor, reason: event.reason, at: draft.now };
  tell(
    draft,
    'money_accepted',
    `The money is accepted as it is, ${minorText(order, moneyOf(order).net)}: ${event.reason}`,
    {
      actor: event.actor,
      evidence: event.evidence,
    },
  );
}

/** Support sends once more what got a definite no: a refund, or a fence. False when there is nothing of the kind. */
export function applyTryAgain(draft: Draft): boolean {
  const { order } = draft;
  const { review } = order;
  if (review === null || !mayTryAgain(order)) return false;
  answerReview(order);
  if (isOfGiveBack(review)) {
    lookAgain(draft);
    if (order.surplus !== undefined) order.surplus = { ...order.surplus, again: true };
    for (const attempt of order.attempts) if (hasMoney(attempt)) attempt.proof = null;
    return true;
  }
  const attempt = attemptNumbered(order, review.attempt ?? 0);
  if (attempt?.leave != null) attempt.leave = { ...attempt.leave, since: draft.now, again: true };
  return true;
}

/** Is what a person looks at something that was refused for good, so that another key is safe? */
export function mayTryAgain(order: OrderState): boolean {
  const { review } = order;
  if (review === null) return false;
  if (isOfGiveBack(review)) return openGiveBack(order) === undefined && moneyOf(order).held > 0;
  const attempt = attemptNumbered(order, review.attempt ?? 0);
  if (review.code !== 'cannot_fence' || attempt === undefined) return false;
  return attempt.leave !== null && operationOf(attempt, fenceOf(attempt))?.outcome === 'declined';
}
