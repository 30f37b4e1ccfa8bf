import { askPerson, type Draft, sheetOf, tell } from '../draft.ts';
import {
  hasMoney,
  isAuthorized,
  isPayable,
  keeper,
  moneyOf,
  netOf,
  openCapture,
  openGiveBack,
  operationOf,
  payableAttempts,
} from '../facts.ts';
import type { Attempt, Operation, OrderState, Review } from '../order.ts';
import { MONEY_DENIED } from '../questions.ts';
import { isAnsweredByMoney, isOfGiveBack, outlivesTheEnd } from '../review-codes.ts';
import { keepReviews, openReviews } from '../reviews.ts';
import type { Stage } from '../terms.ts';
import { amountText, refundByHand } from '../words.ts';
import { dropAnswered, forgetPlans, giveBack } from './give-back.ts';
import { dueResend, fenceOf, newProof, planProof } from './proof-times.ts';
import { lookUp, send, sendNew } from './send.ts';

/** Each step answers true when it has said what happens next; the first that does ends the planning. */

/** Money is in: everything else is closed, then the order is paid, then what is too much goes back. */
export function settle(draft: Draft): boolean {
  const { order } = draft;
  // Ended without payment, and nothing came since: there is nothing to plan, also of what was planned before.
  if (order.closed !== null && order.closed.stage !== 'paid') {
    forgetPlans(order);
    return true;
  }
  if (!order.attempts.some(hasMoney)) return false;
  answerDenied(draft);
  const ended = order.ending?.endedAt !== undefined;
  if (ended && moneyOf(order).held === 0 && openGiveBack(order) === undefined) return false;
  order.retryAt = null;
  order.choice = null;
  order.window = null;
  keepReviews(order, (review) => !isAnswered(order, review));
  if (!ended && order.closed === null) {
    refuseLateEnding(draft);
    reviewAmount(draft);
  }
  dropAnswered(order);
  const open = payableAttempts(order).filter((attempt) => !hasMoney(attempt));
  for (const attempt of open) attempt.leave ??= { reason: 'paid', since: draft.now };
  if (open.length > 0) leave(draft);
  else if (!ended && order.closed === null && mayClose(order)) close(draft, 'paid', 'Paid');
  if (draft.command === null) giveBack(draft, open.length === 0);
  return true;
}

/** A question about money that has to go back keeps nobody from being paid; any other one does. */
function mayClose(order: OrderState): boolean {
  return openReviews(order).every(isOfGiveBack);
}

/**
 * A notice that disagreed is answered only by money of the very attempt that it was about, and only if that came after it. A
 * duplicate is explained by money at its processor, of an attempt up to the one that was called so.
 */
function isAnswered({ attempts }: OrderState, review: Review): boolean {
  const attempt = attempts.find(({ number }) => number === review.attempt);
  switch (review.code) {
    case 'event_mismatch':
      return attempt !== undefined && hasMoney(attempt) && review.beforeMoney === true;
    case 'duplicate_unexplained':
      return attempts.some(
        (each) => hasMoney(each) && each.processor === attempt?.processor && each.number <= attempt.number,
      );
    default:
      return isAnsweredByMoney(review);
  }
}

/** Whether money is there is nobody's question any more when that very money went back. */
function answerDenied(draft: Draft): void {
  const { order } = draft;
  for (const attempt of order.attempts.filter(({ money }) => netOf(money) <= 0)) {
    const isOver = (each: Review) => each.attempt === attempt.number && each.about === MONEY_DENIED;
    if (!openReviews(order).some(isOver)) continue;
    keepReviews(order, (review) => !isOver(review));
    tell(draft, 'review_answered', `The money of attempt ${attempt.number} went back: nobody has to look any more`, {
      attempt,
    });
  }
}

/** Somebody wanted to end the order while a payment was under way, and the payment succeeded. They are told; nothing is silent. */
function refuseLateEnding(draft: Draft): void {
  const { ending } = draft.order;
  if (ending === null || ending.as === 'expired') return;
  draft.order.ending = null;
  const wish = ending.as === 'cancelled' ? 'Cancel' : 'Close';
  const text = `${wish} came while a payment was under way, and it succeeded: the order is paid. ${refundByHand(draft.order)}`;
  tell(draft, 'command_refused', text, { actor: ending.actor });
}

/** While nothing can be planned: an order that has less than its amount is not paid for a moment. */
export function weighAmount(draft: Draft): void {
  const { attempts, closed, ending } = draft.order;
  if (closed === null && ending?.endedAt === undefined && attempts.some(hasMoney)) reviewAmount(draft);
}

/** Less than the amount, or in another currency, does not pay an order. (More than it is a surplus.) */
function reviewAmount(draft: Draft): void {
  const { order } = draft;
  const attempt = keeper(order);
  if (order.accepted !== undefined) return;
  if (attempt === undefined || attempt.money.captured >= order.facts.amount.minor) return;
  const { amount } = order.facts;
  const text = `${attempt.processor} took ${amountText({ ...amount, minor: attempt.money.captured })}, the order asks for ${amountText(amount)}`;
  askPerson(draft, 'amount_mismatch', attempt, text);
}

