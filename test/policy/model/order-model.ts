/**
 * One order as somebody with pencil and paper would follow it: what each attempt truly did at its processor, and what we
 * were told of it. Written from the design and not from the code, and much simpler than it: no clock, no proofs, no keys.
 */
export type Processor = 'alpha' | 'beta';
/** A card, or the processor's own page. `poor`: alpha has no money for it, beta has. */
export type Way = 'good' | 'poor' | 'broke' | 'stolen' | 'page';
/** What gets through between us and a processor. */
export type Line = 'clear' | 'answers_lost' | 'requests_lost';
type Truth = 'nothing' | 'took' | 'declined' | 'closed' | 'open';

const AUTOMATIC_ATTEMPTS = 8;

/** What a request that arrives does. */
function effect(way: Way, processor: Processor): Truth {
  if (way === 'page') return 'open';
  return way === 'good' || (way === 'poor' && processor === 'beta') ? 'took' : 'declined';
}

interface ModelAttempt {
  processor: Processor;
  way: Way;
  truth: Truth;
  /** `null`: we have heard nothing, so it may have taken the money. */
  told: Truth | null;
}

export class OrderModel {
  readonly attempts: ModelAttempt[] = [];
  readonly lines: Record<Processor, Line> = { alpha: 'clear', beta: 'clear' };
  /** Cards that an issuer has told us never to use again. */
  readonly forbidden = new Set<Way>();
  /** What the buyer or support wants as soon as nothing can take money any more. */
  wish: Way | 'cancel' | null = null;
  cancelled = false;
  waits = 0;
  /** Hours went by since this round began: the buyer has left, so nothing starts by itself. */
  private late = false;
  /** Hours went by and we still were not told what we asked: a person looks. */
  private overdue = false;
  private automatic = 0;

  /** The one attempt that can still take money, for all that we were told. While there is one, no other starts. */
  get payable(): ModelAttempt | undefined {
    return this.attempts.find(({ told }) => told === null || told === 'open');
  }
  get unknown(): ModelAttempt | undefined {
    return this.attempts.find(({ told }) => told === null);
  }
  get paid(): boolean {
    return this.attempts.some(({ told }) => told === 'took');
  }
  get stage(): string {
    if (this.attempts.length === 0) return 'attempting';
    if (this.paid) return 'paid';
    if (this.cancelled) return 'cancelled';
    if (this.overdue) return 'needs_review';
    if (this.wish === 'cancel') return 'cancelling';
    if (this.payable === undefined) return 'waiting_buyer';
    return this.payable.told === null ? 'confirming' : 'hosted_checkout';
  }
  mayChoose(way: Way): boolean {
    const patience = this.unknown !== undefined && !this.overdue;
    return !this.paid && !this.cancelled && this.wish === null && !patience && !this.forbidden.has(way);
  }
  mayRetry(): boolean {
    const over = this.paid || this.cancelled || this.wish !== null || this.payable !== undefined;
    return !over && !this.forbidden.has(this.lastCard);
  }
  get lastCard(): Way {
    return this.attempts.findLast(({ way }) => way !== 'page')?.way ?? 'good';
  }

  collect(card: Way): void {
    this.automatic += 1;
    this.start('alpha', card);
  }
  choose(way: Way): void {
    // One page at a time: whoever asks again gets the one that is open.
    if (way === 'page' && this.payable?.told === 'open') return;
    this.wish = way;
    this.leave();
  }
  retry(): void {
    this.choose(this.lastCard);
  }
  cancel(): void {
    const leaving = this.wish !== null;
    this.wish = 'cancel';
    // What is being closed already is asked again in its own time.
    if (!leaving) this.leave();
  }
  /** The buyer pays on every page that is open, whatever we want by now. */
  pay(): void {
    for (const attempt of this.attempts) {
      if (attempt.truth !== 'open') continue;
      attempt.truth = 'took';
      this.hear(attempt);
    }
  }
  /** Seconds pass: what got no answer is sent again with its key, while the round is young. */
  soon(): void {
    if (this.unknown !== undefined && this.wish === null && !this.late) this.send(this.unknown);
  }
  /** Hours pass: what is being closed is asked for again, and of an old round the processor is only asked. */
  wait(): void {
    this.waits += 1;
    if (this.payable !== undefined && this.wish !== null) this.leave();
    else if (this.unknown !== undefined && this.late) this.hear(this.unknown);
    else this.soon();
    this.late = true;
    this.overdue = this.unknown !== undefined || (this.wish !== null && this.payable !== undefined);
  }
  /** The processor tells by itself what became of its last payment. */
  notice(): void {
    if (this.payable !== undefined) this.learn(this.payable);
  }
  /** A person has looked at the processor's own books. */
  resolve(): void {
    if (this.unknown === undefined) return;
    if (this.unknown.truth !== 'took') this.unknown.truth = 'closed';
    this.learn(this.unknown);
  }

  private start(processor: Processor, way: Way): void {
    const attempt: ModelAttempt = { processor, way, truth: 'nothing', told: null };
    this.attempts.push(attempt);
    this.send(attempt);
  }
  private send(attempt: ModelAttempt): void {
    const { processor, way } = attempt;
    if (this.lines[processor] === 'requests_lost') return;
    if (attempt.truth === 'nothing') attempt.truth = effect(way, processor);
    this.hear(attempt);
  }
  private hear(attempt: ModelAttempt): void {
    if (this.lines[attempt.processor] === 'clear') this.learn(attempt);
  }
  private learn(attempt: ModelAttempt): void {
    attempt.told = attempt.truth;
    if (attempt.truth === 'declined' && attempt.way === 'stolen') this.forbidden.add('stolen');
    if (this.payable !== undefined) return;
    this.overdue = false;
    if (this.paid) this.wish = null;
    else if (this.wish !== null) this.follow();
    else if (this.goesOn(attempt)) {
      this.automatic += 1;
      this.start('beta', attempt.way);
    }
  }
  private goesOn({ processor, way, truth }: ModelAttempt): boolean {
    const soft = truth === 'declined' && way !== 'stolen';
    return soft && processor === 'alpha' && !this.late && this.automatic < AUTOMATIC_ATTEMPTS;
  }
  /** What can take money is closed before anything else, and only the processor's word counts. */
  private leave(): void {
    const open = this.payable;
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
