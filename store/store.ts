import type { OperationResult, ProcessorEvent } from '../policy/answers.ts';
import type { Ceiling } from '../policy/ceilings/ceilings.ts';
import type { MerchantEvent, TimelineEntry } from '../policy/events.ts';
import type { OrderState } from '../policy/order.ts';
import type { Rulebook } from '../policy/rulebook.ts';
import type { Instant, MoneyOperationName, Stage } from '../policy/terms.ts';
import type { AuditEntry } from './access.ts';
import type { CardReading, CardTry, CountedCard, ReadCardsInput } from './card-ledger.ts';
import type { Deployment } from './deployment.ts';
import type { IdentityKeyCopy, SealingKeyUse } from './identity-keys.ts';
import type { HealthStore } from './processor-health.ts';

export type { Deployment };

/** What the store keeps: the truth that outlives Temporal's retention. One object, opened by `openStore`. */
export interface Store {
  /** Claim before call: one transaction, the only gate to a processor. See {@link ClaimInput}. */
  claimOperation(input: ClaimInput): Promise<ClaimAnswer>;
  /**
   * Writes an operation's outcome. A definite outcome is never overwritten by an indefinite one. `not_executed` of one
   * send ends an operation only while no earlier send's answer is missing; as a proof about the whole operation
   * (`operation: 'lookup'`, or `found` is `absent` or `closed`) always.
   * The card that was tried learns of it in the same transaction.
   * @throws UnknownOperation when the key was never claimed
   */
  recordOutcome(input: RecordOutcomeInput): Promise<void>;
  /**
   * As `recordOutcome`, and in the same commit the decision on it, if the order's row still holds the very state from which
   * that was decided. `foretold`: it did.
   * @throws UnknownOperation when the key was never claimed
   */
  recordAnswer(input: RecordAnswerInput): Promise<{ foretold: boolean }>;
  /**
   * What is recorded of an operation whose activity was lost; `null` when no definite answer is. From then on a decision
   * that the lost activity foretells is not written any more.
   */
  recallAnswer(input: RecallInput): Promise<OperationResult | null>;
  /** Timeline, outbox, order row, inbox marks of one decision, in one transaction; writing it twice changes nothing. */
  saveProgress(progress: Progress): Promise<SaveAnswer>;
  findOrder(merchantId: string, orderId: string): Promise<StoredOrder | null>;
  /** Newest first. @throws BadCursor */
  listOrders(query: ListOrdersQuery): Promise<{ orders: StoredOrder[]; nextCursor: string | null }>;
  /** What happened, oldest first, every epoch of it. Planned entries are not kept: they follow from the state. */
  listTimeline(merchantId: string, orderId: string): Promise<StoredTimelineEntry[]>;
  listOperations(merchantId: string, orderId: string): Promise<StoredOperation[]>;
  /** For planning: how each card stands for this amount. The claim counts anew and has the last word. */
  readCards(input: ReadCardsInput): Promise<CardReading[]>;
  /** Every try of one card of the merchant, under whichever of its names, oldest first. */
  listCardTries(merchantId: string, identity: string): Promise<CardTry[]>;
  /** Finds the order that a processor's reference belongs to. */
  findByReference(
    processor: string,
    reference: string,
  ): Promise<{ merchantId: string; orderId: string; attempt: number } | null>;
  /**
   * Open orders that nothing was written of since `before`, longest untouched first: candidates of the sweeper.
   * `after`: the last one of the page before.
   */
  listOpenOrders(input: { before: Instant; limit: number; after?: OpenOrder }): Promise<OpenOrder[]>;

  /** Inbox: a verified processor event, stored before anybody acts. `duplicate`: same id, same body; `conflict`: same id, other body (kept as quarantined). */
  storeProcessorEvent(input: InboxInput): Promise<'stored' | 'duplicate' | 'conflict'>;
  /**
   * Oldest first. With an order: parked ones too, so that a run that starts meets them; without: only waiting ones.
   * `after`: the last one of the page before, applied or not.
   */
  listUnappliedEvents(input: {
    merchantId?: string;
    orderId?: string;
    before?: Instant;
    after?: EventName;
    limit: number;
  }): Promise<ProcessorEvent[]>;
  /** Takes an event out of the waiting ones; it stays, and the order's next run meets it again. */
  parkEvent(processor: string, eventId: string, reason: string): Promise<void>;

