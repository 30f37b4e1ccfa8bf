/** Reads an order as it stands: from the store, which outlives every run; before its first write from the run's start. */
import type { Client } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../../contract/ids.ts';
import { ORDER_PAYMENT, type OrderPaymentInput } from '../../contract/messages.ts';
import { orderView, type Reading } from '../../policy/next-action.ts';
import type { OrderState } from '../../policy/order.ts';
import { plannedEntries } from '../../policy/planned.ts';
import { refuseCapture } from '../../policy/refusals.ts';
import type { OrderView } from '../../policy/view.ts';
import type { Store } from '../../store/store.ts';
import { type RecoupError, recoupError } from '../errors.ts';
import type { Explanations, Timeline, TimelineLine } from '../orders.ts';
import type { FindProcessor } from './pages.ts';
import { withPage } from './pages.ts';
import type { Policies } from './policies.ts';

export interface ReaderParts {
  client: Client;
  store: Store;
  policies: Policies;
  findProcessor: FindProcessor;
}

export class OrderReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** `null` when no such order exists. */
  async find(order: OrderRef): Promise<OrderState | null> {
    const stored = await this.#parts.store.findOrder(order.merchantId, order.orderId);
    return stored?.state ?? (await this.#startedState(order));
  }

  async require(order: OrderRef): Promise<OrderState> {
    const state = await this.find(order);
    if (state === null) throw recoupError('order_unknown');
    return state;
  }

  /** Of a reservation the store may know some seconds before the order's run, when a worker died in between. */
  async refusal(error: RecoupError, order: OrderRef): Promise<RecoupError> {
    if (error.code !== 'nothing_to_capture') return error;
    const state = await this.find(order);
    if (state === null || refuseCapture(state) !== null) return error;
    const detail =
      'The order is authorized, and its workflow has not heard of it yet. Repeat the call in some seconds.';
    return recoupError('unavailable', detail);
  }

  async reading(order: OrderState): Promise<Reading> {
    const { rulebook, sheets } = await this.#parts.policies.ofOrder(order.facts.merchantId, order.facts.rulebook.hash);
    return { order, rulebook, sheets, now: new Date().toISOString() };
  }

  async view(state: OrderState): Promise<OrderView> {
    return withPage(orderView(await this.reading(state)), state, this.#parts.findProcessor);
  }

  /** Without asking a processor for its page: for lists. */
  async plainView(state: OrderState): Promise<OrderView> {
    return orderView(await this.reading(state));
  }

  async timeline(order: OrderRef): Promise<Timeline> {
    const state = await this.require(order);
    const stored = await this.#parts.store.listTimeline(order.merchantId, order.orderId);
    return { entries: [...stored.map(lineOf), ...(await this.#planned(state))] };
  }

  async explain(order: OrderRef): Promise<Explanations> {
    await this.require(order);
    const stored = await this.#parts.store.listTimeline(order.merchantId, order.orderId);
    return {
      decisions: stored.flatMap(({ at, attempt, explanation }) =>
        explanation === undefined ? [] : [{ at, ...(attempt !== undefined && { attempt }), ...explanation }],
      ),
    };
  }

  async #planned(state: OrderState): Promise<TimelineLine[]> {
    return plannedEntries(await this.reading(state)).map(lineOf);
  }

  /** The state with which the order's run was started, which works with no worker up. */
  async #startedState(order: OrderRef): Promise<OrderState | null> {
    const { client } = this.#parts;
    const workflowId = orderWorkflowId(order);
    try {
      const { history } = await client.withDeadline(Date.now() + HISTORY_WITHIN_MS, () =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution: { workflowId },
          maximumPageSize: 1,
        }),
      );
      const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
      if (started?.workflowType?.name !== ORDER_PAYMENT) return null;
      const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
      let payloads = started.input?.payloads ?? [];
      for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
      const [payload] = payloads;
      return payload === undefined ? null : payloadConverter.fromPayload<OrderPaymentInput>(payload).state;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }
}

const GRPC_NOT_FOUND = 5;
const HISTORY_WITHIN_MS = 3_000;

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === GRPC_NOT_FOUND;
}

function lineOf(entry: TimelineLine): TimelineLine {
  const { at, kind, actor, attempt, processor, text, evidence, planned } = entry;
  return {
    at,
    kind,
    actor,
    ...(attempt !== undefined && { attempt }),
    ...(processor !== undefined && { processor }),
    text,
    ...(evidence !== undefined && { evidence }),
    planned,
  };
}
