import type { OperationResult } from './answers.ts';
import type { OrderEvent } from './events.ts';
import { instrumentById, isDefinite, primaryOperation } from './facts.ts';
import type { Attempt, OrderState } from './order.ts';
import type { FailureClass } from './terms.ts';

interface OutcomeProof {
  key: string;
  result: OperationResult;
}

/** Collecting operations that this event settled although their own call did not: the store's claims learn it from here. */
export function provedOtherwise(before: OrderState, after: OrderState, event: OrderEvent): OutcomeProof[] {
  const answered = event.type === 'answered' && event.result.operation !== 'lookup' ? event.result.key : null;
  const proofs: OutcomeProof[] = refundProofs(before, after, answered);
  for (const attempt of after.attempts) {
    const operation = primaryOperation(attempt);
    if (operation === undefined || operation.key === '' || !isDefinite(operation.outcome)) continue;
    const was = before.attempts[attempt.number - 1]?.operations[0]?.outcome;
    const proved = operation.outcome !== was && operation.key !== answered;
    // A card that is forbidden everywhere is told again with the decision: its own call may have found the store away.
    if (!proved && forbade(after, attempt) === forbade(before, attempt)) continue;
    const result = proofOf(attempt, operation.key, operation.outcome, after);
    // Told late, it is not the class by which the attempt had ended.
    const late = proved ? {} : { failureClass: classOfMark(after, attempt) };
    proofs.push({ key: operation.key, result: { ...result, ...late } });
  }
  return proofs;
}

/** The source of what this attempt's outcome said of its card, for every order of the merchant. */
function forbade(order: OrderState, attempt: Attempt): string | undefined {
  const forbidden = instrumentById(order, attempt.instrumentId)?.forbidden;
  return forbidden?.everywhere === true && forbidden.attempt === attempt.number ? forbidden.source : undefined;
}

function classOfMark(order: OrderState, { instrumentId }: Attempt): FailureClass | null {
  return instrumentById(order, instrumentId)?.forbidden?.failureClass ?? null;
}

/** Refunds, each under its own key. */
function refundProofs(before: OrderState, after: OrderState, answered: string | null): OutcomeProof[] {
  const proofs: OutcomeProof[] = [];
  for (const attempt of after.attempts) {
    for (const [index, operation] of attempt.operations.entries()) {
      const { key, outcome } = operation;
      if (operation.operation !== 'refund' || key === '' || key === answered || !isDefinite(outcome)) continue;
      if (outcome === before.attempts[attempt.number - 1]?.operations[index]?.outcome) continue;
      const proof = proofOf(attempt, key, outcome, after);
      const { reference: _payment, amountMinor: _captured, ...result } = proof;
      proofs.push({ key, result: { ...result, amountMinor: operation.amountMinor ?? 0 } });
    }
  }
  return proofs;
}

/** `lookup` in the store's words means: proved, whatever was sent. */
function proofOf(
  attempt: Attempt,
  key: string,
  outcome: 'succeeded' | 'declined' | 'not_executed',
  order: OrderState,
): OperationResult {
  const at = attempt.endedAt ?? attempt.startedAt;
  const mark = forbade(order, attempt);
  const { authorized, captured } = attempt.money;
  return {
    attempt: attempt.number,
    operation: 'lookup',
    key,
    outcome,
    failureClass: attempt.failureClass,
    forbidsInstrument: mark !== undefined,
    ...(mark === undefined ? {} : { forbidsEverywhere: true as const }),
    retryAfterMs: null,
    evidence: 'proved',
    document: mark ?? '',
    edition: '',
    provedNotExecuted: outcome === 'not_executed',
    sent: false,
    claim: 'none',
    ...(attempt.reference === null ? {} : { reference: attempt.reference }),
    ...(outcome === 'succeeded' ? { amountMinor: captured || authorized } : {}),
    ...(outcome === 'succeeded' && captured === 0 ? { authorizedOnly: true } : {}),
    ...(attempt.processorCode === null ? {} : { code: attempt.processorCode }),
    currency: order.facts.amount.currency,
    startedAt: at,
    endedAt: at,
  };
}
