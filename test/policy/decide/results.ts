import type { OperationResult } from '../../../policy/answers.ts';
import type { SendCommand } from '../../../policy/events.ts';
import type { Answer } from './payments.ts';

/** What the activity hands back for an answer: said, and not judged any further. */
export function resultOf(
  { attempt, operation }: Pick<SendCommand, 'attempt' | 'operation'>,
  key: string,
  times: Pick<OperationResult, 'startedAt' | 'endedAt'>,
  answer: Answer,
): OperationResult {
  return {
    attempt,
    operation,
    key,
    failureClass: null,
    forbidsInstrument: false,
    retryAfterMs: null,
    document: '',
    edition: '',
    provedNotExecuted: false,
    sent: true,
    claim: operation === 'lookup' ? 'none' : 'granted',
    ...times,
    ...answer,
  };
}
