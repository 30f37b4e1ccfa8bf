/**
 * What the pretend processors remember. Everything here is plain JSON: it is written to the journal as it stands.
 * Amounts are integers in minor units, instants are epoch milliseconds.
 */

export const PROCESSOR_NAMES = ['alpha', 'beta', 'gamma'] as const;
export type ProcessorName = (typeof PROCESSOR_NAMES)[number];

export type PayingOperation = 'charge' | 'authorize' | 'open_hosted' | 'open_invoice';
export type ActionOperation = 'capture' | 'void' | 'refund' | 'continue_authentication';
export type OperationName = PayingOperation | ActionOperation | 'close_hosted' | 'close_invoice';

export type Authentication = 'none' | 'frictionless' | 'challenged' | 'failed' | 'abandoned';
export type ChallengeResult = 'ok' | 'failed' | 'abandoned' | 'ok_declined';

export interface Card {
  id: string;
  network: string;
  last4: string;
  /** Stands in for the payment account reference: the same card has the same one at every processor. */
  par: string;
}

export interface Payment {
  processor: ProcessorName;
  reference: string;
  merchantId: string;
  orderId: string;
  attempt: number;
  key: string;
  operation: PayingOperation;
  status: 'captured' | 'authorized' | 'declined' | 'requires_action' | 'pending' | 'voided';
  code: string | null;
  amountMinor: number;
  currency: string;
  authorizedMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  disputedMinor: number;
  returnedMinor: number;
  authentication: Authentication;
  network: string | null;
  networkDeclineCode: string | null;
  adviceCode: string | null;
  card: Card | null;
  sessionReference: string | null;
  createdAtMs: number;
  metadata: Record<string, string>;
  /** False for an authorization. */
  capture: boolean;
  /** The script, needed again for refunds and voids. `null` when paid by button. */
  token: string | null;
  entryId: string;
  returnUrl: string | null;
  challenge: { pageId: string; result: ChallengeResult } | null;
  /** Until then lookups and the key answer `in_flight` (`late_webhook_<s>`). */
  visibleAtMs: number;
  saveFor: string | null;
}

export interface SessionTry {
  at: string;
  reference: string;
  code: string | null;
  network: string | null;
  networkDeclineCode: string | null;
  adviceCode: string | null;
  card: Card | null;
}

export interface Session {
  processor: ProcessorName;
  kind: 'hosted' | 'invoice';
  reference: string;
  pageId: string;
  merchantId: string;
  orderId: string;
  attempt: number;
  key: string;
  status: 'open' | 'processing' | 'paid' | 'closed' | 'expired';
  amountMinor: number;
  currency: string;
  returnUrl: string | null;
  expiresAtMs: number;
  paymentReference: string | null;
  tries: SessionTry[];
  createdAtMs: number;
  metadata: Record<string, string>;
  entryId: string;
}

export interface Action {
  processor: ProcessorName;
  operation: ActionOperation;
  key: string;
  reference: string;
  paymentReference: string | null;
  status: 'succeeded' | 'declined';
  code: string | null;
  amountMinor: number;
  currency: string | null;
}

/** One line of the ledger: what a key really did. */
export interface Entry {
  id: string;
  processor: ProcessorName;
  operation: OperationName;
  key: string;
  merchantId: string;
  orderId: string;
  reference: string | null;
  amountMinor: number;
  currency: string | null;
  atMs: number;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
  requests: number;
  /** A further execution under the same key gets an entry of its own, so that a double charge can be seen. */
  executed: boolean;
}

export interface Subject {
  type: 'payment' | 'action' | 'session';
  reference: string;
}

/** What the idempotency store and lookups by key know of a key. */
export interface KeyRecord {
  processor: ProcessorName;
  key: string;
  operation: OperationName;
  fingerprint: string;
  atMs: number;
  httpStatus: number;
  /** The answer that the key replays, as it was sent. */
  body: string;
  /** `null`: nothing was executed (`500_lost`, or a fenced key). */
  subject: Subject | null;
  /** Fenced before it arrived: refused for ever. */
  cancelled: boolean;
  visibleAtMs: number;
}

export interface SavedMethod {
  id: string;
  processor: ProcessorName;
  merchantId: string;
  buyerReference: string;
  token: string;
  network: string;
  last4: string;
  par: string;
  createdAtMs: number;
}

/** Something that happens later; survives a restart. */
export type Job = { id: string; dueAtMs: number; processor: ProcessorName } & (
  | { kind: 'webhook'; merchantId: string; orderId: string; body: string }
  | { kind: 'settle'; reference: string; succeeds: boolean }
  | { kind: 'expire'; reference: string }
  | { kind: 'abandon'; reference: string }
  | { kind: 'dispute' | 'return'; reference: string }
);
export type WebhookJob = Extract<Job, { kind: 'webhook' }>;

/** One change of the memory; a request commits its list at once. */
export type Write =
  | ['payment', Payment]
  | ['session', Session]
  | ['action', Action]
  | ['entry', Entry]
  | ['key', KeyRecord]
  | ['method', SavedMethod]
  | ['counter', { name: string; count: number }]
  | ['job', Job]
  | ['job_done', { id: string }]
  | ['keys_expired', { atMs: number }];
