import type { ProcessorEvent } from './answers.ts';
import type { Instrument } from './instrument.ts';
import type { ReviewCode } from './review-codes.ts';
import type {
  Actor,
  Authentication,
  ClosedStage,
  FailureClass,
  Instant,
  Money,
  MoneyOperationName,
  Outcome,
  RecoveryPath,
  StartedBy,
} from './terms.ts';

/** The business record as the merchant gave it. Never changes after `collect` was accepted. */
export interface OrderFacts {
  merchantId: string;
  orderId: string;
  amount: Money;
  capture: 'automatic' | 'manual';
  buyer: { present: boolean; reference?: string; country?: string };
  offSession?: {
    agreement: 'recurring' | 'unscheduled' | 'resubmission';
    mandateRef: string;
    networkTransactionId?: string;
    goodsDelivered?: boolean;
  };
  features: string[];
  metadata: Record<string, string>;
  description?: string;
  returnUrl?: string;
  expiresAt?: Instant;
  rulebook: { id: string; version: number; hash: string };
  /** Hash of merchant, order, amount, currency, capture: what makes a second `collect` the same order. */
  requestHash: string;
  /** No automatic charge starts from this on: the buyer who waited has left, or `collect` was never accepted. */
  notAfter: Instant;
}

/** One thing asked of a processor; the same key for every send of it. */
export interface Operation {
  operation: MoneyOperationName;
  /** From the second of its name on: sent under a new key, after a definite outcome of the one before. */
  number?: number;
  /** Refunds: how much goes back, minor units. The others are about the order's amount. */
  amountMinor?: number;
  key: string;
  /** The key's parts, readable: `default/o-1/2/charge/beta`. */
  readableKey: string;
  /** `null` while it is in flight for the first time. */
  outcome: Outcome | null;
  startedAt: Instant;
  endedAt: Instant | null;
  sends: number;
  /** Sends that are proved not executed. When it equals `sends`, nothing can have happened. */
  sendsNotExecuted: number;
  /** The same key may be sent again before this; `null`: never (the sheet has no idempotency). */
  resendUntil: Instant | null;
}

/** How an unknown (or pending, or waiting) outcome is being found out. */
export interface Proof {
  /** When the outcome became unknown, pending or the buyer's turn. */
  since: Instant;
  lookups: number;
  /** When absent answers were read since the last send. */
  absentAt: Instant[];
  /** When the next lookup is due. `null`: the sheet has none, or none is planned. */
  nextLookupAt: Instant | null;
  /** When the same key is sent again. `null`: not any more. */
  nextResendAt: Instant | null;
}

export interface Attempt {
  number: number;
  /** Attempts of one try to collect (main, extra, retry processors) share a round; each buyer's choice opens a new one. */
  round: number;
  kind: 'card' | 'hosted_checkout' | 'invoice';
  startedBy: StartedBy;
  processor: string;
  account: string;
  /** `null` for pages of the processor: the buyer chooses there. */
  instrumentId: string | null;
  /** Of the instrument that really paid on a processor's page. */
  paidWith?: { network?: string; last4?: string };
  /** Nothing of it ever left us: its credential could not be opened. */
  neverSent?: true;
  /** A 3DS challenge was asked for. */
  challenge: boolean;
  outcome: Outcome | null;
  failureClass: FailureClass | null;
  processorCode: string | null;
  networkCode: string | null;
  adviceCode: string | null;
  authentication: Authentication;
  action: 'authenticate' | 'display_details' | null;
  reference: string | null;
  operations: Operation[];
  proof: Proof | null;
  /** A lookup is with the processor since; its answer is owed like that of any operation. */
  lookupSince: Instant | null;
  /** Its processor told of its money since: what that lookup says may have been read before. */
  lookupOutdated?: boolean;
  /** The processor confirmed, or its documents prove, that this attempt can take no money any more. */
  fencedAt: Instant | null;
  /** We have to leave this attempt: fence it before anything else. */
  leave: {
    reason: 'cancel' | 'expiry' | 'switch' | 'window' | 'paid';
    since: Instant;
    /** A person wants the fence sent again, under a new key, after a definite no. */
    again?: boolean;
  } | null;
  /** Exact wait that the issuer or network asked for. */
  retryNotBefore: Instant | null;
  money: AttemptMoney;
  /** When we knew that it had taken money: the first to take the amount keeps it. */
  tookAt?: Instant;
  /** The processor's reference of that money: told under another one, it is another payment. */
  tookAs?: string;
  /** The key, none of ours, under which its money was told and no reference: a person said that it is the attempt's. */
  tookUnder?: string;
  /** The processor's reference of what it reserved, where told: under another one, it is another payment's. */
  reservedAs?: string;
  /** The name of its payment is a person's word, so far. */
  nameSaid?: string;
  /** How much it took is a person's word: its processor's own, when that comes, is better. */
  moneySaid?: true;
  /** References of such other payments. A person was asked about each. */
  others?: string[];
  /** Those of them of which only a reservation was told: that money was taken of them is news. */
  othersReserved?: string[];
  /** What its processor said when it denied its money, and a person accepted: said again it asks nobody. Newest last, bounded. */
  denialsAccepted?: string[];
  /** All of its money had gone back when the order was opened again: the order is collected anew. */
  givenBack?: true;
  /** What notices and our own refunds said of money that went back, each under its id, so that none counts twice. */
  moneyTold?: { fact: MoneyFact; id: string; minor: number }[];
  /** What the processor itself gave as the payment's totals. */
  moneySeen?: Partial<Record<MoneyFact, number>>;
  /** How often its payment had been sent when the merchant was last told that it failed. */
  failureTold?: number;
  startedAt: Instant;
  endedAt: Instant | null;
}

