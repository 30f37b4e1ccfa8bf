import type { OrderEvent } from '../../../policy/events.ts';
import { instrumentById, moneyOf } from '../../../policy/facts.ts';
import type { Instrument } from '../../../policy/order.ts';
import type { Refusal } from '../../../policy/refusals.ts';
import type { World } from '../decide/driver.ts';
import * as make from '../decide/fixtures.ts';
import { type Heard, heard, type Request, timeout } from '../decide/payments.ts';
import { ProcessorModel } from '../decide/processor-model.ts';
import type { Script } from '../decide/words.ts';
import type { Card, Line, Processor } from './order-model.ts';

const WORDS: Record<Card, Record<Processor, string>> = {
  good: { alpha: 'ok', beta: 'ok' },
  poor: { alpha: 'insufficient_funds', beta: 'ok' },
  broke: { alpha: 'insufficient_funds', beta: 'insufficient_funds' },
  stolen: { alpha: 'stolen_card', beta: 'stolen_card' },
};

/** A processor behind a line that may lose requests, or answers and notices. What it did, it did all the same. */
class ProcessorBehindLine extends ProcessorModel {
  line: Line = 'clear';
  private readonly lost: ProcessorModel['webhooks'] = [];

  override send(request: Request, nowMs: number): Heard {
    if (this.line === 'requests_lost') return timeout();
    const answer = super.send(request, nowMs);
    if (this.line === 'clear') return answer;
    this.lost.push(...this.webhooks.splice(0));
    return timeout();
  }

  override lookup(key: string, nowMs: number): Heard {
    return this.line === 'clear' ? super.lookup(key, nowMs) : heard('unknown', 'timeout', { found: 'no_answer' });
  }

  /** Delivers what was lost, now. */
  notice(nowMs: number): void {
    for (const each of this.lost) this.webhooks.push({ ...each, atMs: nowMs, sure: true });
  }
}

/** The real `decide`, driven as the workflow does it, behind the words that the model knows. */
export class RealOrder {
  readonly world: World;
  private readonly scripts: Record<Processor, Script> = { alpha: {}, beta: {} };
  private readonly lined: Record<Processor, ProcessorBehindLine>;
  private card: Card;

  constructor(card: Card) {
    this.card = card;
    this.world = make.scene({}, { instruments: [make.card(card)] });
    const [alpha, beta] = make.sheetsWith({});
    if (alpha === undefined || beta === undefined) throw new Error('the simulator has no alpha and beta');
    this.lined = {
      alpha: new ProcessorBehindLine(alpha, this.scripts.alpha),
      beta: new ProcessorBehindLine(beta, this.scripts.beta),
    };
    this.world.processors.set('alpha', this.lined.alpha).set('beta', this.lined.beta);
  }

  get money() {
    return moneyOf(this.world.order);
  }

  /** Every attempt that was started, as `alpha good`. */
  get started(): string[] {
    const first = this.world.sent.filter(({ operation, sends }) => operation === 'charge' && sends === 1);
    return first.map(({ attempt, processor }) => {
      const instrumentId = this.world.order.attempts[attempt - 1]?.instrumentId ?? null;
      return `${processor} ${instrumentById(this.world.order, instrumentId)?.id}`;
    });
  }

  setLine(processor: Processor, line: Line): void {
    this.lined[processor].line = line;
  }

  collect(): void {
    this.use(this.card);
    this.world.open();
  }

  choose(card: Card): Refusal | null {
    const instrument: Instrument = make.card(card, { origin: 'buyer' });
    const before = this.card;
    this.use(card);
    const refusal = this.world.say(make.choose('new_method', instrument));
    if (refusal !== null) this.use(before);
    return refusal;
  }

  say(event: OrderEvent): Refusal | null {
    return this.world.say(event);
  }

  wait(): void {
    this.world.pass(3 * make.HOUR_MS);
  }

  notice(processor: Processor): void {
    this.lined[processor].notice(this.world.nowMs);
    this.world.pass(1);
  }

  private use(card: Card): void {
    this.card = card;
    for (const processor of ['alpha', 'beta'] as const) this.scripts[processor].collect = [WORDS[card][processor]];
  }
}
