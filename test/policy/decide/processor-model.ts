import type { ProcessorEvent } from '../../../policy/answers.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { capture, fence } from './acts.ts';
import {
  AMOUNT_MINOR,
  type Answer,
  answerOf,
  declined,
  eventOf,
  type Heard,
  heard,
  isNowhere,
  isPage,
  type Payment,
  type Request,
  timeout,
} from './payments.ts';
import { giveBack, type Refund, refundAnswer, settleRefund } from './refunds.ts';
import { DECLINES, type Script } from './words.ts';

const HOUR_MS = 3_600_000;
const TRANSIENT = { failureClass: 'transient', provedNotExecuted: true } as const;

/**
 * A processor that remembers what really happened. What it answers, and whether anybody hears it, is another matter than
 * what it did.
 */
export class ProcessorModel {
  readonly payments: Payment[] = [];
  readonly webhooks: { atMs: number; sure: boolean; event: Partial<ProcessorEvent> & Pick<ProcessorEvent, 'type'> }[] =
    [];
  byHand = 0;
  readonly fencedKeys = new Set<string>();
  readonly refunds: Refund[] = [];
  private readonly count = { collect: 0, page: 0, fence: 0, capture: 0, refund: 0, lookup: 0 };

  constructor(
    readonly sheet: Sheet,
    readonly script: Script,
  ) {}

  private word(list: keyof Script): string {
    const words = this.script[list] ?? [];
    const word = words[Math.min(this.count[list], words.length - 1)] ?? 'ok';
    this.count[list] += 1;
    return word;
  }

  send(request: Request, nowMs: number): Heard {
    switch (request.operation) {
      case 'void':
      case 'close_hosted':
      case 'close_invoice':
        return this.act(request, this.word('fence'), nowMs, (payment) => fence(this, payment, request.targetKey));
      case 'capture':
        return this.act(request, this.word('capture'), nowMs, (payment) => capture(this, payment, nowMs));
      case 'refund':
        return giveBack(this, request, this.word('refund'), nowMs);
      default:
        return this.collect(request, nowMs);
    }
  }

  private collect(request: Request, nowMs: number): Heard {
    if (this.fencedKeys.has(request.key)) return heard('not_executed', 'closed', { provedNotExecuted: true });
    const { idempotency } = this.sheet;
    const known = this.payments.find((each) => each.key === request.key && (each.cached500 || !isNowhere(each)));
    if (idempotency !== null && known !== undefined) return this.replay(known, nowMs);
    const word = this.word(isPage(request) ? 'page' : 'collect');
    const decline = DECLINES[word];
    if (decline !== undefined) {
      const payment = decline.notExecuted ? undefined : this.record(request, 'declined', nowMs, word);
      return declined(word, payment?.reference);
    }
    switch (word) {
      case 'timeout_charged':
        this.take(request, nowMs);
        return timeout();
      case 'slow_ok':
        return { ...answerOf(this.take(request, nowMs)), tookMs: 1_900 };
      case 'timeout_lost':
        this.record(request, 'never', nowMs);
        return timeout();
      case 'timeout_pending':
        this.record(request, 'pending', nowMs).later = { atMs: nowMs + 6 * HOUR_MS, becomes: this.taken(request) };
        return timeout();
      case 'timeout_3ds':
        if (isPage(request)) break;
        this.record(request, 'open', nowMs);
        return timeout();
      case 'timeout_delayed':
        this.record(request, 'on_the_wire', nowMs).later = { atMs: nowMs + 2_500, becomes: this.taken(request) };
        return timeout();
      case 'timeout_declined':
        this.record(request, 'declined', nowMs, 'insufficient_funds');
        return timeout();
      case '500_charged':
        this.take(request, nowMs).cached500 = idempotency?.cachesErrors === true;
        return heard('unknown', 'http_500', { failureClass: 'unknown_outcome' });
      case '500_lost':
        this.record(request, 'never', nowMs).cached500 = idempotency?.cachesErrors === true;
        return heard('unknown', 'http_500', { failureClass: 'unknown_outcome' });
      case '503':
      case 'refused':
        return heard('not_executed', word === '503' ? 'http_503' : word, TRANSIENT);
      case 'late_webhook':
        this.take(request, nowMs, 20_000).silentUntilMs = nowMs + 20_000;
        return timeout();
      case 'pending_ok':
        this.record(request, 'pending', nowMs).later = { atMs: nowMs + 3_000, becomes: this.taken(request) };
        return heard('pending', 'pending', {});
      case 'pending_declined':
        this.record(request, 'pending', nowMs, 'insufficient_funds').later = {
          atMs: nowMs + 3_000,
          becomes: 'declined',
        };
        return heard('pending', 'pending', {});
      case 'duplicate':
        return heard('unknown', 'declined', { failureClass: 'duplicate', code: 'duplicate' });
      case 'surprise': {
        const payment = this.record(request, 'declined', nowMs, 'insufficient_funds');
        payment.surprise = true;
        payment.later = { atMs: nowMs + 5_000, becomes: this.taken(request) };
        return declined('insufficient_funds', payment.reference);
      }
      case 'short': {
        if (isPage(request) || request.operation === 'authorize') break;
        const less = { ...request, amountMinor: request.amountMinor - 100 };
        return answerOf(this.take(less, nowMs));
      }
      case '3ds':
        if (isPage(request)) break;
        this.record(request, 'open', nowMs);
        return heard('requires_action', 'requires_action', { action: 'authenticate' });
      default:
        break;
    }
    if (!isPage(request)) return answerOf(this.take(request, nowMs));
    const page = this.record(request, 'open', nowMs);
    const lifeMs = request.operation === 'open_invoice' ? this.sheet.invoiceMaxMs : this.sheet.hostedMaxMs;
    page.later = { atMs: nowMs + lifeMs, becomes: 'closed' };
    return answerOf(page);
  }

