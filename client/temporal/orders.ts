/** Orders on Temporal and PostgreSQL: what the embedded client and the gateway are made of. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type OrderRef, orderWorkflowId } from '../../contract/ids.ts';
import { newInstrument } from '../../contract/instruments.ts';
import * as messages from '../../contract/messages.ts';
import { newOrderState, refusalOf, unknownProcessors, wrongEnvironment } from '../../contract/order.ts';
import type {
  CollectOrder,
  ListOrdersRequest,
  RecoveryRequest,
  ResolveRequest,
} from '../../contract/schemas/orders.ts';
import type { Sealer } from '../../contract/sealing.ts';
import type { LedgerReading } from '../../policy/ceilings/ledger.ts';
import { isAtRest } from '../../policy/facts.ts';
import type { OrderState } from '../../policy/order.ts';
import type { ProcessorHealth } from '../../policy/sheet.ts';
import type { OrderView } from '../../policy/view.ts';
import type { Store } from '../../store/store.ts';
import { recoupError } from '../errors.ts';
import type { CollectedOrder, OrderPage } from '../orders.ts';
import type { Call } from './caller.ts';
import { CardLedger } from './card-ledger.ts';
import { type CommandName, sendCommand } from './commands.ts';
import { type FindProcessor, withPage } from './pages.ts';
import { type OrderPolicy, Policies } from './policies.ts';
import { OrderReader } from './reader.ts';
import { searchOrders } from './search.ts';
import { reopenOrder, type Started, type StartOrder, startOrder } from './start.ts';

export interface TemporalOrdersParts {
  client: Client;
  store: Store;
  sealer: Sealer;
  findProcessor: FindProcessor;
  /** Overrides the task queue of the deployment's workers. */
  taskQueue?: string;
  /** Origins that a `returnUrl` may have; empty: any. */
  returnUrlOrigins?: string[];
}

/** Returns within this time are one: a reload or a second tab asks the processor nothing more. */
const ONE_RETURN_MS = 5_000;
const LOOK_EVERY_MS = 150;

const PAGE_STAGES: ReadonlySet<string> = new Set(['waiting_authentication', 'hosted_checkout', 'invoiced']);

export class TemporalOrders {
  readonly reader: OrderReader;
  readonly policies: Policies;
  readonly ledger: CardLedger;
  readonly #parts: TemporalOrdersParts;

  constructor(parts: TemporalOrdersParts) {
    this.#parts = parts;
    this.policies = new Policies(parts.store);
    this.ledger = new CardLedger(parts.store);
    this.reader = new OrderReader({ ...parts, policies: this.policies });
  }

