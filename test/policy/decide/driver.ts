import type { OperationResult } from '../../../policy/answers.ts';
import {
  type ForbiddenReading,
  type LedgerReading,
  latestReadings,
  readingsIn,
} from '../../../policy/ceilings/ledger.ts';
import { decide } from '../../../policy/decide.ts';
import type { CeilingReading, Decision } from '../../../policy/decision.ts';
import type { MerchantEvent, OrderEvent, SendCommand, TimelineEntry } from '../../../policy/events.ts';
import { attemptNumbered, instrumentById, operationOf, primaryOperation } from '../../../policy/facts.ts';
import { mergeReadings } from '../../../policy/health/readings.ts';
import { nextActionOf, type Reading } from '../../../policy/next-action.ts';
import type { OrderState } from '../../../policy/order.ts';
import type { Refusal } from '../../../policy/refusals.ts';
import type { Rulebook } from '../../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import type { ProcessorHealth, Sheet } from '../../../policy/sheet.ts';
import { stageOf } from '../../../policy/stage.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';
import { type Down, heldBack } from './breakers.ts';
import { type HouseFault, throughHouse } from './house-faults.ts';
import { withKey } from './keys.ts';
import { noteKnown } from './known.ts';
import { deepFreeze, takeWhere } from './lists.ts';
import { ProcessorModel } from './processor-model.ts';
import { resultOf } from './results.ts';
import { refusalOf } from './validators.ts';
import type { Script } from './words.ts';

export interface WorldOptions {
  order: OrderState;
  scripts?: Partial<Record<string, Script>>;
  sheets?: Sheet[];
  rulebook?: Rulebook;
  ceilings?: CeilingReading[];
  forbidden?: ForbiddenReading[];
  /** What is known of processors when the order is opened. */
  health?: ProcessorHealth[];
  down?: Down[];
  /** By number of the send. */
  house?: HouseFault[];
  /** Webhooks that are lost by number; `twice` sends each two times, the second one late. */
  webhooks?: { lose?: number[]; twice?: boolean };
  /** Sees every decision with what led to it. */
  watch?: (step: Step, world: World) => void;
}

export interface Step {
  before: OrderState;
  event: OrderEvent;
  decision: Decision;
  /** A command was out when this was decided. */
  owed: boolean;
}

/** A command as it was carried out, with the order as it was then. */
export interface Sent extends SendCommand {
  processor: string;
  key: string;
  atMs: number;
  sends: number;
}

/**
 * One order in memory, driven as the workflow does it: decide, carry out the one command, apply what came meanwhile, then
 * the answer; then wait for the wake or a message. The processors' own books are the oracle.
 */
export class World {
  order: OrderState;
  nowMs: number;
  wake: Decision['wake'] = null;
  /** The latest readings of the card ledger, as the workflow keeps them. */
  ledger: LedgerReading;
  readonly processors = new Map<string, ProcessorModel>();
  readonly sent: Sent[] = [];
  readonly entries: TimelineEntry[] = [];
  readonly events: MerchantEvent[] = [];
  readonly reading: Omit<Reading, 'order'>;
  private readonly inbox: OrderEvent[] = [];
  private readonly planned: { atMs: number; act: () => void }[] = [];
  private readonly meanwhile: (() => void)[] = [];
  /** A person said what was not so, and nothing brings that to light. */
  erred = false;
  private webhookCount = 0;
  private health: ProcessorHealth[];
  readonly openedMs: number;
  private readonly options: WorldOptions;

  constructor(options: WorldOptions) {
    this.options = options;
    this.order = options.order;
    this.openedMs = Date.parse(options.order.openedAt);
    this.nowMs = this.openedMs;
    this.health = options.health ?? [];
    this.ledger = { ceilings: options.ceilings ?? [], forbidden: options.forbidden ?? [] };
    this.reading = {
      rulebook: options.rulebook ?? DEFAULT_RULEBOOK,
      sheets: options.sheets ?? Object.values(SIMULATOR_SHEETS),
    };
    for (const sheet of this.reading.sheets) {
      this.processors.set(sheet.processor, new ProcessorModel(sheet, options.scripts?.[sheet.processor] ?? {}));
    }
  }

