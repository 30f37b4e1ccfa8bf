import type { Foretold, OperationResult } from './answers.ts';
import { decide } from './decide.ts';
import type { Basis, Decision } from './decision.ts';
import type { OrderState } from './order.ts';
import { provedOtherwise } from './proofs.ts';
import type { Instant } from './terms.ts';

/**
 * What is decided on an answer by whoever knows nothing else: the activity that has the answer writes it with the outcome, in
 * one commit, and the workflow takes it as it was told, so that it has nothing to write.
 *
 * `null` for what is not told ahead: a decision that sends something next (it is written with that claim), an unknown
 * outcome (proof may come at any moment, and nobody should be told of doubts that never were), and what settles the
 * claims of other operations.
 */
export function foretell(order: OrderState, result: OperationResult, basis: Basis, at: Instant): Decision | null {
  if (result.outcome === 'unknown') return null;
  const event = { type: 'answered', result } as const;
  const decision = decide({ ...basis, order, event, now: at });
  return decision.command === null && provedOtherwise(order, decision.order, event).length === 0 ? decision : null;
}

/**
 * A foretold decision as it travels to the workflow, and stays in its history: only what the answer changed. The workflow takes
 * it from there instead of deciding the same once more, because a replay on a later build may word or weigh it otherwise.
 */
export function tellAhead(before: OrderState, { order, wake, entries }: Decision, at: Instant): Foretold {
  const { attempts, ...rest } = order;
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (!isSame(before[name as keyof OrderState], value)) changes[name] = value;
  }
  const changed = attempts.filter((attempt, index) => !isSame(before.attempts[index], attempt));
  const explained = entries.filter(({ explanation, kind }) => explanation !== undefined || kind === 'needs_review');
  return { at, changes, attempts: changed, wake, explained };
}

/** The order after a decision that was told ahead, from the order before it. */
export function orderAsTold(before: OrderState, { changes, attempts }: Foretold): OrderState {
  const changed = new Map(attempts.map((attempt) => [attempt.number, attempt]));
  return {
    ...before,
    ...changes,
    attempts: before.attempts.map((attempt) => changed.get(attempt.number) ?? attempt),
  };
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
