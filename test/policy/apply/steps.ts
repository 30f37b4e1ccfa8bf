import type { OperationResult, ProcessorEvent } from '../../../policy/answers.ts';
import { decide } from '../../../policy/decide.ts';
import type { Decision } from '../../../policy/decision.ts';
import type { MerchantEvent, OrderEvent, TimelineEntry } from '../../../policy/events.ts';
import type { Attempt, OrderState } from '../../../policy/order.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { stageOf } from '../../../policy/stage.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';
import * as make from '../decide/fixtures.ts';
import { resultOf } from '../decide/results.ts';

/** An order, told one thing after the other, each told in full: for what no processor of the other tests would say. */
export class Steps {
  order: OrderState;
  /** What the last decision wants to be sent. */
  command: Decision['command'] = null;
  wake: Decision['wake'] = null;
  entries: TimelineEntry[] = [];
  /** What the last decision tells the merchant. */
  events: MerchantEvent[] = [];
  readonly sheets: Sheet[];
  private nowMs: number;
  private notices = 0;
  /** With a processor until that answers, whatever is told meanwhile. */
  private owed: Decision['command'] = null;

  constructor(options: make.OrderOptions & { sheets?: Sheet[] } = {}) {
    this.order = make.newOrder(options);
    this.sheets = options.sheets ?? Object.values(SIMULATOR_SHEETS);
    this.nowMs = Date.parse(this.order.openedAt);
    this.tell({ type: 'opened', reopened: false });
  }

  get stage() {
    return stageOf(this.order);
  }

  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  attempt(number = this.order.attempts.length): Attempt {
    const attempt = this.order.attempts[number - 1];
    if (attempt === undefined) throw new Error(`no attempt ${number}`);
    return attempt;
  }

  /** Decides on this event; the operation that follows has its key, as the workflow fixes it. */
  tell(event: OrderEvent, afterMs = 0): this {
    this.nowMs += afterMs;
    const reading = { rulebook: DEFAULT_RULEBOOK, sheets: this.sheets, ceilings: [], health: [] };
    const decision = decide({ ...reading, order: this.order, event, now: this.now });
    this.order = withKeys(decision.order);
    this.command = decision.command;
    if (decision.command !== null || event.type === 'answered') this.owed = decision.command;
    this.wake = decision.wake;
    this.entries = decision.entries;
    this.events = decision.events;
    return this;
  }

  /** The answer to the command that is out. */
  answer(said: Partial<OperationResult>): this {
    const command = this.command ?? this.owed;
    if (command === null) throw new Error('nothing is out');
    const startedAt = this.now;
    this.nowMs += 10;
    const operations = this.attempt(command.attempt).operations;
    const key = operations.find(({ operation }) => operation === command.operation)?.key ?? '';
    const answer = { outcome: 'unknown', evidence: 'said', ...said } as const;
    return this.tell({ type: 'answered', result: resultOf(command, key, { startedAt, endedAt: this.now }, answer) });
  }

  /** A notice about the last attempt, unless it says otherwise. */
  notice(type: ProcessorEvent['type'], said: Partial<ProcessorEvent> = {}): this {
    const { merchantId, orderId } = this.order.facts;
    const { number, processor } = this.attempt();
    this.notices += 1;
    const event = {
      ...{ eventId: `e${this.notices}`, processor, type, merchantId, orderId, attempt: number, occurredAt: this.now },
      ...said,
    };
    return this.tell({ type: 'processor_event', event });
  }

  /** The next planned time comes. */
  wait(durationMs: number): this {
    return this.tell({ type: 'clock' }, durationMs);
  }

  /** One planned time comes after the other, until something is sent or nothing is planned; how long that took, ms. */
  untilSent(): number {
    const fromMs = this.nowMs;
    for (let wakes = 0; this.command === null && this.wake !== null && wakes < 50; wakes += 1) {
      this.wait(Math.max(0, Date.parse(this.wake.at) - this.nowMs));
    }
    return this.nowMs - fromMs;
  }

  said(kind: string): string | undefined {
    return this.entries.find((entry) => entry.kind === kind)?.text;
  }
}

function withKeys(order: OrderState): OrderState {
  const attempts = order.attempts.map((attempt) => ({
    ...attempt,
    operations: attempt.operations.map((each, at) => ({
      ...each,
      key: each.key === '' ? `${attempt.number}/${each.operation}/${at}` : each.key,
    })),
  }));
  return { ...order, attempts };
}