  get stage() {
    return stageOf(this.order);
  }

  get nextAction() {
    return nextActionOf({ ...this.reading, order: this.order });
  }

  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  /** Minor units that processors really hold for this order. */
  get netCaptured(): number {
    const payments = [...this.processors.values()].flatMap((each) => each.payments);
    return payments.reduce((sum, { capturedMinor, refundedMinor }) => sum + capturedMinor - refundedMinor, 0);
  }

  get losesNotices(): boolean {
    return (this.options.webhooks?.lose ?? []).length > 0;
  }

  get refundedByHand(): boolean {
    return [...this.processors.values()].some(({ byHand }) => byHand > 0);
  }

  /** A refund that we sent did give money back. */
  get gaveBack(): boolean {
    return [...this.processors.values()].some(({ refunds }) => refunds.some(({ status }) => status === 'done'));
  }

  open(): this {
    this.follow({ type: 'opened', reopened: false });
    return this;
  }

  /** Something that happens later, even while a call is out. */
  at(delayMs: number, act: () => void): this {
    this.planned.push({ atMs: this.nowMs + delayMs, act });
    return this;
  }

  /** Something that happens while the next call is out. */
  duringCall(act: () => void): void {
    this.meanwhile.push(act);
  }

  /** A message that arrives now. Validated as the workflow does, unless `raw`; answers the refusal. */
  message(event: OrderEvent, raw = false): Refusal | null {
    const { ceilings, forbidden } = this.ledger;
    const reading = { ...this.reading, order: this.order };
    const refusal = raw ? null : refusalOf(event, reading, { ceilings, forbidden }, this.now);
    if (refusal === null) this.inbox.push(event);
    return refusal;
  }

  /** A message that arrives now, and all that follows from it at once. */
  say(event: OrderEvent): Refusal | null {
    const refusal = this.message(event);
    this.drain();
    return refusal;
  }

  /** Lets time pass, wake by wake and message by message. */
  pass(durationMs: number, mostSteps = 500): this {
    const endMs = this.nowMs + durationMs;
    for (let steps = 0; steps < mostSteps; steps += 1) {
      this.drain();
      const wakeMs = this.wake === null ? Infinity : Math.max(this.nowMs + 1, Date.parse(this.wake.at));
      const nextMs = Math.min(wakeMs, this.nextOutsideMs());
      if (nextMs > endMs) break;
      this.moveTo(nextMs);
      if (this.inbox.length === 0 && nextMs >= wakeMs) this.follow({ type: 'clock' });
    }
    if (endMs > this.nowMs && endMs < Infinity) this.moveTo(endMs);
    this.drain();
    return this;
  }

  private drain(): void {
    for (let event = this.inbox.shift(); event !== undefined; event = this.inbox.shift()) this.follow(event);
  }

  private nextOutsideMs(): number {
    let nextMs = Infinity;
    for (const { atMs } of this.planned) nextMs = Math.min(nextMs, atMs);
    for (const processor of this.processors.values()) {
      nextMs = Math.min(nextMs, processor.nextChangeMs());
      for (const { atMs } of processor.webhooks) nextMs = Math.min(nextMs, atMs);
    }
    return Math.max(nextMs, this.nowMs);
  }

  /** Moves the clock; processors work, webhooks and planned messages arrive in the order of their time. */
  private moveTo(targetMs: number): void {
    for (;;) {
      const nextMs = this.nextOutsideMs();
      if (nextMs > targetMs) break;
      this.nowMs = nextMs;
      for (const [name, processor] of this.processors) {
        processor.advance(nextMs);
        for (const due of takeWhere(processor.webhooks, ({ atMs }) => atMs <= nextMs)) this.deliver(name, due);
      }
      for (const { act } of takeWhere(this.planned, ({ atMs }) => atMs <= nextMs)) act();
    }
    this.nowMs = Math.max(this.nowMs, targetMs);
  }