  async collect(request: CollectOrder, call: Call): Promise<CollectedOrder> {
    const { merchantId } = call.caller;
    const [policy, health] = await Promise.all([this.policies.current(merchantId), this.policies.health()]);
    await this.#refuse(request, policy, call);
    const { id, version } = policy.rulebook;
    const state = await newOrderState({
      request,
      merchantId,
      rulebook: { id, version, hash: policy.rulebookHash },
      now: new Date().toISOString(),
      waitMs: call.waitMs,
      sealer: this.#parts.sealer,
    });
    const ledger = await this.ledger.read(state, state.instruments, policy.deployment);
    const start = this.#startOf(state, policy, { version: null, waitMs: call.waitMs, health, ledger });
    const started = await startOrder(this.#parts.client, start);
    return this.#collected(started, state);
  }

  async list(filter: Partial<ListOrdersRequest>, call: Call): Promise<OrderPage> {
    const page = await searchOrders({ ...this.#parts, policies: this.policies }, filter, call.caller.merchantId);
    const orders = await Promise.all(page.orders.map(({ state }) => this.reader.plainView(state)));
    return { orders, nextCursor: page.nextCursor };
  }

  async get(orderId: string, call: Call): Promise<OrderView> {
    return this.reader.view(await this.reader.require(ref(orderId, call)));
  }

  /** The buyer came back from a processor's page: it is asked now, not when its webhook comes. Moves nothing by itself. */
  async buyerReturned(orderId: string, call: Call): Promise<OrderView> {
    const before = await this.get(orderId, call);
    if (!PAGE_STAGES.has(before.stage)) return before;
    const handle = this.#parts.client.workflow.getHandle(orderWorkflowId(ref(orderId, call)));
    try {
      await handle.signal(messages.buyerReturned, { id: `returned-${Math.floor(Date.now() / ONE_RETURN_MS)}` });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    const deadlineMs = Date.now() + Math.min(call.waitMs, ONE_RETURN_MS);
    for (;;) {
      const now = await this.get(orderId, call);
      if (now.stage !== before.stage || Date.now() + LOOK_EVERY_MS > deadlineMs) return now;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async recover(orderId: string, choice: RecoveryRequest, call: Call): Promise<OrderView> {
    const order = ref(orderId, call);
    const state = await this.reader.require(order);
    const { path, paymentMethod, instrument, reason = 'chosen' } = choice;
    const { deployment } = await this.policies.current(order.merchantId);
    const extra: Partial<messages.ChooseRecovery> = { path };
    if (paymentMethod !== undefined) {
      const wrong = wrongEnvironment(paymentMethod, deployment.mode);
      if (wrong !== null) throw recoupError('wrong_environment', `paymentMethod ${wrong}.`);
      const unknown = unknownProcessors(paymentMethod, processorsOf(deployment));
      // A choice that was carried out is answered as ever, although its processor was taken out since.
      if (unknown.length > 0 && !state.appliedIds.includes(call.commandId))
        throw recoupError('request_invalid', '', { fields: unknown });
      extra.instrument = await newInstrument(paymentMethod, order, 'buyer', this.#parts.sealer);
    }
    if (instrument !== undefined) extra.instrumentId = instrument;
    const methods = extra.instrument === undefined ? state.instruments : [...state.instruments, extra.instrument];
    extra.ledger = await this.ledger.read(state, methods, deployment);
    return this.#command('recover', order, { reason, ...extra }, call);
  }

  async command(
    name: Exclude<CommandName, 'recover' | 'resolve'>,
    orderId: string,
    reason: string,
    call: Call,
  ): Promise<OrderView> {
    const order = ref(orderId, call);
    if (name !== 'retry') return this.#command(name, order, { reason }, call);
    const state = await this.reader.require(order);
    const { deployment } = await this.policies.current(order.merchantId);
    const ledger = await this.ledger.read(state, state.instruments, deployment);
    return this.#command(name, order, { reason, ledger }, call);
  }

  async resolve(orderId: string, input: ResolveRequest, call: Call): Promise<OrderView> {
    return this.#command('resolve', ref(orderId, call), input, call);
  }

  /** A run of its own, seeded from the store: attempt numbers, budgets and forbidden instruments go on. */
  async reopen(orderId: string, reason: string, call: Call): Promise<OrderView> {
    const order = ref(orderId, call);
    const stored = await this.#parts.store.findOrder(order.merchantId, order.orderId);
    if (stored === null) {
      await this.reader.require(order);
      throw recoupError('order_not_reopenable');
    }
    if (stored.stage !== 'failed' && stored.stage !== 'expired') throw recoupError('order_not_reopenable');
    if (!isAtRest(stored.state)) {
      throw recoupError(
        'order_not_reopenable',
        'A person is asked about this order: settle that first with `resolve`.',
      );
    }
    await this.#audit('reopen', order, reason, {}, call);
    const { facts } = stored.state;
    const policy = await this.policies.ofOrder(order.merchantId, facts.rulebook.hash);
    const [health, ledger] = await Promise.all([
      this.policies.health(),
      this.ledger.read(stored.state, stored.state.instruments, policy.deployment),
    ]);
    const { version } = stored;
    const start = this.#startOf(stored.state, policy, { version, waitMs: call.waitMs, health, ledger });
    start.input.reopenedBy = { actor: call.caller.actor, reason };
    const started = await reopenOrder(this.#parts.client, start);
    if (started.kind === 'unreachable') throw started.error;
    return this.get(orderId, call);
  }

  async #command(
    name: CommandName,
    order: OrderRef,
    input: { reason: string } & Record<string, unknown>,
    call: Call,
  ): Promise<OrderView> {
    await this.#audit(name, order, input.reason, auditable(input), call);
    const command = { ...input, commandId: call.commandId, actor: call.caller.actor };
    const outcome = await sendCommand(this.#parts.client, { name, order, command, waitMs: call.waitMs });
    if (outcome.kind === 'answered') return this.#withPage(outcome.answer.view, order);
    if (outcome.kind === 'timed_out') return this.get(order.orderId, call);
    if (outcome.kind === 'refused') throw await this.reader.refusal(outcome.error, order);
    if (outcome.kind !== 'look') throw outcome.error;
    const state = await this.reader.require(order);
    if (isAtRest(state) && state.closed !== null)
      throw recoupError('order_closed', `The order is ${state.closed.stage}. Nothing was changed.`);
    throw recoupError('unavailable', 'The order has no running workflow right now; it is started again shortly.');
  }

  #startOf(
    state: OrderState,
    policy: OrderPolicy,
    how: { version: string | null; waitMs: number; health: ProcessorHealth[]; ledger: LedgerReading },
  ): StartOrder {
    const { rulebook, sheets, deployment } = policy;
    const { version, ledger } = how;
    const reopened = version !== null;
    return {
      input: {
        state,
        version,
        rulebook,
        sheets,
        ledger,
        reopened,
        firstOfOrder: !reopened,
        ...(how.health.length > 0 && { health: how.health }),
      },
      taskQueue: this.#parts.taskQueue ?? deployment.taskQueue,
      waitMs: how.waitMs,
    };
  }

  /** New: the workflow's answer as it is. Found: read afresh, because a stored answer may be weeks old. */
  async #collected(started: Started, own: OrderState): Promise<CollectedOrder> {
    if (started.kind === 'unreachable') throw started.error;
    if (started.kind === 'answered') {
      // Also when this call started the run: beyond Temporal's memory the store may know the order as another one.
      if (started.answer.requestHash !== own.facts.requestHash) throw conflict();
      if (started.created) {
        return { ...(await this.#withPage(started.answer.view, own.facts)), created: true, pending: false };
      }
    }
    const state = await this.reader.find(own.facts);
    if (state !== null && state.facts.requestHash !== own.facts.requestHash) throw conflict();
    const pending = started.kind === 'timed_out';
    if (state !== null) return { ...(await this.reader.view(state)), created: false, pending };
    if (started.kind === 'answered') return { ...started.answer.view, created: false, pending: false };
    // Neither store nor Temporal has it: whoever asked must not believe that it goes on.
    throw recoupError(
      'unavailable',
      'Nobody has taken the order yet. Repeat the call: the same order id is one order.',
    );
  }

  /** A workflow's answer, with the processor's page where one is open; without a read where none can be. */
  async #withPage(view: OrderView, order: OrderRef): Promise<OrderView> {
    if (!PAGE_STAGES.has(view.stage)) return view;
    const state = await this.reader.find(order);
    return state === null ? view : withPage(view, state, this.#parts.findProcessor);
  }

  async #refuse(request: CollectOrder, policy: OrderPolicy, call: Call): Promise<void> {
    const refusal = refusalOf(request, {
      mode: policy.deployment.mode,
      nowMs: Date.now(),
      returnUrlOrigins: this.#parts.returnUrlOrigins ?? [],
    });
    if (refusal !== null) {
      const { code, path, must } = refusal;
      throw recoupError(code, '', { fields: [{ path, must }] });
    }
    if (request.rulebook !== undefined && request.rulebook !== policy.rulebook.id)
      throw recoupError('rulebook_unknown');
    const unknown = unknownProcessors(request.paymentMethod, processorsOf(policy.deployment));
    // An order that was accepted with it is found as ever, although its processor was taken out since.
    if (unknown.length > 0 && (await this.reader.find(ref(request.orderId, call))) === null)
      throw recoupError('request_invalid', '', { fields: unknown });
  }

  /** Before the command is sent: what was asked for is on record even if its answer is lost. */
  async #audit(action: string, order: OrderRef, reason: string, detail: Record<string, unknown>, call: Call) {
    await this.#parts.store.audit({
      at: new Date().toISOString(),
      merchantId: order.merchantId,
      orderId: order.orderId,
      actor: `${call.caller.actor}:${call.caller.name}`,
      action,
      reason,
      detail: { ...detail, commandId: call.commandId },
    });
  }
}

function ref(orderId: string, call: Call): OrderRef {
  return { merchantId: call.caller.merchantId, orderId };
}

function processorsOf({ sheets }: OrderPolicy['deployment']): string[] {
  return sheets.map(({ processor }) => processor);
}

function conflict() {
  const detail = 'An order with this id was accepted with another amount, currency or capture. It goes on unchanged.';
  return recoupError('order_conflict', detail);
}

/** What an audit may hold: no instrument, sealed or not. */
function auditable(said: Record<string, unknown>) {
  const { path, instrumentId, attempt, question, outcome, evidence, reference, amount } = said;
  return { path, instrumentId, attempt, question, outcome, evidence, reference, amount };
}
