/**
 * Workflows, updates, signals and queries by their names in Temporal, with the shapes that travel.
 * Imported by workflows and by clients alike: plain types and definitions, no schemas.
 * One object per message; plain JSON; nothing secret, because all of it stays in histories.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { OperationResult, ProcessorEvent } from '../policy/answers.ts';
import type { LedgerReading } from '../policy/ceilings/ledger.ts';
import type { ReopenedBy, TimelineEntry } from '../policy/events.ts';
import type { Instrument } from '../policy/instrument.ts';
import type { OrderState } from '../policy/order.ts';
import type { Rulebook } from '../policy/rulebook.ts';
import type { ProcessorHealth, Sheet } from '../policy/sheet.ts';
import type { Actor, ClosedStage, Money, RecoveryPath } from '../policy/terms.ts';
import type { MoneyView, NextAction, OrderView } from '../policy/view.ts';

/** Workflow types. */
export const ORDER_PAYMENT = 'orderPayment';
export const ORDER_LATE_EVENT = 'orderLateEvent';

export interface OrderPaymentInput {
  /** A new order's state, or the stored one of an order that is reopened or continued. */
  state: OrderState;
  /** Which write of the stored order that state is of; `null` for a new order. What was written since is not overwritten. */
  version: string | null;
  /** Durations already divided by the time scale, here and in the sheets. */
  rulebook: Rulebook;
  sheets: Sheet[];
  /** True when support reopened a `failed` or `expired` order. */
  reopened: boolean;
  /** Who did, and why. Left out of other runs, and of those that were started before it was kept. */
  reopenedBy?: ReopenedBy;
  /** Processors that were down when the run was started. Left out while all are well. */
  health?: ProcessorHealth[];
  /** True for a run started by `collect`: it charges nothing before that is accepted. */
  firstOfOrder: boolean;
  /** Random, the starter's own; answered by `collect`, so that one caller knows that the order is new. Nothing else. */
  startId: string;
  /** What was read of the card ledger for the order's payment methods; the claims bring later readings. */
  ledger?: LedgerReading;
  /** What became of operations that were out when an earlier run ended; applied before anything is planned. */
  answers?: OperationResult[];
  /** Continue as new after so many events of the order, at the next quiet point. Default 40; a test forces 1. */
  eventsPerRun?: number;
}

export interface OrderPaymentResult {
  stage: ClosedStage;
}

/** Runs for an order whose own run is closed; always started together with a `processorEvent` signal. */
export interface OrderLateEventInput {
  merchantId: string;
  orderId: string;
}

export type OrderPaymentWorkflow = (input: OrderPaymentInput) => Promise<OrderPaymentResult>;
export type OrderLateEventWorkflow = (input: OrderLateEventInput) => Promise<void>;

// — collect —

export interface CollectAnswer {
  /** Hash of the request that was accepted first; another one means `order_conflict` for the caller. */
  requestHash: string;
  /** Of the run that answers: the caller's own for the caller who started the order. */
  startId: string;
  view: OrderView;
}

// — commands —

export interface Command {
  /** The same id twice is one command. */
  commandId: string;
  actor: Actor;
  reason: string;
  /** For commands that use a payment method: what was just read of the card ledger, so that they can be refused by it. */
  ledger?: LedgerReading;
}

export interface ChooseRecovery extends Command {
  path: RecoveryPath;
  /** A new one, sealed, for `new_method`. */
  instrument?: Instrument;
  /** One that the order knows, for `saved_method`. */
  instrumentId?: string;
}

export interface ResolveUnknown extends Command {
  attempt?: number;
  outcome: 'succeeded' | 'absent' | 'accepted';
  /** Which question is answered, by its id. */
  question?: string;
  /** With `succeeded`: the processor's own id of the attempt's payment, and how much of it was taken. */
  reference?: string;
  amount?: Money;
  /** What the operator saw at the processor. */
  evidence: string;
}

export interface CommandAnswer {
  view: OrderView;
}

export interface BuyerReturned {
  /** The same id twice is one return. */
  id: string;
}

/** Without arguments: the order is in the start arguments, and a second caller's would never be heard. */
export const collect = defineUpdate<CollectAnswer, []>('collect');
export const chooseRecovery = defineUpdate<CommandAnswer, [ChooseRecovery]>('chooseRecovery');
export const cancelOrder = defineUpdate<CommandAnswer, [Command]>('cancelOrder');
export const holdRetries = defineUpdate<CommandAnswer, [Command]>('holdRetries');
export const releaseRetries = defineUpdate<CommandAnswer, [Command]>('releaseRetries');
export const retryNow = defineUpdate<CommandAnswer, [Command]>('retryNow');
export const resolveUnknown = defineUpdate<CommandAnswer, [ResolveUnknown]>('resolveUnknown');
export const capture = defineUpdate<CommandAnswer, [Command]>('capture');
export const closeOrder = defineUpdate<CommandAnswer, [Command]>('closeOrder');

/** Accepted with no worker up; deduplicated by processor and event id. Stored before it is sent. */
export const processorEvent = defineSignal<[ProcessorEvent]>('processorEvent');
/** The buyer came back from a processor's page: look now instead of at the next planned time. */
export const buyerReturned = defineSignal<[BuyerReturned]>('buyerReturned');

/** What is planned, `planned: true`. Past entries are read from the store. */
export const timeline = defineQuery<TimelineEntry[]>('timeline');
export const nextAction = defineQuery<NextAction>('nextAction');
/** The entries of this run that carry an explanation. */
export const explain = defineQuery<TimelineEntry[]>('explain');
export const money = defineQuery<MoneyView>('money');
