/**
 * One order as somebody with pencil and paper would follow it: what each attempt truly did at its processor, and whether
 * we were told. Written from the design and not from the code, and much simpler than it: no clock, no proofs, no keys.
 */
export type Processor = 'alpha' | 'beta';
export type Card = 'good' | 'poor' | 'broke' | 'stolen';
/** What gets through between us and a processor. */
export type Line = 'clear' | 'answers_lost' | 'requests_lost';

const TAKES: Record<Card, Processor[]> = { good: ['alpha', 'beta'], poor: ['beta'], broke: [], stolen: [] };
const AUTOMATIC_ATTEMPTS = 8;

interface ModelAttempt {
  processor: Processor;
  card: Card;
  truth: 'nothing' | 'took' | 'declined' | 'closed';
  told: boolean;
}

export class OrderModel {
  readonly attempts: ModelAttempt[] = [];
  readonly lines: Record<Processor, Line> = { alpha: 'clear', beta: 'clear' };
  /** Cards that an issuer has told us never to use again. */
  readonly forbidden = new Set<Card>();
  /** What the buyer or support wants as soon as nothing can take money any more. */
  wish: Card | 'cancel' | null = null;
  cancelled = false;
  /** Hours went by since this round began: the buyer has left, so nothing starts by itself. */
  late = false;
  waits = 0;
  private automatic = 0;

  /** The one attempt that may have taken money without our knowing. While there is one, no other starts. */
  get unknown(): ModelAttempt | undefined {
    return this.attempts.find((attempt) => !attempt.told);
  }
  get paid(): boolean {
    return this.attempts.some(({ truth, told }) => told && truth === 'took');
  }
  get stage(): string {
    if (this.attempts.length === 0) return 'attempting';
    if (this.paid) return 'paid';
    if (this.cancelled) return 'cancelled';
    if (this.unknown !== undefined && this.late) return 'needs_review';
    if (this.wish === 'cancel') return 'cancelling';
    return this.unknown === undefined ? 'waiting_buyer' : 'confirming';
  }
  mayChoose(card: Card): boolean {
    const patience = this.unknown !== undefined && !this.late;
    return !this.paid && !this.cancelled && this.wish === null && !patience && !this.forbidden.has(card);
  }
  mayRetry(): boolean {
    const last = this.attempts.at(-1)?.card;
    const over = this.paid || this.cancelled || this.wish !== null || this.unknown !== undefined;
    return last !== undefined && !over && !this.forbidden.has(last);
  }

  collect(card: Card): void {
    this.automatic += 1;
    this.start('alpha', card);
  }
  choose(card: Card): void {
    this.wish = card;
    this.leave();
  }
  retry(): void {
    this.choose(this.attempts.at(-1)?.card ?? 'good');
  }
  cancel(): void {
    const leaving = this.wish !== null;
    this.wish = 'cancel';
    // What is being closed already is asked again in its own time.
    if (!leaving) this.leave();
  }
  /** Some hours pass: while the round is young the same key goes out again, later the processor is only asked. */
  wait(): void {
    this.waits += 1;
    const open = this.unknown;
    if (open !== undefined && this.wish !== null) this.leave();
    else if (open !== undefined && this.late) this.hear(open);
    else if (open !== undefined) this.send(open);
    this.late = true;
  }
  /** The processor tells by itself what became of its last payment. */
  notice(): void {
    if (this.unknown !== undefined) this.learn(this.unknown);
  }
  /** A person has looked at the processor's own books. */
  resolve(): void {
    if (this.unknown === undefined) return;
    if (this.unknown.truth !== 'took') this.unknown.truth = 'closed';
    this.learn(this.unknown);
  }

  private start(processor: Processor, card: Card): void {
    const attempt: ModelAttempt = { processor, card, truth: 'nothing', told: false };
    this.attempts.push(attempt);
    this.send(attempt);
  }
  private send(attempt: ModelAttempt): void {
    const { processor, card } = attempt;
    if (this.lines[processor] === 'requests_lost') return;
    if (attempt.truth === 'nothing') attempt.truth = TAKES[card].includes(processor) ? 'took' : 'declined';
    this.hear(attempt);
  }
  private hear(attempt: ModelAttempt): void {
    if (this.lines[attempt.processor] === 'clear') this.learn(attempt);
  }
  private learn(attempt: ModelAttempt): void {
    attempt.told = true;
    if (attempt.truth === 'declined' && attempt.card === 'stolen') this.forbidden.add('stolen');
    if (this.paid) this.wish = null;
    else if (this.wish !== null) this.follow();
    else if (this.goesOn(attempt)) {
      this.automatic += 1;
      this.start('beta', attempt.card);
    }
  }
  private goesOn({ processor, card, truth }: ModelAttempt): boolean {
    const soft = truth === 'declined' && card !== 'stolen';
    return soft && processor === 'alpha' && !this.late && this.automatic < AUTOMATIC_ATTEMPTS;
  }
  /** What is unknown is closed before anything else, and only the processor's word counts. */
  private leave(): void {
    const open = this.unknown;
    if (open === undefined) return this.follow();
    if (this.lines[open.processor] === 'requests_lost') return;
    if (open.truth !== 'took') open.truth = 'closed';
    this.hear(open);
  }
  private follow(): void {
    const { wish } = this;
    this.wish = null;
    if (wish === 'cancel') this.cancelled = true;
    else if (wish !== null && !this.forbidden.has(wish)) {
      this.late = false;
      this.start('alpha', wish);
    }
  }
}
