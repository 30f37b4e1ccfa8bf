/**
 * The vocabulary of Recoup, one word per thing, shared by every folder.
 * Wire names are these very strings: what a merchant, a support person and the code call a thing is the same.
 */

/** One thing asked of a processor for an attempt. Each has a key of its own and an outcome. */
export type OperationName =
  | 'charge'
  | 'authorize'
  | 'capture'
  | 'void'
  | 'refund'
  | 'lookup'
  | 'continue_authentication'
  | 'open_hosted'
  | 'close_hosted'
  | 'open_invoice'
  | 'close_invoice';

/** Operations that can move money or open a way to pay: claimed in the store before they are sent. */
export type MoneyOperationName = Exclude<OperationName, 'lookup'>;

/**
 * What is known of an operation or attempt.
 * `not_executed`: certainly nothing happened. `unknown`: money may have moved, only proof ends it.
 */
export type Outcome = 'succeeded' | 'declined' | 'not_executed' | 'requires_action' | 'pending' | 'unknown';

/** Why an attempt did not succeed, in our words: every class, as callers may filter by. */
export const FAILURE_CLASSES = [
  'transient',
  'unknown_outcome',
  'soft_decline',
  'issuer_decline_unspecified',
  'processor_decline',
  'authentication_required',
  'authentication_failed',
  'instrument_problem',
  'hard_decline',
  'blocked',
  'blocked_for_good',
  'duplicate',
  'in_flight',
  'unsupported',
  'misconfigured',
  'unclassified',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** What the buyer can be offered. */
export type RecoveryPath = 'authenticate' | 'saved_method' | 'new_method' | 'hosted_checkout' | 'invoice';

export type Stage =
  | 'attempting'
  | 'confirming'
  | 'payment_pending'
  | 'waiting_authentication'
  | 'waiting_buyer'
  | 'hosted_checkout'
  | 'invoiced'
  | 'retry_scheduled'
  | 'authorized'
  | 'capturing'
  | 'cancelling'
  | 'needs_review'
  | 'paid'
  | 'failed'
  | 'expired'
  | 'cancelled';

/** Stages in which nothing is left to do for the workflow. */
export type ClosedStage = 'paid' | 'failed' | 'expired' | 'cancelled';

/** How the cardholder was authenticated in an attempt. */
export type Authentication = 'none' | 'exempt' | 'frictionless' | 'challenged' | 'abandoned' | 'failed' | 'unavailable';

/** Who did, or has to do, something. */
export type Actor = 'system' | 'buyer' | 'merchant' | 'support' | 'processor';

/** Whose choice an attempt was. Only `rule` and `schedule` use the automatic budget; all count to ceilings. */
export type StartedBy = 'rule' | 'schedule' | 'buyer' | 'support';

/** An instant as ISO 8601 text in UTC with milliseconds, e.g. `2026-11-22T10:00:00.000Z`. */
export type Instant = string;

export interface Money {
  /** Integer, in minor units of `currency` (cents for EUR, whole yen for JPY). */
  minor: number;
  /** ISO 4217, upper case. */
  currency: string;
}
