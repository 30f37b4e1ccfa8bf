import type { ForbiddenReading } from './ceilings/ledger.ts';
import type { CeilingReading } from './decision.ts';
import type { TimelineEntry } from './events.ts';
import type { Attempt, OrderState } from './order.ts';
import type { ProcessorHealth } from './sheet.ts';
import type { Authentication, FailureClass, Instant, MoneyOperationName, Outcome } from './terms.ts';

/**
 * What an adapter read off the wire, translated to our words but not judged.
 * `classify` (in failures/) turns it into an outcome and a failure class, with the sheet in hand.
 */
export type ProcessorAnswer =
  | ({ kind: 'result' } & ProcessorResult)
  /** An answer that is not a payment result: 4xx, 5xx. `executed: false` only if the body says so explicitly. */
  | { kind: 'http_error'; httpStatus: number; code?: string; executed?: false }
  /** No answer. `refused`: no connection was made, so nothing was sent. `cut`: connection lost after sending began. */
  | { kind: 'fault'; fault: 'refused' | 'timeout' | 'cut' };

export interface ProcessorResult {
  /**
   * `absent` and `in_flight` come from lookups, `in_flight` also from a key being worked on;
   * `closed`: a hosted session, invoice or cancelled payment that can take no money any more (the fence's confirmation).
   */
  status: 'succeeded' | 'declined' | 'requires_action' | 'pending' | 'in_flight' | 'absent' | 'closed';
  /**
   * The processor's own id of the payment, session, invoice, refund. Of money that was taken always the payment's, the same in
   * answers, lookups and notices: another one is another payment. Only a capture may have one of its own, told under its key.
   */
  reference?: string;
  amountMinor?: number;
  currency?: string;
  /** True when the money is reserved only. */
  authorizedOnly?: boolean;
  /** Totals of what went back of a payment so far, where there is any. */
  refundedMinor?: number;
  returnedMinor?: number;
  disputedMinor?: number;
  code?: string;
  network?: string;
  /** The network's response code, e.g. Visa `14`. */
  networkCode?: string;
  /** Mastercard merchant advice code, e.g. `03`. */
  adviceCode?: string;
  authentication?: Authentication;
  /** What the buyer has to do when `requires_action`. */
  action?: 'authenticate' | 'display_details';
  /** Of the instrument that really paid (hosted pages, invoices). */
  last4?: string;
  /** Tries that the processor made by itself under this key (its adaptive retries): they count to ceilings like ours. */
  nativeTries?: NativeTry[];
  /** Names by which the processor knows the card (its PAR, a fingerprint of its own), as on instruments: `par:…`. */
  cardNames?: string[];
}

export interface NativeTry {
  at: Instant;
  outcome: 'declined' | 'succeeded';
}

/** What `classify` says of an answer. Computed once, in the activity, and recorded: a later table never rewrites history. */
export interface Classification {
  outcome: Outcome;
  failureClass: FailureClass | null;
  /** Set when a network rule or code forbids this instrument for ever (I4). */
  forbidsInstrument: boolean;
  /** Set with it when that holds for every order of the merchant, not for this one alone (`blocked_for_good`). */
  forbidsEverywhere?: true;
  /** Advice with an exact wait (Mastercard 24–30), in milliseconds from the answer. */
  retryAfterMs: number | null;
  /** The row that decided: document and edition, shown in explanations. */
  document: string;
  edition: string;
}

