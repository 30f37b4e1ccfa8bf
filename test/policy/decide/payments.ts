import type { OperationResult, ProcessorEvent } from '../../../policy/answers.ts';
import type { MoneyOperationName } from '../../../policy/terms.ts';
import { DECLINES } from './words.ts';

export interface Payment {
  key: string;
  attempt: number;
  operation: MoneyOperationName;
  reference: string;
  status: 'on_the_wire' | 'captured' | 'authorized' | 'declined' | 'open' | 'pending' | 'closed' | 'never';
  decline?: string;
  capturedMinor: number;
  refundedMinor: number;
  /** A definite answer or a person said that there is none, and nothing told otherwise since: nobody can know of it. */
  surprise: boolean;
  /** Lookups and repeated keys hear `in_flight` until then. */
  silentUntilMs: number;
  cached500: boolean;
  /** It was reserved, and that was given up for good. */
  voided: boolean;
  /** What happens to it by itself, and when. */
  later: { atMs: number; becomes: Payment['status'] } | null;
}

export type Answer = Partial<OperationResult> & Pick<OperationResult, 'outcome' | 'evidence'>;
export interface Heard {
  answer: Answer;
  tookMs: number;
}

export interface Request {
  operation: MoneyOperationName;
  key: string;
  attempt: number;
  targetKey: string;
  amountMinor: number;
}

export const AMOUNT_MINOR = 4_999;

export function eventOf(payment: Payment): ProcessorEvent['type'] | null {
  switch (payment.status) {
    case 'captured':
      return 'payment_succeeded';
    case 'authorized':
      return 'payment_authorized';
    case 'declined':
      return 'payment_failed';
    case 'closed':
      return 'session_closed';
    default:
      return null;
  }
}

export function isPage({ operation }: Pick<Request, 'operation'>): boolean {
  return operation === 'open_hosted' || operation === 'open_invoice';
}

export function isNowhere({ status }: Payment): boolean {
  return status === 'on_the_wire' || status === 'never';
}

export function heard(outcome: Answer['outcome'], evidence: string, more: Partial<Answer>, tookMs = 20): Heard {
  return { answer: { outcome, evidence, ...more }, tookMs };
}

export function timeout(): Heard {
  return heard('unknown', 'timeout', { failureClass: 'unknown_outcome' }, 2_000);
}

export function declined(word: string, reference?: string): Heard {
  const decline = DECLINES[word] ?? { failureClass: 'unclassified' };
  return heard(decline.notExecuted ? 'not_executed' : 'declined', decline.notExecuted ? 'http_422' : 'declined', {
    failureClass: decline.failureClass,
    code: word,
    forbidsInstrument: decline.forbids ?? false,
    retryAfterMs: decline.retryAfterMs ?? null,
    provedNotExecuted: decline.notExecuted ?? false,
    ...(decline.authentication === undefined ? {} : { authentication: decline.authentication }),
    ...(reference === undefined ? {} : { reference }),
  });
}

/** What the processor says of a payment as it is. */
export function answerOf(payment: Payment): Heard {
  const { reference } = payment;
  switch (payment.status) {
    case 'captured':
      return heard('succeeded', 'succeeded', {
        reference,
        amountMinor: payment.capturedMinor,
        ...(payment.refundedMinor > 0 ? { refundedMinor: payment.refundedMinor } : {}),
      });
    case 'authorized':
      return heard('succeeded', 'succeeded', { reference, amountMinor: AMOUNT_MINOR, authorizedOnly: true });
    case 'open': {
      const action = isPage(payment) ? 'display_details' : 'authenticate';
      return heard('requires_action', 'requires_action', { reference, action });
    }
    case 'pending':
      return heard('pending', 'pending', { reference });
    case 'declined':
      return declined(payment.decline ?? 'unclassified', reference);
    default:
      return heard('not_executed', 'closed', { reference, provedNotExecuted: true });
  }
}