  private replay(known: Payment, nowMs: number): Heard {
    if (known.cached500) return heard('unknown', 'http_500', { failureClass: 'unknown_outcome' });
    if (known.silentUntilMs > nowMs) return heard('unknown', 'in_flight', { failureClass: 'in_flight' });
    return answerOf(known);
  }

  /** Voids, closes and captures: the same key twice acts once, a closed or captured payment says so. */
  private act(request: Request, word: string, nowMs: number, act: (payment: Payment | undefined) => Answer): Heard {
    if (word === '503') return heard('not_executed', 'http_503', { provedNotExecuted: true });
    if (word === 'timeout_lost') return timeout();
    const own = this.payments.filter(({ key }) => key === request.targetKey);
    const payment = own.findLast((each) => !isNowhere(each)) ?? own.at(-1);
    if (word === 'timeout_late' && payment?.status === 'authorized') {
      payment.later = { atMs: nowMs + 2_500, becomes: 'captured' };
      return timeout();
    }
    const answer: Answer = word === 'declined' ? { outcome: 'declined', evidence: 'http_422' } : act(payment);
    if (word === 'timeout_done') return timeout();
    return { answer, tookMs: 10 + (nowMs % 3) };
  }

  /** `isTold`: by which name its money stands here. Before that a processor has no other payment to tell of. */
  lookup(key: string, nowMs: number, isTold = false): Heard {
    const word = this.word('lookup');
    if (word === 'no_answer') return heard('unknown', 'timeout', { found: 'no_answer' });
    const refund = this.refunds.find((each) => each.key === key);
    if (refund !== undefined) return heard('unknown', 'found', { ...refundAnswer(refund).answer, found: 'payment' });
    const payment = this.payments.findLast((each) => each.key === key && !isNowhere(each));
    if (payment === undefined) {
      if (this.fencedKeys.has(key)) return heard('not_executed', 'closed', { found: 'closed' });
      return heard('unknown', 'absent', { found: 'absent' });
    }
    if (payment.silentUntilMs > nowMs) return heard('unknown', 'in_flight', { found: 'in_flight' });
    const { answer, tookMs } = answerOf(payment);
    // What it is asked about now is another one's.
    if (word === 'other' && isTold && payment.status === 'captured') answer.reference = `${payment.reference}_other`;
    return { answer: { ...answer, found: payment.status === 'closed' ? 'closed' : 'payment' }, tookMs };
  }

