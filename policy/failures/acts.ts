import type { Classification, ProcessorAnswer } from '../answers.ts';
import type { OperationName, Outcome } from '../terms.ts';

/** Operations on something that exists at the processor: a refusal says how it stands, not how a card is. */
const ACTS: ReadonlySet<OperationName> = new Set(['capture', 'void', 'refund', 'close_hosted', 'close_invoice']);

export function actsOnSomething(operation: OperationName): boolean {
  return ACTS.has(operation);
}

/**
 * What became of an operation that acts on something.
 *
 * A 4xx is a definite no to this request (409 already_captured), and the truth is one lookup away. Two are not: a key that
 * is being worked on may yet do it; and after a refund only what names itself counts as a no, because behind a no stands a
 * person who may send it under another key.
 */
export function outcomeOfAct(
  operation: OperationName,
  answer: ProcessorAnswer,
  { outcome, failureClass }: Classification,
): Outcome {
  if (answer.kind === 'result' && answer.status === 'closed') return 'succeeded';
  if (answer.kind !== 'http_error' || answer.httpStatus === 429) return outcome;
  if (answer.httpStatus < 400 || answer.httpStatus >= 500) return outcome;
  if (failureClass === 'in_flight') return 'unknown';
  const named = answer.executed === false || outcome !== 'unknown';
  return operation === 'refund' && !named ? 'unknown' : 'declined';
}
