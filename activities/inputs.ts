import type { OrderRef } from '../contract/ids.ts';
import type { OperationResult, ProcessorEvent } from '../policy/answers.ts';
import type { LedgerReading } from '../policy/ceilings/ledger.ts';
import type { Readings } from '../policy/decision.ts';
import type { OrderState } from '../policy/order.ts';
import type { Rulebook } from '../policy/rulebook.ts';
import type { Sheet } from '../policy/sheet.ts';
import type { Instant, MoneyOperationName } from '../policy/terms.ts';
import type { CountedCard } from '../store/card-ledger.ts';
import type { EventName, OpenOrder, Progress, RecallInput, SaveAnswer } from '../store/store.ts';

export type { Progress, SaveAnswer };

/** Input of every activity that moves money. Frozen before the first send; plain JSON; credentials sealed. */
export interface MoneyOperationInput {
  operation: MoneyOperationName;
  merchantId: string;
  orderId: string;
  attempt: number;
  /** From the second of its name in the attempt on. */
  number?: number;
  processor: string;
  account: string;
  key: string;
  readableKey: string;
  amountMinor: number;
  currency: string;
  instrumentId: string | null;
  /** Collecting with a card: as what the card ledger counts it. */
  card?: CountedCard;
  /** Compact JWE; absent for operations on something that exists at the processor. */
  sealedCredential?: string;
  /** Processor's id of what is captured, voided, refunded, continued or closed. */
  reference?: string;
  /** Key of the operation that is captured, voided …, where the reference was never learned. */
  targetKey?: string;
  challenge: boolean;
  offSession: boolean;
  features: string[];
  metadata: Record<string, string>;
  description?: string;
  returnUrl?: string;
  /** Hosted sessions and invoices: when they must close by themselves. */
  expiresAt?: Instant;
  /** Never written to the processor after this instant (first sends: the order's `notAfter`); `null`: no such bound. */
  sendBefore: Instant | null;
  /** The same key is never sent again after this; `null`: never sent again at all. */
  resendUntil: Instant | null;
  timeoutMs: number;
  /** An earlier send of this key may have been executed: then it is proof, which no breaker holds back. */
  inDoubt: boolean;
  progress: Progress;
  /** What the workflow decides by beside rulebook and sheets, so that its decision on the answer can be foretold. */
  readings: Readings;
}

export interface LookupInput {
  merchantId: string;
  orderId: string;
  attempt: number;
  processor: string;
  /** What is looked up: the operation whose outcome is unknown. */
  operation: MoneyOperationName;
  key: string;
  reference?: string;
  timeoutMs: number;
}

/** An order as the store knows it, ready for a run to go on with. */
export interface LoadedOrder {
  /** Of which write the state is; see `Progress.version`. */
  version: string;
  state: OrderState;
  rulebook: Rulebook;
  sheets: Sheet[];
  ledger: LedgerReading;
  /** What became of operations that were with a processor when the last run ended: recorded, or unknown. */
  answers: OperationResult[];
}

/** What one sweep did, and where the next one goes on. */
export interface SweepResult {
  reopened: number;
  signalled: number;
  after: SweepPlace;
}

/** The last ones that were looked at; `null`: all were, and it begins anew. */
export interface SweepPlace {
  openOrder: OpenOrder | null;
  event: EventName | null;
  /** When the run closed; they are looked at from the newest on. */
  endedRun: Instant | null;
}

/** The activities by their names in Temporal. Rejections are faults; every business answer is a value. */
export interface Activities {
  charge(input: MoneyOperationInput): Promise<OperationResult>;
  authorize(input: MoneyOperationInput): Promise<OperationResult>;
  capture(input: MoneyOperationInput): Promise<OperationResult>;
  voidPayment(input: MoneyOperationInput): Promise<OperationResult>;
  refund(input: MoneyOperationInput): Promise<OperationResult>;
  continueAuthentication(input: MoneyOperationInput): Promise<OperationResult>;
  openHosted(input: MoneyOperationInput): Promise<OperationResult>;
  closeHosted(input: MoneyOperationInput): Promise<OperationResult>;
  openInvoice(input: MoneyOperationInput): Promise<OperationResult>;
  closeInvoice(input: MoneyOperationInput): Promise<OperationResult>;
  lookup(input: LookupInput): Promise<OperationResult>;
  saveProgress(progress: Progress): Promise<SaveAnswer>;
  recallAnswer(input: RecallInput): Promise<OperationResult | null>;
  /** For runs that start from the store: late events, reopening after terminate. */
  loadOrder(input: OrderRef): Promise<LoadedOrder | null>;
  reopenOrder(input: OrderRef): Promise<'reopened' | 'running' | 'closed'>;
  sweep(input: { after: SweepPlace }): Promise<SweepResult>;
  /** Gives events to the order's run; `closed` when it has none to give them to. */
  handOver(input: { order: OrderRef; events: ProcessorEvent[] }): Promise<'delivered' | 'closed'>;
}