  private deliver(processor: string, { event, sure }: ProcessorModel['webhooks'][number]): void {
    const count = this.webhookCount;
    this.webhookCount += 1;
    const { merchantId, orderId } = this.order.facts;
    const whole: OrderEvent = {
      type: 'processor_event',
      event: { eventId: `evt_${count}`, processor, merchantId, orderId, occurredAt: this.now, ...event },
    };
    if (!sure && this.options.webhooks?.lose?.includes(count)) return;
    this.inbox.push(whole);
    if (this.options.webhooks?.twice) this.at(700 * (count % 4), () => this.inbox.push(whole));
  }

  /** Decides, does what was decided, and decides again on what came of it, until there is only to wait: it has to come to that. */
  private follow(event: OrderEvent): void {
    let command = this.decide(event, false);
    for (let sends = 0; command !== null; sends += 1) {
      if (sends === 100) throw new Error(`It never stops: ${command.summary}`);
      const result = this.carryOut(command);
      for (const message of this.inbox.splice(0)) this.decide(message, true);
      command = this.decide({ type: 'answered', result }, false);
    }
  }

  private decide(event: OrderEvent, owed: boolean): SendCommand | null {
    const before = deepFreeze(this.order);
    const { health } = this;
    const basis = { ...this.reading, ...this.ledger, health: deepFreeze(health) };
    const decision = decide({ ...basis, order: before, event: deepFreeze(event), now: this.now });
    if (event.type === 'answered') this.health = mergeReadings(health, event.result.health, this.nowMs);
    this.order = decision.order;
    this.ledger = latestReadings(this.ledger, readingsIn(event));
    this.wake = decision.wake;
    this.entries.push(...decision.entries);
    this.events.push(...decision.events);
    const step = { before, event, decision, owed };
    noteKnown(step, this);
    this.options.watch?.(step, this);
    return decision.command;
  }

  private carryOut(command: SendCommand): OperationResult {
    const attempt = attemptNumbered(this.order, command.attempt);
    const processor = this.processors.get(attempt?.processor ?? '');
    if (attempt === undefined || processor === undefined) throw new Error(`No attempt ${command.attempt}`);
    const name = command.operation;
    const number = name === 'lookup' ? undefined : operationOf(attempt, name)?.number;
    const key = (operation: string) =>
      `${attempt.number}/${operation}/${attempt.processor}${number === undefined ? '' : `/${number}`}`;
    const startedAt = this.now;
    const atMs = this.nowMs;
    const primary = primaryOperation(attempt);
    const targetKey = primary?.key || key(primary?.operation ?? 'charge');
    const asked = command.of === undefined ? targetKey : (operationOf(attempt, command.of)?.key ?? '');
    const sends = name === 'lookup' ? 1 : (operationOf(attempt, name)?.sends ?? 0);
    this.sent.push({ ...command, processor: attempt.processor, key: key(name), atMs, sends });
    if (name !== 'lookup') this.order = withKey(this.order, attempt.number, name, key(name));
    const held = name === 'lookup' ? null : heldBack(this.options.down ?? [], attempt, name, this);
    if (held !== null) return { attempt: attempt.number, operation: name, key: key(name), ...held };
    const collecting = name === primary?.operation;
    const first = collecting && attempt.round === 1 && attempt.startedBy === 'rule' && sends === 1;
    const sendNumber = this.sent.filter(({ operation }) => operation !== 'lookup').length - 1;
    const fault = this.options.house?.[sendNumber] ?? 'none';
    const acts = name === 'lookup' ? undefined : operationOf(attempt, name);
    const card = instrumentById(this.order, attempt.instrumentId)?.identity;
    const amountMinor = acts?.amountMinor ?? this.order.facts.amount.minor;
    const { answer, tookMs } =
      name === 'lookup'
        ? { answer: processor.lookup(asked, atMs, attempt.tookAs !== undefined).answer, tookMs: 15 }
        : throughHouse(fault, { first, card: collecting ? card : undefined, nowMs: atMs }, () =>
            processor.send({ operation: name, key: key(name), attempt: attempt.number, targetKey, amountMinor }, atMs),
          );
    for (const act of this.meanwhile.splice(0)) act();
    this.moveTo(atMs + tookMs);
    return resultOf(command, name === 'lookup' ? asked : key(name), { startedAt, endedAt: this.now }, answer);
  }
}
