import type { OperationResult, ProcessorEvent } from './answers.ts';
import type { LedgerReading } from './ceilings/ledger.ts';
import type { Instrument } from './instrument.ts';
import type { Actor, Instant, Money, MoneyOperationName, RecoveryPath, Stage } from './terms.ts';

/** Who reopened an order, and why. */
export interface ReopenedBy {
  actor: Actor;
  reason: string;
}

/** Everything that can happen to an order. `decide` takes one at a time, in the order in which the workflow saw them. */
export type OrderEvent =
  /** `collect` was accepted, or the order was reopened. */
  | { type: 'opened'; reopened: boolean; by?: ReopenedBy }
  /** An operation's activity came back. */
  | { type: 'answered'; result: OperationResult }
  /** A planned time may have come; `decide` reads the clock. */
  | { type: 'clock' }
  | { type: 'processor_event'; event: ProcessorEvent }
  | { type: 'buyer_returned'; id: string }
  | {
      type: 'recovery_chosen';
      id: string;
      actor: Actor;
      path: RecoveryPath;
      instrument?: Instrument;
      instrumentId?: string;
      /** What whoever sends it has just read of the card ledger. */
      ledger?: LedgerReading;
    }
  | { type: 'cancel_requested'; id: string; actor: Actor; reason: string }
  | { type: 'retries_held'; id: string; actor: Actor; reason: string }
  | { type: 'retries_released'; id: string; actor: Actor; reason: string }
  | { type: 'retry_requested'; id: string; actor: Actor; reason: string; ledger?: LedgerReading }
  | {
      type: 'unknown_resolved';
      id: string;
      actor: Actor;
      /** Left out where the question is about none. */
      attempt?: number;
      outcome: 'succeeded' | 'absent' | 'accepted';
      /** Which question it answers; left out, what the attempt's own outcome answers, or the only question that is there. */
      question?: string;
      /** `succeeded` only: under which reference the attempt's payment stands at its processor. */
      reference?: string;
      /** `succeeded` only: what was taken; left out, the order's amount. */
      amount?: Money;
      evidence: string;
      reason: string;
    }
  | { type: 'capture_requested'; id: string; actor: Actor; reason: string }
  | { type: 'close_requested'; id: string; actor: Actor; reason: string };

/** A line of the order's story. Buyer-safe it is not; secret-free it is. */
export interface TimelineEntry {
  /** Grows by one within an order; entries are keyed by order, epoch and this. 0 for planned ones. */
  seq: number;
  at: Instant;
  /** Stable word: `order_opened`, `attempt_started`, `attempt_declined`, `decision`, `outcome_unknown`, `buyer_choice`, … */
  kind: string;
  actor: Actor;
  attempt?: number;
  processor?: string;
  text: string;
  evidence?: string;
  planned: boolean;
  explanation?: Explanation;
}

/** Why the order went the way it went: one for each decision that had a choice. */
export interface Explanation {
  /** Which rule of which version. */
  rule: { name: string; rulebook: string; version: number };
  /** What was seen: `attempt 1 at alpha: soft_decline (insufficient_funds)`. */
  evidence: string[];
  /** What happens next, in one sentence. */
  decided: string;
  /** What was considered and refused, and why, with the source of the refusal when it is not the rule. */
  refused: { what: string; why: string; source?: string }[];
}

/** An event for the merchant, written to the outbox in the transaction that writes the state it tells of. */
export interface MerchantEvent {
  type:
    | 'order.payment_succeeded'
    | 'order.payment_failed'
    | 'order.action_required'
    | 'order.retry_scheduled'
    | 'order.recovery_offered'
    | 'order.outcome_unknown'
    | 'order.needs_review'
    | 'order.surplus_returned'
    | 'order.refunded'
    | 'order.returned'
    | 'order.disputed'
    | 'order.failed'
    | 'order.cancelled'
    | 'order.expired';
  /** Number from the order's own count, shared with the timeline. */
  seq: number;
  /** What caused it, within the order. With the type it makes the event the same one when it is told again. */
  cause: string;
  at: Instant;
  stage: Stage;
  attempt?: number;
  /** payment_failed only. */
  willRetry?: boolean;
  retryAt?: Instant;
}

/** The one operation that the workflow carries out next. Everything the activity needs except credentials and key. */
export interface SendCommand {
  attempt: number;
  operation: MoneyOperationName | 'lookup';
  /** Lookups: of the refund instead of the payment. */
  of?: 'refund';
  /** Line for Temporal Web UI, ≤ 200 bytes, nothing personal: `Attempt 2: beta, EUR 49.99, card •4242`. */
  summary: string;
  /** Time that this call may take, ms. */
  timeoutMs: number;
}
