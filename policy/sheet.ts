import type { Instant, MoneyOperationName } from './terms.ts';

/**
 * What a processor can do, as data. Decisions read it; adapters and simulator must live up to it
 * (the conformance suite in processors/ checks that they do). Durations in milliseconds.
 */
export interface Sheet {
  processor: string;
  /** The merchant's account there; part of every key, because keys are scoped to it. */
  account: string;
  /** Per call, from first byte sent to last byte read. Never scaled in test mode. */
  callTimeoutMs: number;
  /** `null`: the same key twice is two charges, so nothing is ever sent twice. */
  idempotency: {
    /** How long the processor remembers a key. */
    windowMs: number;
    /** True when a 500 is replayed for the key: sending again then teaches nothing. */
    cachesErrors: boolean;
    maxKeyLength: number;
  } | null;
  /** `null`: we cannot ask. */
  lookup: {
    by: ('reference' | 'key')[];
    /** Delays after the outcome became unknown; after the last one each delay doubles up to `maxDelayMs`. */
    scheduleMs: number[];
    maxDelayMs: number;
    /** Absence is believed after `answers` absent answers at least `settleMs` apart; `null`: never. */
    absence: { answers: number; settleMs: number } | null;
  } | null;
  /** What can be closed so that no money can be taken through it any more. */
  fence: {
    /** A charge or authorization whose outcome is unknown or that waits for 3DS: by `void`. */
    payment: boolean;
    hosted: boolean;
    invoice: boolean;
  };
  /** HTTP statuses that the processor documents as "nothing was executed". */
  notExecutedStatuses: number[];
  /** Order features that it refuses, e.g. `on_behalf_of`. */
  unsupportedFeatures: string[];
  /** A part of a payment can be refunded too. */
  partialRefunds: boolean;
  /** Operations it offers at all. */
  operations: MoneyOperationName[];
  /** True when it does its own adaptive retries: then our `extraTry` there is off. */
  nativeRetries: boolean;
  /** How long `pending` may last before a person looks. */
  pendingLimitMs: number;
  /** Longest life of a hosted session and of an invoice there. */
  hostedMaxMs: number;
  invoiceMaxMs: number;
}

/** Evidence of a call that was held back because its processor is down: nothing was claimed, nothing was sent. */
export const PROCESSOR_DOWN = 'processor_down';

/** What is known of a processor's health right now; `downUntil` in the future means: do not start an attempt there. */
export interface ProcessorHealth {
  processor: string;
  downUntil: Instant | null;
  /** Those who wait come back spread over this time after `downUntil`, ms. */
  spreadMs?: number;
}
