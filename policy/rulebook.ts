import type { RecoveryPath } from './terms.ts';

/** The merchant's routing and retry policy. Immutable once published; an order keeps the version it started with. */
export interface Rulebook {
  id: string;
  version: number;
  /** First match wins. The last one has no conditions: the mandatory fallback. */
  rules: Rule[];
}

export interface Rule {
  name: string;
  /** All must hold. A condition on a fact that we do not know is false. */
  when: Condition[];
  /** The first processor is the main processor, the others are retry processors, in order. */
  processors: string[];
  /** Extra tries by processor (Adaptive Acceptance); off where the sheet says that the processor does it itself. */
  extraTry: Record<string, number>;
  onBlocked: 'retry' | 'stop' | 'retry_with_3ds';
  /** A processor that is down: go round it to the next one (default), or wait until it is back. */
  onProcessorDown?: 'next_processor' | 'wait';
  transient: { sameKeyBackoffMs: number[] };
  /** Automatic attempts that the rule allows in the order's whole life. */
  automaticAttempts: number;
  /** Delays of later tries after the first decline; only with an off-session mandate. */
  laterTriesMs: number[];
  /** In the order in which the buyer is offered them. */
  recoveryPaths: RecoveryPath[];
  windows: {
    /** Buyer present: how long the first answer may take. Never scaled. */
    answerWithinMs: number;
    authenticationMs: number;
    buyerMs: number;
    hostedMs: number;
    invoiceMs: number;
    /** After this the buyer may choose another path although an outcome is unknown. */
    buyerPatienceMs: number;
    /** After this a person decides about an unknown outcome. */
    unknownBuyerLimitMs: number;
    /** Buyer present: how long the same key may be sent again, from the first send. */
    resendMs: number;
  };
  onLateSuccess: 'accept' | 'give_back';
}

export type Condition =
  | { fact: 'amountMinor'; op: 'gte' | 'lt'; value: number }
  | {
      fact: 'currency' | 'country' | 'brand' | 'funding' | 'issuerCountry' | 'method';
      op: 'in' | 'not_in';
      value: string[];
    }
  | { fact: 'buyerPresent'; op: 'is'; value: boolean }
  | { fact: 'feature'; op: 'has' | 'has_not'; value: string }
  | { fact: 'metadata'; key: string; op: 'in' | 'not_in'; value: string[] }
  /** Deterministic split: the share of orders, by a hash of the order id, 0–100. */
  | { fact: 'percentage'; op: 'lt'; value: number };
