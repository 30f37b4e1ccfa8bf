import type { OperationResult } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import type { Attempt, Operation } from '../order.ts';
import { endWithoutSuccess } from './end-attempt.ts';

/** The credential could not be opened, so the processor was not asked, and no other one can be. */
export function isCredentialUnreadable({ evidence }: OperationResult): boolean {
  return evidence === 'sealing_key_missing' || evidence === 'credential_changed';
}

/**
 * Parks the order: nobody declined anything, so nothing failed. A person brings the key back and tries again, or the
 * buyer gives another payment method meanwhile. No class: neither the buyer's card nor the processor is to blame.
 */
export function park(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): void {
  attempt.outcome = 'not_executed';
  attempt.failureClass = null;
  attempt.proof = null;
  attempt.action = null;
  attempt.endedAt = draft.now;
  // A single-use credential that never left us can still be used, and an attempt that was none costs no budget.
  if (operation.sends === 1) attempt.neverSent = true;
  endWithoutSuccess(draft, attempt, false);
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: not sent (${result.evidence})`);
  tell(draft, 'attempt_not_sent', notSentText(attempt, result), { attempt, evidence: result.evidence });
  askPerson(draft, 'credential_unreadable', attempt, ADVICE[adviceOf(result)]);
}

function notSentText({ number, processor }: Attempt, result: OperationResult): string {
  const why =
    adviceOf(result) === 'key_missing'
      ? `the payment method is sealed with key ${result.sealingKeyId}, which no worker has`
      : 'the sealed payment method was changed and opens with no key';
  return `Attempt ${number} was not sent to ${processor}: ${why}. Nothing was charged`;
}

function adviceOf({ evidence }: OperationResult): keyof typeof ADVICE {
  return evidence === 'sealing_key_missing' ? 'key_missing' : 'changed';
}

const ADVICE = {
  key_missing: 'Give the workers that key again and try again now, or let the buyer pay in another way',
  changed: 'Trying again will not help: the buyer has to give a payment method again',
} as const;