  /** The buyer acts on whatever page is open here. */
  buyerActs(what: 'pays' | 'fails', nowMs: number): void {
    for (const payment of this.payments) {
      if (payment.status !== 'open') continue;
      if (what === 'pays') this.become(payment, this.taken(payment), nowMs);
      else if (!isPage(payment)) {
        payment.decline = '3ds_failed';
        this.become(payment, 'declined', nowMs);
      }
    }
  }

  /** Someone refunds at the processor's own dashboard. */
  refund(nowMs: number): void {
    const payment = this.payments.findLast((each) => each.capturedMinor > each.refundedMinor);
    if (payment === undefined) return;
    const amountMinor = payment.capturedMinor - payment.refundedMinor;
    this.byHand += 1;
    settleRefund(this, { key: `by-hand-${this.byHand}`, payment, amountMinor, status: 'done' }, nowMs);
  }

  /** Lets time work on what is under way. */
  advance(nowMs: number): void {
    for (const payment of this.payments) {
      if (payment.later === null || payment.later.atMs > nowMs) continue;
      const { atMs, becomes } = payment.later;
      this.become(payment, becomes, atMs);
    }
  }

  nextChangeMs(): number {
    return Math.min(...this.payments.map(({ later }) => later?.atMs ?? Infinity), Infinity);
  }

  /** By the truth, not by what we know: money can still be taken through it. Surprises cannot be known. */
  isPayable(payment: Payment): boolean {
    return !payment.surprise && ['on_the_wire', 'authorized', 'open', 'pending'].includes(payment.status);
  }

  taken({ operation }: Pick<Request, 'operation'>): 'captured' | 'authorized' {
    return operation === 'authorize' ? 'authorized' : 'captured';
  }

  private record(request: Request, status: Payment['status'], nowMs: number, decline?: string): Payment {
    const payment: Payment = {
      key: request.key,
      attempt: request.attempt,
      operation: request.operation,
      reference: `${this.sheet.processor}_${this.payments.length + 1}`,
      status,
      ...(decline === undefined ? {} : { decline }),
      capturedMinor: 0,
      refundedMinor: 0,
      surprise: false,
      silentUntilMs: 0,
      cached500: false,
      voided: false,
      later: null,
    };
    this.payments.push(payment);
    if (status === 'declined') this.tell(payment, nowMs, 1_500);
    return payment;
  }

  private take(request: Request, nowMs: number, tellAfterMs = 1_000): Payment {
    const payment = this.record(request, this.taken(request), nowMs);
    if (payment.status === 'captured') payment.capturedMinor = request.amountMinor;
    this.tell(payment, nowMs, tellAfterMs);
    return payment;
  }

  become(payment: Payment, status: Payment['status'], nowMs: number): void {
    payment.later = null;
    // A request that arrives after another of its key is that one.
    const twin = this.payments.find((each) => each !== payment && each.key === payment.key && !isNowhere(each));
    if (payment.status === 'on_the_wire' && (this.fencedKeys.has(payment.key) || (this.sheet.idempotency && twin))) {
      payment.status = 'never';
      return;
    }
    payment.status = status;
    if (status === 'captured') payment.capturedMinor = AMOUNT_MINOR;
    this.tell(payment, nowMs, 1_000);
  }

  tell(payment: Payment, nowMs: number, afterMs: number, type = eventOf(payment)): void {
    if (type === null) return;
    const decline = DECLINES[payment.decline ?? ''];
    this.webhooks.push({
      atMs: nowMs + afterMs,
      // What no lookup would ever be made for has to be told.
      sure: payment.surprise,
      event: {
        type,
        key: payment.key,
        reference: payment.reference,
        ...(payment.capturedMinor > 0 ? { amountMinor: payment.capturedMinor } : {}),
        ...(type === 'payment_failed' && decline !== undefined
          ? {
              failureClass: decline.failureClass,
              forbidsInstrument: decline.forbids ?? false,
              code: payment.decline ?? '',
            }
          : {}),
      },
    });
  }
}
