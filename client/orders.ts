/** What can be done with orders: the same for both forms of the client. */
import type { CollectRequest, ListOrdersRequest, RecoveryRequest, ResolveRequest } from '../contract/schemas/orders.ts';
import type { Explanation, TimelineEntry } from '../policy/events.ts';
import type { Instant } from '../policy/terms.ts';
import type { OrderView } from '../policy/view.ts';

export interface CallOptions {
  /** How long to wait for an answer before the order as it stands is returned, ms. Default 10,000, at most 60,000. */
  waitMs?: number;
  /** Makes two calls one. By default each call has a key of its own, kept through its re-sends. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface CollectedOrder extends OrderView {
  /** True for the call that started the order. */
  created: boolean;
  /** True when the wait was over before the first answer; read the order again later. */
  pending: boolean;
}

export interface OrderPage {
  orders: OrderView[];
  nextCursor: string | null;
}

/** A line of the story as callers see it. */
export type TimelineLine = Omit<TimelineEntry, 'seq' | 'explanation'>;

export interface Timeline {
  entries: TimelineLine[];
}

export interface ExplainedDecision extends Explanation {
  at: Instant;
  attempt?: number;
}

export interface Explanations {
  decisions: ExplainedDecision[];
}

export interface ReasonGiven {
  reason: string;
}

export interface Orders {
  /** Starts the order or finds it; a decline is an answer, not an error. Safe to repeat. */
  collect(request: CollectRequest, options?: CallOptions): Promise<CollectedOrder>;
  get(orderId: string, options?: CallOptions): Promise<OrderView>;
  list(filter?: Partial<ListOrdersRequest>, options?: CallOptions): Promise<OrderPage>;
  /** Past and present from the store, and what is planned (`planned: true`). */
  timeline(orderId: string, options?: CallOptions): Promise<Timeline>;
  /** Every decision: which rule, on what evidence, what was refused and why. */
  explain(orderId: string, options?: CallOptions): Promise<Explanations>;
  /** The buyer's or support's choice of a way to pay. */
  recover(orderId: string, choice: RecoveryRequest, options?: CallOptions): Promise<OrderView>;
  cancel(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  hold(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  release(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  retry(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  /** Takes an authorized amount (`capture: manual`). */
  capture(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  close(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  reopen(orderId: string, input: ReasonGiven, options?: CallOptions): Promise<OrderView>;
  /**
   * Says what became of an attempt whose outcome is unknown, with the evidence seen at the processor; or answers what a person
   * is asked, named by `nextAction.question.id`. With `succeeded`: `reference`, the processor's own id of the payment, by which
   * notices find it from then on, and `amount`, where that is not the order's.
   */
  resolve(orderId: string, input: ResolveRequest, options?: CallOptions): Promise<OrderView>;
}

export const DEFAULT_WAIT_MS = 10_000;
export const LONGEST_WAIT_MS = 60_000;
