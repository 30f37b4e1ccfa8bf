import type { OperationResult } from './answers.ts';
import type { OrderEvent } from './events.ts';
import { attemptNumbered, instrumentById, isDefinite, primaryOperation } from './facts.ts';
import type { Attempt, Operation, OrderState } from './order.ts';
import type { FailureClass } from './terms.ts';

interface OutcomeProof {
  key: string;
  result: OperationResult;
}

/**
 * Collecting operations that this event settled although their own call did not, and answers that could not be recorded by it:
 * the store's claims learn it from here.
 */
export function provedOtherwise(before: OrderState, after: OrderState, event: OrderEvent): OutcomeProof[] {
  const answered = event.type === 'answered' && event.result.operation !== 'lookup' ? event.result.key : null;
  const proofs: OutcomeProof[] = [...answerProofs(after, event), ...refundProofs(before, after, answered)];
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

/**
 * Proofs that wait for their write. That nothing was executed is none any more once it is doubted again: the key was sent again
 * with the proof, and that send's answer is missing. While the send is out, its claim takes the proof along.
 */
export function stillProved(proofs: OutcomeProof[], order: OrderState): OutcomeProof[] {
  return proofs.filter(({ key, result }) => {
    const operation = operationWith(order, result.attempt, key);
    if (result.outcome !== 'not_executed' || operation === undefined) return true;
    return operation.endedAt === null || operation.outcome === 'not_executed';
  });
}

/**
 * What the call itself did not get recorded, or not as what it proves: of a key that was sent before, the store takes "not
 * executed" only as said of every send, and that is known here.
 */
function answerProofs(after: OrderState, event: OrderEvent): OutcomeProof[] {
  if (event.type !== 'answered' || event.result.operation === 'lookup') return [];
  const { recorded, foretold: _told, ...result } = event.result;
  const operation = operationWith(after, result.attempt, result.key);
  if (operation === undefined) return [];
  if (result.outcome !== 'not_executed') return recorded === false ? [{ key: result.key, result }] : [];
  const ofEverySend = operation.outcome === 'not_executed' && (recorded === false || operation.sends > 1);
  return ofEverySend ? [{ key: result.key, result: { ...result, operation: 'lookup' } }] : [];
}

function operationWith(order: OrderState, attempt: number, key: string): Operation | undefined {
  return attemptNumbered(order, attempt)?.operations.find((each) => each.key !== '' && each.key === key);
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