  /** Events for the merchant that wait for delivery. */
  listOutbox(merchantId: string, orderId: string): Promise<StoredMerchantEvent[]>;

  /** Makes it the current one; an old version again is a roll-back. @throws RulebookVersionTaken */
  publishRulebook(merchantId: string, rulebook: Rulebook, hash: string): Promise<void>;
  currentRulebook(merchantId: string): Promise<{ rulebook: Rulebook; hash: string } | null>;
  rulebookByHash(merchantId: string, hash: string): Promise<Rulebook | null>;

  /** What the running workers can do: written by the worker when it starts, read by whoever starts an order. */
  publishDeployment(deployment: Deployment): Promise<void>;
  currentDeployment(): Promise<Deployment | null>;

  /** The breakers of the processors, shared by all workers. */
  health: HealthStore;

  /** HTTP Idempotency-Key, per caller. `begin` answers what to do; `finish` keeps the answer 24 h; `abandon` frees it after a fault. */
  idempotency: {
    begin(input: {
      caller: string;
      key: string;
      requestHash: string;
    }): Promise<
      { kind: 'new' } | { kind: 'in_flight' } | { kind: 'other_body' } | { kind: 'done'; status: number; body: string }
    >;
    finish(input: { caller: string; key: string; status: number; body: string }): Promise<void>;
    /** Says that the request is still being worked on; to be repeated every few seconds. */
    renew(input: { caller: string; key: string }): Promise<void>;
    abandon(input: { caller: string; key: string }): Promise<void>;
    /** Removes what is older than 24 h; answers how many. */
    purge(): Promise<number>;
  };

  /** Who did what and why; append-only (enforced in the database). */
  audit(entry: AuditEntry): Promise<void>;
  listAudit(merchantId: string, orderId: string): Promise<AuditEntry[]>;

  /** API keys are stored hashed. */
  saveApiKey(input: { keyHash: string; merchantId: string; name: string; scopes: string[] }): Promise<void>;
  findApiKey(keyHash: string): Promise<{ merchantId: string; name: string; scopes: string[] } | null>;

