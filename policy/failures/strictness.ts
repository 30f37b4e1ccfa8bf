import type { FailureClass } from '../terms.ts';

/** What a class lets *us* do by ourselves. What the buyer may do is told by `buyerAction`. */
export interface Permits {
  /** Another automatic try at the same processor (extra try, or the same key again). */
  sameProcessor: boolean;
  /** An automatic try at a retry processor. */
  otherProcessor: boolean;
  /** A later try by schedule, with an off-session mandate. */
  later: boolean;
}

const NOTHING: Permits = { sameProcessor: false, otherProcessor: false, later: false };
const ELSEWHERE: Permits = { sameProcessor: false, otherProcessor: true, later: false };
const HERE_AND_ELSEWHERE: Permits = { sameProcessor: true, otherProcessor: true, later: false };
const ELSEWHERE_AND_LATER: Permits = { sameProcessor: false, otherProcessor: true, later: true };

/**
 * Every class with its rank, mildest first, and what it permits. A class never permits what a milder one with
 * comparable permits forbids; among equals the higher rank tells more of what has to happen next.
 */
const STRICTNESS: Record<FailureClass, { rank: number; permits: Permits }> = {
  transient: { rank: 1, permits: HERE_AND_ELSEWHERE },
  processor_decline: { rank: 2, permits: HERE_AND_ELSEWHERE },
  soft_decline: { rank: 3, permits: ELSEWHERE_AND_LATER },
  issuer_decline_unspecified: { rank: 4, permits: ELSEWHERE },
  unsupported: { rank: 5, permits: ELSEWHERE },
  misconfigured: { rank: 6, permits: ELSEWHERE },
  blocked: { rank: 7, permits: ELSEWHERE },
  authentication_required: { rank: 8, permits: NOTHING },
  instrument_problem: { rank: 9, permits: NOTHING },
  unclassified: { rank: 10, permits: NOTHING },
  authentication_failed: { rank: 11, permits: NOTHING },
  hard_decline: { rank: 12, permits: NOTHING },
  blocked_for_good: { rank: 13, permits: NOTHING },
  // Above the hard ones: while money may have moved, nothing else matters. The instrument stays forbidden by its own flag.
  unknown_outcome: { rank: 14, permits: NOTHING },
  in_flight: { rank: 15, permits: NOTHING },
  duplicate: { rank: 16, permits: NOTHING },
};

/** A code without a class allows nothing by itself. */
export function permitsOf(failureClass: FailureClass | null): Permits {
  return failureClass === null ? NOTHING : STRICTNESS[failureClass].permits;
}

function contains(outer: Permits, inner: Permits): boolean {
  return (
    (outer.sameProcessor || !inner.sameProcessor) &&
    (outer.otherProcessor || !inner.otherProcessor) &&
    (outer.later || !inner.later)
  );
}

/**
 * The stricter of two classes. Where neither contains the other (one allows a try here, the other a later one), the
 * answer is the class that allows only what both allow.
 */
export function stricter(one: FailureClass, other: FailureClass): FailureClass {
  const [mild, strict] = STRICTNESS[one].rank <= STRICTNESS[other].rank ? [one, other] : [other, one];
  return contains(permitsOf(mild), permitsOf(strict)) ? strict : 'issuer_decline_unspecified';
}
