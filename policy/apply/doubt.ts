import type { OperationResult } from '../answers.ts';
import { type Draft, tell } from '../draft.ts';
import { isDefinite, primaryOperation } from '../facts.ts';
import type { Attempt, Operation } from '../order.ts';
import { followUp } from '../plan/proof-times.ts';
import type { Outcome } from '../terms.ts';
import { learn } from './end-attempt.ts';
import { truthOf } from './truth.ts';

/**
 * "We already have this payment" is evidence that an earlier attempt of ours succeeded there: that one is unknown again, and
 * proved. False when no other is meant: none was made, or an earlier send of this very key may have been the first.
 */
export function doubtEarlier(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): boolean {
  if (operation.sends - operation.sendsNotExecuted > 1) return false;
  const earlier = draft.order.attempts
    .filter((each) => each.number < attempt.number && each.processor === attempt.processor && each.kind === 'card')
    .filter((each) => each.money.captured === 0)
    .at(-1);
  if (earlier === undefined) return false;
  doubt(earlier);
  learn(draft, attempt, { ...truthOf(result), outcome: 'declined' });
  const text = `${attempt.processor} already has this payment: attempt ${earlier.number} is proved anew`;
  tell(draft, 'outcome_unknown', text, { attempt: earlier, evidence: result.evidence });
  followUp(draft, earlier);
  return true;
}

/** What was believed of an attempt is taken back. Its key is not sent again: that would be an attempt to pay. */
function doubt(attempt: Attempt): void {
  attempt.outcome = 'unknown';
  attempt.failureClass = 'unknown_outcome';
  attempt.fencedAt = null;
  attempt.endedAt = null;
  attempt.leave = null;
  attempt.proof = null;
  attempt.money.authorized = 0;
  attempt.money.voided = 0;
  const primary = primaryOperation(attempt);
  if (primary === undefined) return;
  primary.outcome = 'unknown';
  primary.resendUntil = null;
}

/**
 * Whoever said that nothing was executed, without a fence that the processor confirmed, is contradicted by the processor: there is
 * no answer yet, or the payment is there and still under way. The processor's word counts: the attempt can take money.
 */
export function doubtAbsence(attempt: Attempt, outcome: Outcome): void {
  const believedAbsent = attempt.outcome === 'not_executed' && attempt.fencedAt === null;
  if (believedAbsent && !isDefinite(outcome)) doubt(attempt);
}

/** A reservation that we left, and that was believed to be gone, is there by its processor's own answer: it is closed again. */
export function doubtFence(attempt: Attempt, { outcome, authorizedOnly, reference }: OperationResult): void {
  if (attempt.leave === null || attempt.money.voided === 0 || attempt.money.captured > 0) return;
  // Not even reserved yet: nobody can have known that it was, and then that it was gone.
  if (!isDefinite(outcome)) return doubt(attempt);
  if (outcome !== 'succeeded' || authorizedOnly !== true) return;
  attempt.money.voided = 0;
  attempt.fencedAt = null;
  // Whatever its name is now: it is what there is to close.
  if (reference !== undefined) attempt.reservedAs = reference;
}
