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
import type { Attempt, OrderState } from '../order.ts';
import { fenceOf } from '../plan/proof-times.ts';
import { answerReview, keepReviews } from '../reviews.ts';
import { isGiveBackReview } from '../stage.ts';
import { minorText } from '../words.ts';
import { confirmFence } from './answered.ts';
import { learn, type Truth } from './end-attempt.ts';
import { concludeGiveBack, lookAgain } from './give-back.ts';
import { countOnce } from './money-facts.ts';

type Resolved = Extract<OrderEvent, { type: 'unknown_resolved' }>;

/** A named person's evidence: about an unknown outcome, or about money that waits for a person. */
export function applyResolved(draft: Draft, event: Resolved): void {
  const { order } = draft;
  const attempt = attemptNumbered(order, event.attempt);
  if (attempt === undefined) return;
  tell(draft, 'unknown_resolved', `Attempt ${event.attempt} is ${event.outcome}: ${event.reason}`, {
    actor: event.actor,
    attempt,
    evidence: event.evidence,
  });
  const { review } = order;
  const answered = review !== null && (review.attempt === attempt.number || review.attempt === null) ? review : null;
  if (event.outcome === 'accepted' && !isAcceptable(answered)) return;
  if (answered !== null) answerReview(order);
  switch (event.outcome) {
    case 'accepted':
      return accept(draft, event, answered?.code ?? '');
    case 'succeeded':
    case 'absent':
      return resolve(draft, attempt, event, answered);
    default:
      return event.outcome satisfies never;
  }
}

function resolve(draft: Draft, attempt: Attempt, event: Resolved, answered: OrderState['review']): void {
  const open = openGiveBack(draft.order);
  if (open?.attempt === attempt) {
    const outcome = event.outcome === 'succeeded' ? 'succeeded' : 'not_executed';
    if (outcome === 'not_executed') open.operation.sendsNotExecuted = open.operation.sends;
    concludeGiveBack(draft, attempt, open.operation, { outcome, source: BY_PERSON });
    // Proved to have done nothing, and too late for its key: another one.
    const { surplus } = draft.order;
    if (attempt.proof?.nextResendAt === null && surplus !== undefined) {
      draft.order.surplus = { ...surplus, again: true };
      // It was about the refund, and old: the payment itself, looked up before the next one, has a time of its own.
      attempt.proof = null;
    }
    return;
  }
  if (isGiveBackReview(answered)) return giveBackByHand(draft, attempt, event);
  const late = event.outcome === 'succeeded' && answered !== null && !hasMoney(attempt);
  if (isPayable(attempt) || late) resolvePayment(draft, attempt, event.outcome === 'succeeded', answered?.code ?? null);
}

const BY_PERSON = 'a person with evidence';
const TRUTH_OF_A_PERSON = {
  failureClass: null,
  forbidsInstrument: false,
  retryAfterMs: null,
  source: BY_PERSON,
} satisfies Partial<Truth>;

function resolvePayment(draft: Draft, attempt: Attempt, succeeded: boolean, code: string | null): void {
  draft.order.askedBuyer = true;
  if (isAuthorized(attempt)) return resolveAuthorized(draft, attempt, succeeded, code);
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
function resolveAuthorized(draft: Draft, attempt: Attempt, captured: boolean, code: string | null): void {
  if (captured) {
    learn(draft, attempt, { ...TRUTH_OF_A_PERSON, outcome: 'succeeded', amountMinor: attempt.money.authorized });
  } else if (code === 'cannot_fence') confirmFence(draft, attempt, BY_PERSON);
  else draft.order.captureRequested = null;
}

/** It went back another way: by a transfer, or at the processor's own pages without a notice. */
function giveBackByHand(draft: Draft, attempt: Attempt, event: Resolved): void {
  const { order } = draft;
  if (event.outcome !== 'succeeded') return;
  const room = Math.max(0, moneyOf(order).net - mayKeepMinor(order));
  const minor = Math.min(heldOf(order, attempt, keeping(order)), room);
  if (minor === 0 || !countOnce(attempt, 'refunded', `person ${event.id}`, minor)) return;
  tell(draft, 'refunded', `${minorText(order, minor)} went back by hand`, { actor: event.actor, attempt });
}

/**
 * The money stays as it is: the merchant keeps more, or is content with less. An order that had ended without payment is
 * paid by that. A notice that nobody could explain is put aside.
 */
function accept(draft: Draft, event: Resolved, code: string): void {
  const { order } = draft;
  if (!ABOUT_OUR_MONEY.has(code)) return;
  if (order.ending?.endedAt !== undefined) order.ending = null;
  const { held } = moneyOf(order);
  const minor = (order.accepted?.minor ?? 0) + held;
  keepReviews(order, (review) => !ABOUT_OUR_MONEY.has(review.code));
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

/** May a person put the question aside as it is, with evidence? What is not proved needs proof. */
export function isAcceptable(review: OrderState['review']): boolean {
  return review !== null && (ABOUT_OUR_MONEY.has(review.code) || ABOUT_A_NOTICE.has(review.code));
}

const ABOUT_A_NOTICE = new Set(['event_unmatched', 'event_mismatch']);
const ABOUT_OUR_MONEY = new Set(['surplus', 'refund_failed', 'amount_mismatch']);

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
