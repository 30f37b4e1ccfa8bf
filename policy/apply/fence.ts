import type { OperationResult } from '../answers.ts';
import { type Draft, tell } from '../draft.ts';
import { hasMoney, isAuthorized, primaryOperation } from '../facts.ts';
import type { Attempt } from '../order.ts';
import { followUp } from '../plan/proof-times.ts';
import { askAboutDenied, type Denial } from './denied.ts';
import { endWithoutSuccess } from './end-attempt.ts';

export function applyFence(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (result.found === 'closed' || result.outcome === 'succeeded') {
    if (hasMoney(attempt)) return askAboutClosed(draft, attempt, { ...result, source: result.evidence });
    if (isOfPageAlone(attempt, result)) return tellPageClosed(draft, attempt, result.evidence);
    return confirmFence(draft, attempt, result.evidence);
  }
  tell(draft, 'fence_unconfirmed', `${attempt.processor} has not confirmed that attempt ${attempt.number} is closed`, {
    attempt,
    evidence: result.evidence,
  });
  followUp(draft, attempt);
}

/**
 * A page is closed: that proves nothing of the payment that was reserved on it, which has an end of its own. What voids it, or
 * names it, tells of that.
 */
export function isOfPageAlone(attempt: Attempt, { operation, reference }: Partial<OperationResult>): boolean {
  if (attempt.kind === 'card' || !isAuthorized(attempt) || operation === 'void') return false;
  return reference === undefined || reference !== attempt.reservedAs;
}

export function tellPageClosed(draft: Draft, attempt: Attempt, evidence: string): void {
  const text = `${attempt.processor} closed the page of attempt ${attempt.number}: what is reserved stands`;
  tell(draft, 'event_kept', text, { actor: 'processor', attempt, evidence });
}

/** The processor says that this attempt can take no money any more. */
export function confirmFence(draft: Draft, attempt: Attempt, evidence: string): void {
  const abandoned = attempt.kind === 'card' && attempt.outcome === 'requires_action';
  attempt.fencedAt = draft.now;
  attempt.proof = null;
  attempt.endedAt = draft.now;
  attempt.action = null;
  if (attempt.money.authorized > 0 && attempt.money.captured === 0) {
    attempt.money.voided = attempt.money.authorized;
    forgetCaptureWish(draft, attempt);
  } else {
    attempt.outcome = 'not_executed';
    if (!isDuplicateOfAnother(attempt)) attempt.failureClass = abandoned ? 'authentication_failed' : null;
    if (abandoned) attempt.authentication = 'abandoned';
  }
  const primary = primaryOperation(attempt);
  if (primary !== undefined && primary.outcome !== 'succeeded') primary.outcome = 'not_executed';
  endWithoutSuccess(draft, attempt, attempt.kind === 'card' && (abandoned || attempt.leave === null));
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: closed, confirmed`);
  tell(
    draft,
    'fence_confirmed',
    `${attempt.processor} confirmed: attempt ${attempt.number} can take no money any more`,
    {
      actor: 'processor',
      attempt,
      evidence,
    },
  );
}

/** Closed or not, the payment that its processor has is another one, unless an earlier send of this very key was the first. */
function isDuplicateOfAnother(attempt: Attempt): boolean {
  const { sends = 0, sendsNotExecuted = 0 } = primaryOperation(attempt) ?? {};
  return attempt.failureClass === 'duplicate' && sends - sendsNotExecuted <= 1;
}

/** What the merchant asked to capture is gone; another authorization is asked about anew, unless it is the one that was meant. */
function forgetCaptureWish({ order }: Draft, gone: Attempt): void {
  const meant = order.attempts.some((each) => each !== gone && isAuthorized(each) && each.leave === null);
  if (!meant) order.captureRequested = null;
}

/** This payment's money was told of, and then that it is closed: one of the two is wrong, or the money went back. */
export function askAboutClosed(draft: Draft, attempt: Attempt, denial: Omit<Denial, 'said'>): void {
  const { processor, number } = attempt;
  const text = `The money of attempt ${number} was told of, and then ${processor} says that it can take none: a person has to look whether it is there`;
  const { reference, amountMinor, source } = denial;
  askAboutDenied(draft, attempt, { said: 'closed', reference, amountMinor, source }, { code: 'event_mismatch', text });
}