  /** The key behind counting identities, sealed; see `openSealer`. */
  listIdentityKeys(): Promise<IdentityKeyCopy[]>;
  saveIdentityKey(copy: IdentityKeyCopy & { first: boolean }): Promise<void>;
  /** How many orders of all merchants still need each sealing key. */
  listSealingKeyUse(): Promise<SealingKeyUse[]>;

  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Everything the claim fixes. First claim of an order also creates the order's row (from `progress.state`).
 * All of `merchantId … requestHash` is frozen with the key: a later claim of the same key that differs is a `conflict`.
 */
export interface ClaimInput {
  merchantId: string;
  orderId: string;
  attempt: number;
  operation: MoneyOperationName;
  /** 1, and more for another of its name in the attempt. */
  number: number;
  processor: string;
  account: string;
  instrumentId: string | null;
  amountMinor: number;
  currency: string;
  key: string;
  readableKey: string;
  /** Hash of the exact request as it will be sent. */
  requestHash: string;
  /** `null`: never send the same key twice (the sheet has no idempotency). */
  resendUntil: Instant | null;
  /** What tries a card: as what it counts, and to which ceilings. Not frozen: the network may be learnt later. */
  card?: CountedCard;
  /** Those in force, of every network, windows divided by the time scale. Needed with `card`. */
  ceilings?: Ceiling[];
  /** What was decided before this operation, saved in the same transaction. */
  progress: Progress;
  /** When it was claimed, and from when on a card's try counts. */
  now: Instant;
  /** It may be as late as this, and then a known key must not be sent any more. Default: `now`. */
  latestNow?: Instant;
}

export type ClaimAnswer =
  /** First claim of this operation: send it. `card`: how it stands, this try included. */
  | { kind: 'granted'; card?: CardReading }
  /** Claimed before, no outcome (or proved not executed), still before `resendUntil` as first claimed: send it again with the same key. */
  | { kind: 'sent_again'; resendUntil: Instant; card?: CardReading }
  /** Its outcome is known (`not_executed` once it may not be sent again): do not send. */
  | { kind: 'recorded'; result: OperationResult }
  /** Claimed before, no outcome, too late to send (or never allowed to): the outcome is unknown. */
  | { kind: 'expired' }
  /** The card has no room under a ceiling, or an outcome of any order has forbidden it: only the progress was written. */
  | { kind: 'ceiling' | 'forbidden'; card: CardReading }
  /** The key or the attempt number exists with other contents, or another attempt kept the money. */
  | { kind: 'conflict'; what: string }
  /** The run does not go on from what is stored: nothing was claimed or saved, load the order and go on from there. */
  | { kind: 'order_exists' };

/**
 * `stale`: another run took over from this one; only the timeline was kept, under this run's own epoch. `order_exists`: the
 * run does not go on from what is stored (it was reset, started from an older state, or collects the order again, perhaps with
 * another amount); nothing was saved. After both: load the order and go on from there.
 */
export type SaveAnswer = 'saved' | 'stale' | 'order_exists';

export interface RecordAnswerInput extends RecordOutcomeInput {
  /** Based on the write that made the claim, and at the place right after it. */
  progress: Progress;
}

export interface RecallInput {
  merchantId: string;
  orderId: string;
  key: string;
  runId: string;
  position: number;
}

export interface RecordOutcomeInput {
  key: string;
  result: OperationResult;
}

/** One decision's writing. */
export interface Progress {
  merchantId: string;
  orderId: string;
  /** Run that writes; the store maps it to an epoch. A reset makes a new run and so a new epoch; nothing is hidden. */
  runId: string;
  /**
   * Where in the run's history this was decided; later writings stand at higher places. Temporal may discard a task that wrote
   * already and decide anew, with a longer history: of two writings of one run the later one counts.
   */
  position: number;
  /** Name of this write, unique in the order. A run that is replayed, or reset to after it, gives it the same name again. */
  version: string;
  /**
   * The last version that this run knows to be stored, its own or the one that it was started from; `null`: none. What a run
   * that is new to the order brings counts only if it is based on exactly the stored version.
   */
  basedOn: string | null;
  state: OrderState;
  stage: Stage;
  /** A run has to work on it: it is not closed, or money of a closed one has to go back, or a person is asked. */
  open: boolean;
  needsHuman: boolean;
  nextActionAt: Instant | null;
  processor: string | null;
  failureClass: string | null;
  entries: TimelineEntry[];
  events: MerchantEvent[];
  /** Inbox events that this decision applied. */
  appliedEvents: { processor: string; eventId: string }[];
  /** Outcomes that were proved otherwise than by the call itself: lookup, webhook, person. Recorded with the decision. */
  proofs: RecordOutcomeInput[];
}

export interface StoredOrder {
  state: OrderState;
  stage: Stage;
  needsHuman: boolean;
  nextActionAt: Instant | null;
  epoch: number;
  /** See {@link Progress.version}. */
  version: string;
  updatedAt: Instant;
}

export interface OpenOrder {
  merchantId: string;
  orderId: string;
  updatedAt: Instant;
}

export type EventName = Pick<ProcessorEvent, 'processor' | 'eventId'>;

export interface StoredTimelineEntry extends TimelineEntry {
  epoch: number;
}

export interface StoredMerchantEvent extends MerchantEvent {
  id: string;
  merchantId: string;
  orderId: string;
}

export interface StoredOperation {
  attempt: number;
  operation: MoneyOperationName;
  number: number;
  processor: string;
  account: string;
  instrumentId: string | null;
  amountMinor: number;
  currency: string;
  key: string;
  readableKey: string;
  requestHash: string;
  claimedAt: Instant;
  resendUntil: Instant | null;
  /** `null` while no outcome was recorded. */
  result: OperationResult | null;
}

export interface ListOrdersQuery {
  merchantId: string;
  stage?: Stage[];
  processor?: string;
  failureClass?: string;
  updatedAfter?: Instant;
  updatedBefore?: Instant;
  needsHuman?: boolean;
  limit: number;
  cursor?: string;
}

export interface InboxInput {
  event: ProcessorEvent;
  /** Hash of the raw body: the same id with another body is quarantined. */
  bodyHash: string;
  receivedAt: Instant;
}
