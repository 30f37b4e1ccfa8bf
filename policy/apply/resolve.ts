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
  openGiveBack,
  operationOf,
  primaryOperation,
} from '../facts.ts';
import type { Attempt, OrderState, Review } from '../order.ts';
import { fenceOf } from '../plan/proof-times.ts';
import { isAboutMoney, LESS_MONEY } from '../questions.ts';
import { answerReview, keepReviews } from '../reviews.ts';
import { isGiveBackReview } from '../stage.ts';
import { minorText } from '../words.ts';
import { confirmFence } from './answered.ts';
import { learn, type Truth } from './end-attempt.ts';
import { concludeGiveBack, lookAgain } from './give-back.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import { countOnce } from './money-facts.ts';

type Resolved = Extract<OrderEvent, { type: 'unknown_resolved' }>;

/** A named person's evidence: about an unknown outcome, or about what waits for a person. One word answers one question. */
export function applyResolved(draft: Draft, event: Resolved): void {
  const { order } = draft;
  const meaning = meaningOf(order, event);
  const { actor, evidence } = event;
  if (meaning.kind === 'nothing') return tell(draft, 'resolve_refused', `Resolve: refused. ${meaning.why}`, { actor });
  const attempt = attemptNumbered(order, event.attempt ?? meaning.answers[0]?.attempt ?? 0);
  const more = { actor, evidence, ...(attempt === undefined ? {} : { attempt }) };
  tell(draft, 'unknown_resolved', `${subjectOf(meaning)} is ${event.outcome}: ${event.reason}`, more);
  keepReviews(order, (review) => !meaning.answers.includes(review));
  switch (meaning.kind) {
    case 'accepted':
      return accept(draft, event, meaning.answers[0]);
    case 'refund':
      return resolveRefund(draft, meaning.attempt, event.outcome === 'succeeded');
    case 'by_hand':
      return giveBackByHand(draft, meaning.attempt, event);
    case 'payment':
      return resolvePayment(draft, meaning.attempt, event.outcome === 'succeeded', meaning.answers);
    default:
      return meaning satisfies never;
  }
}

function subjectOf(meaning: Exclude<Meaning, { kind: 'nothing' }>): string {
  if (meaning.kind !== 'accepted') return `Attempt ${meaning.attempt.number}`;
  const [{ code, about, attempt }] = meaning.answers;
  const where = attempt === null ? '' : ` of attempt ${attempt}`;
  return `What was asked${where} (${about === undefined ? code : `${code}, ${about}`})`;
}

function resolveRefund(draft: Draft, attempt: Attempt, succeeded: boolean): void {
  const open = openGiveBack(draft.order);
  if (open === undefined) return;
  const outcome = succeeded ? 'succeeded' : 'not_executed';
  if (outcome === 'not_executed') open.operation.sendsNotExecuted = open.operation.sends;
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
function resolvePayment(draft: Draft, attempt: Attempt, succeeded: boolean, answers: Review[]): void {
  const late = succeeded && answers.length > 0 && !hasMoney(attempt);
  if (!isPayable(attempt) && !late) return;
  draft.order.askedBuyer = true;
  if (isAuthorized(attempt)) return resolveAuthorized(draft, attempt, succeeded, answers);
  const primary = primaryOperation(attempt);
  if (primary !== undefined && !succeeded) primary.sendsNotExecuted = primary.sends;
  learn(draft, attempt, {
    ...TRUTH_OF_A_PERSON,
    outcome: succeeded ? 'succeeded' : 'not_executed',
    failureClass: succeeded ? null : 'transient',
    authorizedOnly: succeeded && draft.order.facts.capture === 'manual' && attempt.kind === 'card',
  });
}

/** What a person can know of an authorization: that it was captured, that it is gone, or that the capture never happened. */
function resolveAuthorized(draft: Draft, attempt: Attempt, captured: boolean, answers: Review[]): void {
  if (captured) {
    learn(draft, attempt, { ...TRUTH_OF_A_PERSON, outcome: 'succeeded', amountMinor: attempt.money.authorized });
  } else if (answers.some(({ code }) => code === 'cannot_fence')) confirmFence(draft, attempt, BY_PERSON);
  else draft.order.captureRequested = null;
}

/** It went back another way: by a transfer, or at the processor's own pages without a notice. */
function giveBackByHand(draft: Draft, attempt: Attempt, event: Resolved): void {
  const { order } = draft;
  const room = Math.max(0, moneyOf(order).net - mayKeepMinor(order));
  const minor = Math.min(heldOf(order, attempt, keeping(order)), room);
  if (minor === 0 || !countOnce(attempt, 'refunded', `person ${event.id}`, minor)) return;
  tell(draft, 'refunded', `${minorText(order, minor)} went back by hand`, { actor: event.actor, attempt });
}

/**
 * The money stays as it is: the merchant keeps more, or is content with less. An order that had ended without payment is
 * paid by that. A notice that nobody could explain is put aside.
 */
function accept(draft: Draft, event: Resolved, question: Review): void {
  const { order } = draft;
  if (!isAboutMoney(question)) return;
  if (order.ending?.endedAt !== undefined) order.ending = null;
  const { held } = moneyOf(order);
  const minor = (order.accepted?.minor ?? 0) + held;
  // Of the same money. That less than the amount is enough has to be said by name.
  keepReviews(order, (review) => !isAboutMoney(review) || LESS_MONEY.has(review.code));
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
  if (isGiveBackReview(review)) {
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
  if (isGiveBackReview(review)) return openGiveBack(order) === undefined && moneyOf(order).held > 0;
  const attempt = attemptNumbered(order, review.attempt ?? 0);
  if (review.code !== 'cannot_fence' || attempt === undefined) return false;
  return attempt.leave !== null && operationOf(attempt, fenceOf(attempt))?.outcome === 'declined';
}
