import type { Classification, OperationResult, ProcessorAnswer, ProcessorResult } from '../policy/answers.ts';
import { actsOnSomething, outcomeOfAct } from '../policy/failures/acts.ts';
import type { MoneyOperationName } from '../policy/terms.ts';

interface OperationRef {
  attempt: number;
  operation: MoneyOperationName | 'lookup';
  key: string;
}

type Sent = Pick<OperationResult, 'claim' | 'startedAt' | 'endedAt'>;

/** Nothing was sent this time, and that is certain. */
export function unsent(ref: OperationRef, evidence: string, at: string): OperationResult {
  return {
    attempt: ref.attempt,
    operation: ref.operation,
    key: ref.key,
    outcome: 'not_executed',
    failureClass: null,
    forbidsInstrument: false,
    retryAfterMs: null,
    evidence,
    document: '',
    edition: '',
    provedNotExecuted: true,
    sent: false,
    claim: 'none',
    startedAt: at,
    endedAt: at,
  };
}

/** Joins what the processor said with what it means. */
export function resultOfAnswer(
  ref: OperationRef,
  answer: ProcessorAnswer,
  classification: Classification,
  sent: Sent,
): OperationResult {
  const acts = actsOnSomething(ref.operation);
  const outcome = acts ? outcomeOfAct(ref.operation, answer, classification) : classification.outcome;
  const found = foundOf(answer);
  return {
    attempt: ref.attempt,
    operation: ref.operation,
    key: ref.key,
    outcome,
    failureClass: classification.failureClass,
    forbidsInstrument: classification.forbidsInstrument && !acts,
    ...(classification.forbidsEverywhere === true && !acts ? { forbidsEverywhere: true as const } : {}),
    retryAfterMs: classification.retryAfterMs,
    evidence: evidenceOf(answer),
    document: classification.document,
    edition: classification.edition,
    ...(acts || ref.operation === 'lookup' ? { found } : {}),
    provedNotExecuted: outcome === 'not_executed',
    sent: true,
    ...detailsOf(answer),
    ...sent,
  };
}

function foundOf(answer: ProcessorAnswer): NonNullable<OperationResult['found']> {
  if (answer.kind !== 'result') return 'no_answer';
  switch (answer.status) {
    case 'absent':
    case 'in_flight':
    case 'closed':
      return answer.status;
    default:
      return 'payment';
  }
}

function evidenceOf(answer: ProcessorAnswer): string {
  switch (answer.kind) {
    case 'result':
      return answer.status;
    case 'http_error':
      return `http_${answer.httpStatus}`;
    case 'fault':
      return answer.fault;
    default:
      return answer satisfies never;
  }
}

function detailsOf(answer: ProcessorAnswer): Partial<OperationResult> {
  if (answer.kind === 'fault') return {};
  if (answer.kind === 'http_error') return answer.code === undefined ? {} : { code: answer.code };
  const details: Partial<Record<keyof ProcessorResult, unknown>> = {};
  for (const name of DETAILS) {
    if (answer[name] !== undefined) details[name] = answer[name];
  }
  return details as Partial<OperationResult>;
}

const DETAILS = [
  'reference',
  'amountMinor',
  'currency',
  'authorizedOnly',
  'refundedMinor',
  'returnedMinor',
  'disputedMinor',
  'code',
  'network',
  'networkCode',
  'adviceCode',
  'authentication',
  'action',
  'last4',
  'nativeTries',
  'cardNames',
] as const satisfies readonly (keyof ProcessorResult)[];