/** The order is being ended: whatever can take money is closed first. */
export function end(draft: Draft): boolean {
  const { order } = draft;
  if (order.ending === null) return false;
  order.retryAt = null;
  order.choice = null;
  const open = payableAttempts(order);
  const reason = order.ending.as === 'expired' ? 'expiry' : 'cancel';
  for (const attempt of open) attempt.leave ??= { reason, since: draft.now };
  if (open.length > 0) return leave(draft);
  keepReviews(order, outlivesTheEnd);
  forgetPlans(order);
  close(draft, order.ending.as, `${ENDED[order.ending.as]}: ${order.ending.reason}`);
  return true;
}

const ENDED = { cancelled: 'Cancelled', expired: 'Expired', failed: 'Closed without payment' } as const;

export function close(draft: Draft, stage: 'paid' | 'cancelled' | 'expired' | 'failed', text: string): void {
  draft.order.closed = { stage, at: draft.now };
  draft.order.ending = null;
  draft.order.hold = null;
  draft.order.window = null;
  draft.decided ??= text;
  tell(draft, `order_${stage}` satisfies `order_${Stage}`, text);
}

/**
 * Leaving a payable attempt: fence, wait for the confirmation, go on. True while one is not confirmed.
 * What has no fence on its sheet is waited for: its end comes by webhook, by its own expiry, or by a person.
 */
export function leave(draft: Draft): boolean {
  let leaving = false;
  for (const attempt of draft.order.attempts) {
    if (attempt.leave === null || !isPayable(attempt)) continue;
    leaving = true;
    leaveOne(draft, attempt);
    if (draft.command !== null) break;
  }
  return leaving;
}

/**
 * The money is reserved by one attempt: whatever else can take it is a surplus, and is left before it does. Reserved twice, the
 * one whose capture is out is kept: it may have the money already.
 */
export function leaveBesideAuthorized(draft: Draft): void {
  const reserved = draft.order.attempts.filter((attempt) => isAuthorized(attempt) && attempt.leave === null);
  const kept = reserved.find((attempt) => openCapture(attempt) !== undefined) ?? reserved[0];
  if (kept === undefined) return;
  for (const attempt of payableAttempts(draft.order)) {
    if (attempt !== kept) attempt.leave ??= { reason: 'paid', since: draft.now };
  }
}

function leaveOne(draft: Draft, attempt: Attempt): void {
  const fence = operationOf(attempt, fenceOf(attempt));
  if (needsFence(attempt, fence) && canFence(draft, attempt)) {
    sendNew(draft, attempt, fenceOf(attempt));
    attempt.leave = { reason: attempt.leave?.reason ?? 'paid', since: attempt.leave?.since ?? draft.now };
    draft.decided = `Close attempt ${attempt.number} at ${attempt.processor} first`;
    tell(draft, 'fence_sent', `Closing attempt ${attempt.number} at ${attempt.processor} before anything else`, {
      attempt,
    });
    return;
  }
  if (fence !== undefined && attempt.proof === null) {
    attempt.proof = newProof(draft.now);
    planProof(draft, attempt, sheetOf(draft, attempt.processor));
  }
  const { proof } = attempt;
  const again = dueResend(draft, attempt);
  if (again !== null) return send(draft, attempt, again.operation);
  // What was planned before we left it: only the fence is sent again now.
  if (fence === undefined && proof !== null) proof.nextResendAt = null;
  if (proof !== null && proof.nextLookupAt !== null && Date.parse(proof.nextLookupAt) <= draft.nowMs) {
    lookUp(draft, attempt);
    return;
  }
  if (proof === null || (proof.nextResendAt === null && proof.nextLookupAt === null)) explainNoFence(draft, attempt);
  if (draft.nowMs - Date.parse(attempt.leave?.since ?? draft.now) >= draft.rule.windows.unknownBuyerLimitMs) {
    askPerson(
      draft,
      'cannot_fence',
      attempt,
      `${attempt.processor} has not confirmed that attempt ${attempt.number} is closed`,
    );
  }
  const { processor, number } = attempt;
  draft.decided ??= canFence(draft, attempt)
    ? `Wait until ${processor} confirms that attempt ${number} is closed`
    : `Wait until it is known what became of attempt ${number}: ${processor} cannot close it`;
}

/** The first, or another one: late truth reserved money again after a fence was confirmed, or a person wants it after a no. */
function needsFence(attempt: Attempt, fence: Operation | undefined): boolean {
  if (fence === undefined) return true;
  return fence.outcome === 'succeeded' ? isAuthorized(attempt) : attempt.leave?.again === true;
}

function canFence(draft: Draft, attempt: Attempt): boolean {
  const sheet = sheetOf(draft, attempt.processor);
  if (sheet === undefined || attempt.outcome === 'pending') return false;
  if (isAuthorized(attempt)) return sheet.operations.includes('void');
  if (attempt.kind === 'hosted_checkout') return sheet.fence.hosted;
  if (attempt.kind === 'invoice') return sheet.fence.invoice;
  return sheet.fence.payment;
}

function explainNoFence(draft: Draft, attempt: Attempt): void {
  const what = attempt.outcome === 'pending' ? 'a pending payment cannot be closed' : 'its sheet names no fence';
  draft.refused.push({
    what: `close attempt ${attempt.number} at ${attempt.processor}`,
    why: what,
    source: `sheet of ${attempt.processor}`,
  });
}
