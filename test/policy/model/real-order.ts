import type { OrderEvent } from '../../../policy/events.ts';
import { instrumentById, moneyOf } from '../../../policy/facts.ts';
import type { Refusal } from '../../../policy/refusals.ts';
import type { World } from '../decide/driver.ts';
import * as make from '../decide/fixtures.ts';
import { type Heard, heard, type Request, timeout } from '../decide/payments.ts';
import { ProcessorModel } from '../decide/processor-model.ts';
import type { Script } from '../decide/words.ts';
import type { Line, Processor, Way } from './order-model.ts';

const WORDS: Record<Way, Record<Processor, string>> = {
  good: { alpha: 'ok', beta: 'ok' },
  poor: { alpha: 'insufficient_funds', beta: 'ok' },
  broke: { alpha: 'insufficient_funds', beta: 'insufficient_funds' },
  stolen: { alpha: 'stolen_card', beta: 'stolen_card' },
  page: { alpha: 'ok', beta: 'ok' },
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

  override lookup(key: string, nowMs: number, isTold: boolean): Heard {
    return this.line === 'clear'
      ? super.lookup(key, nowMs, isTold)
      : heard('unknown', 'timeout', { found: 'no_answer' });
  }

  pay(nowMs: number): void {
    this.buyerActs('pays', nowMs);
    if (this.line !== 'clear') this.lost.push(...this.webhooks.splice(0));
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
  private way: Way;

  constructor(way: Way) {
    this.way = way;
    this.world = make.scene({}, { instruments: [make.card(way)] });
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
    const first = this.world.sent.filter(
      ({ operation, sends }) => (operation === 'charge' || operation === 'open_hosted') && sends === 1,
    );
    return first.map(({ attempt, processor }) => {
      const instrumentId = this.world.order.attempts[attempt - 1]?.instrumentId ?? null;
      return `${processor} ${instrumentById(this.world.order, instrumentId)?.id ?? 'page'}`;
    });
  }

  setLine(processor: Processor, line: Line): void {
    this.lined[processor].line = line;
  }

  collect(): void {
    this.use(this.way);
    this.world.open();
  }

  choose(way: Way): Refusal | null {
    const instrument = make.card(way, { origin: 'buyer' });
    return this.with(way, way === 'page' ? make.choose('hosted_checkout') : make.choose('new_method', instrument));
  }

  retry(way: Way): Refusal | null {
    return this.with(way, make.retryNow());
  }

  say(event: OrderEvent): Refusal | null {
    return this.world.say(event);
  }

  wait(): void {
    this.world.pass(3 * make.HOUR_MS);
  }

  /** The buyer pays on every open page; the processor's notice is on its way for a second. */
  pay(): void {
    for (const each of Object.values(this.lined)) each.pay(this.world.nowMs);
    this.world.pass(1_000);
  }

  notice(processor: Processor): void {
    this.lined[processor].notice(this.world.nowMs);
    this.world.pass(1);
  }

  /** Processors answer for this card from now on, unless the order will not have it. */
  private with(way: Way, event: OrderEvent): Refusal | null {
    const before = this.way;
    this.use(way);
    const refusal = this.world.say(event);
    if (refusal !== null) this.use(before);
    return refusal;
  }

  private use(way: Way): void {
    this.way = way;
    for (const processor of ['alpha', 'beta'] as const) this.scripts[processor].collect = [WORDS[way][processor]];
  }
}
