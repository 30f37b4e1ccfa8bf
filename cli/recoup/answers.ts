import type { ReviewCode } from '../../policy/review-codes.ts';

/** How a person answers each question: outcomes of `resolve`, and the other calls that do. The page of `recovery_refused` tells more. */
const ANSWERS: Record<ReviewCode, string> = {
  unknown_too_long: 'resolve: succeeded, absent',
  pending_too_long: 'resolve: succeeded, absent',
  cannot_fence: 'resolve: succeeded, absent',
  capture_unknown: 'resolve: succeeded, absent; or cancel',
  capture_declined: 'resolve: succeeded, absent; or cancel',
  windows_over: 'another way to pay, retry, cancel, or close',
  credential_unreadable: 'retry once the key is back, or another way to pay',
  claim_conflict: 'resolve: succeeded, absent',
  duplicate_unexplained: 'resolve: succeeded, absent',
  amount_mismatch: 'resolve: accepted; or cancel, close',
  event_unmatched: 'resolve: accepted (put aside), succeeded',
  event_mismatch: 'resolve: accepted (put aside), succeeded',
  surplus: 'resolve: accepted, succeeded (it went back by hand); or retry',
  refund_failed: 'resolve: accepted, succeeded (it went back by hand); or retry',
  refund_unknown: 'resolve: succeeded, absent',
};

export const answersOf = (code: ReviewCode): string => ANSWERS[code] ?? 'resolve';
