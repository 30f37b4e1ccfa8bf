import type { OperationResult } from '../policy/answers.ts';
import { decide } from '../policy/decide.ts';
import type { Basis, Decision } from '../policy/decision.ts';
import type { OrderState } from '../policy/order.ts';
import { provedOtherwise } from '../policy/proofs.ts';
import type { Instant } from '../policy/terms.ts';
import { hashOf } from './keys.ts';

export interface ForetoldDecision {
  decision: Decision;
  /** Of all that is written of it. Two decisions with one hash are one. */
  hash: string;
}

/**
 * What the workflow is going to decide on this answer, if it knows nothing else by then. The activity that has the answer
 * writes it with the outcome, in one commit; the workflow comes here too, and when both hashes are the same it has
 * nothing to write. Activity and workflow decide by this one function, so that they can only differ in what they know.
 *
 * `null` for what is not told ahead: a decision that sends something next (it is written with that claim), an unknown
 * outcome (proof may come at any moment, and nobody should be told of doubts that never were), and what settles the
 * claims of other operations.
 */
export function foretell(
  order: OrderState,
  result: OperationResult,
  basis: Basis,
  at: Instant,
): ForetoldDecision | null {
  if (result.outcome === 'unknown') return null;
  const event = { type: 'answered', result } as const;
  const decision = decide({ ...basis, order, event, now: at });
  if (decision.command !== null || provedOtherwise(order, decision.order, event).length > 0) return null;
  const { order: next, entries, events, wake } = decision;
  return { decision, hash: hashOf({ next, entries, events, wake }) };
}