/** Integers in minor units of the order's currency. */
export interface AttemptMoney {
  authorized: number;
  captured: number;
  voided: number;
  refunded: number;
  returned: number;
  disputed: number;
}

/** How money leaves an attempt again. */
export type MoneyFact = 'refunded' | 'returned' | 'disputed';

/** Money beyond what the order may keep, from the moment we knew of it until none is left. */
export interface Surplus {
  /** Counts within the order. */
  number: number;
  since: Instant;
  /** The most that was held at once, minor units. */
  minor: number;
  endedAt: Instant | null;
  /** Attempts whose payment the processor confirmed since the last give-back was sent. */
  confirmed: number[];
  /** A person wants it sent again, under a new key, after a definite no. */
  again: boolean;
}

export interface Review {
  code: ReviewCode;
  attempt: number | null;
  since: Instant;
  /** Of a notice: processor and payment that it tells of. Two payments are two questions. */
  about?: string;
  /** A notice that disagreed before its attempt had taken money, which answers it. Two of them may have the same time. */
  beforeMoney?: true;
  /** Of money that its processor denies: all that it said of that while this was open. The answer answers each. */
  denials?: string[];
}

/** What the buyer or support chose; runs as soon as nothing is payable any more. */
export interface Choice {
  id: string;
  path: RecoveryPath | 'retry';
  instrumentId: string | null;
  startedBy: Exclude<StartedBy, 'rule' | 'schedule'>;
  chosenAt: Instant;
}

/** The whole state of an order's collection: plain JSON, carried through continue-as-new and kept in the store. */
export interface OrderState {
  // — given —
  facts: OrderFacts;
  /** Accepted (or reopened) at; `answerWithin` counts from `answerFrom`. An `expiresAt` before it is over and done with. */
  openedAt: Instant;
  // — persisted —
  instruments: Instrument[];
  attempts: Attempt[];
  round: number;
  /** Start of the buyer's current wait for an answer. */
  answerFrom: Instant;
  /** Once true, no automatic attempt on the order's instrument without the buyer or a mandate. */
  askedBuyer: boolean;
  choice: Choice | null;
  /**
   * Why the order is being ended; fences come first. `endedAt`: it had ended then, and money came after: none of it is the
   * order's to keep, and once all is given back the order ends again as it had.
   */
  ending: {
    as: 'cancelled' | 'expired' | 'failed';
    actor: Actor;
    reason: string;
    since: Instant;
    endedAt?: Instant;
    /** It was told as an end then. */
    again?: true;
  } | null;
  hold: { actor: Actor; reason: string; since: Instant } | null;
  /** The last one that there was. */
  surplus?: Surplus;
  /** A person accepted the money as it is: that much more than the amount may be kept (0: less than it is enough). */
  accepted?: { minor: number; actor: Actor; reason: string; at: Instant };
  /** A person has to decide: the current question, and those that come up after it. */
  review: Review | null;
  reviewsBehind?: Review[];
  /** Notices of money that is nobody's yet, newest last, bounded: they count once its payment proves to be an attempt's. */
  aside?: ProcessorEvent[];
  /** The payments of those that are kept no longer, newest last, bounded. */
  asideDropped?: string[];
  /** Payments that nobody knows, of which a person was asked whether they are an attempt's that has no name, newest last, bounded. */
  askedWhose?: string[];
  /** A later automatic try. `reason`: `schedule`, `advice`, `backoff`, `processor_down`. */
  retryAt: {
    at: Instant;
    instrumentId: string;
    reason: string;
    number: number;
    /** `processor_down` only: the one that is waited for. */
    processor?: string;
  } | null;
  /** The buyer's current default path and until when it is the default. */
  window: { path: 'buyer' | 'hosted_checkout' | 'invoice'; since: Instant; endsAt: Instant } | null;
  /** Manual capture was asked for. `again`: when it was known that the last one did nothing, so another one is meant. */
  captureRequested: { actor: Actor; since: Instant; again?: true } | null;
  closed: { stage: ClosedStage; at: Instant } | null;
  /** Number of the last timeline entry. */
  seq: number;
  /** Ids of events and commands already applied, newest last, bounded. */
  appliedIds: string[];
  /** What was decided last: the same is not told twice. */
  lastDecided?: string;
  /** How often the merchant was told of what, `<type> <cause>`, last told last, bounded. */
  told?: Record<string, number>;
  /** The most of the counts that are kept no longer: what is not counted (any more) may have been told so often. */
  toldForgotten?: number;
  /** What was said once in this round: `<round> <processor>` that is skipped, and `<round> no attempt`. */
  toldSkipped?: string[];
  /** `openedAt` of the collection of which the merchant was told that it is paid. */
  paidTold?: Instant;
}