/** How one operation ended, as the activity tells the workflow. Lives in histories: nothing secret in it. */
export interface OperationResult {
  attempt: number;
  operation: MoneyOperationName | 'lookup';
  key: string;
  outcome: Outcome;
  failureClass: FailureClass | null;
  forbidsInstrument: boolean;
  forbidsEverywhere?: true;
  retryAfterMs: number | null;
  /** What happened on the wire or in the claim, as a short word: `succeeded`, `timeout`, `http_500`, `recorded`, `late`, … */
  evidence: string;
  document: string;
  edition: string;
  /** Lookups and fences only: what the processor said of the attempt. */
  found?: 'absent' | 'in_flight' | 'closed' | 'payment' | 'no_answer';
  /** True when this very send is proved not executed. */
  provedNotExecuted: boolean;
  /** True when nothing went to the processor this time (claim answered, too late, store down). */
  sent: boolean;
  /**
   * What the claim in the store said; `conflict` and `order_exists` stop the story for a person or for the store's version;
   * `ceiling` and `forbidden` refuse the card, and nothing was sent.
   */
  claim:
    | 'granted'
    | 'sent_again'
    | 'recorded'
    | 'expired'
    | 'conflict'
    | 'order_exists'
    | 'ceiling'
    | 'forbidden'
    | 'none';
  nativeTries?: NativeTry[];
  cardNames?: string[];
  /** The card's latest readings, after this operation. */
  ceilings?: CeilingReading[];
  /** Another order's outcome forbade the card. */
  forbidden?: ForbiddenReading[];
  reference?: string;
  amountMinor?: number;
  currency?: string;
  authorizedOnly?: boolean;
  refundedMinor?: number;
  returnedMinor?: number;
  disputedMinor?: number;
  code?: string;
  network?: string;
  networkCode?: string;
  adviceCode?: string;
  authentication?: Authentication;
  action?: 'authenticate' | 'display_details';
  last4?: string;
  /** Id of the key that is missing to open the credential. */
  sealingKeyId?: string;
  /** Processors that were down when it ended. Left out while all are well. */
  health?: ProcessorHealth[];
  /** Left out when all is well. The store was away when it came: it is recorded with the decision on it. */
  recorded?: false;
  startedAt: Instant;
  endedAt: Instant;
  /** The decision on this answer, which the store has already: see `foretell.ts`. */
  foretold?: Foretold;
}

/** What an answer changed, by a decision that was made as of `at`. */
export interface Foretold {
  at: Instant;
  /** Of the order, without its attempts. */
  changes: Partial<Omit<OrderState, 'attempts'>>;
  /** Those that changed. */
  attempts: Attempt[];
  wake: { at: Instant; summary: string } | null;
  /** Of the lines that were told, those that the run itself shows: explanations to who asks it, and what a person has to see. */
  explained: TimelineEntry[];
}

/** A processor's own notice (webhook), verified and stored before anybody decides on it. */
export interface ProcessorEvent {
  /** Unique within the processor; a second delivery changes nothing. */
  eventId: string;
  processor: string;
  type:
    | 'payment_succeeded'
    | 'payment_authorized'
    | 'payment_failed'
    | 'payment_cancelled'
    | 'refund_succeeded'
    | 'refund_failed'
    | 'dispute_opened'
    | 'payment_returned'
    | 'session_closed'
    | 'unknown_type';
  merchantId: string;
  orderId: string;
  /** Our attempt number when the processor echoes it. */
  attempt?: number;
  /** Our operation key when the processor echoes it. */
  key?: string;
  reference?: string;
  /** The account at the processor that it is about, when the processor says so; as in `Sheet.account`. */
  account?: string;
  amountMinor?: number;
  /** Returns and disputes: `amountMinor` is all of that kind so far, not only what this notice adds. */
  total?: boolean;
  currency?: string;
  code?: string;
  network?: string;
  networkCode?: string;
  adviceCode?: string;
  authentication?: Authentication;
  /** As in `ProcessorResult`; on a processor's own page the only thing that says which card was tried. */
  cardNames?: string[];
  /** What it tried by itself under our key before this. */
  nativeTries?: NativeTry[];
  /** Filled by `classify` before the event is signalled, as for answers. */
  failureClass?: FailureClass;
  forbidsInstrument?: boolean;
  forbidsEverywhere?: true;
  /** Advice with an exact wait, ms from now; as in `Classification`. */
  retryAfterMs?: number;
  occurredAt: Instant;
}
