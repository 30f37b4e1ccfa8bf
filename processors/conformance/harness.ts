import type { ProcessorAnswer } from '../../policy/answers.ts';
import type { Sheet } from '../../policy/sheet.ts';
import type { MoneyOperationName } from '../../policy/terms.ts';
import type { CallOptions, LookupRequest, Processor, ProcessorRequest } from '../port.ts';

/** What the processor is asked to do with the next request, so that every processor is put through the same. */
export type Story =
  | 'ok'
  | 'soft_decline'
  | 'challenge'
  | 'timeout_charged'
  | 'timeout_lost'
  | 'cut_charged'
  | 'cut_lost'
  | 'error_charged'
  /** An HTTP status that the sheet calls not executed, then success. */
  | { status: number };

/** One entry a key, or, where there is no idempotency, one an execution. */
export interface LedgerEntry {
  operation: string;
  key: string;
  amountMinor: number;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
  /** Arrivals of that key, lost ones included. */
  requests: number;
}

export interface SignedWebhook {
  rawBody: Uint8Array;
  headers: Record<string, string>;
}

/** A real processor, or its sandbox, with what the suite needs to see behind the adapter. */
export interface Harness {
  processor: Processor;
  /** The sheet in the time of the harness: it may run faster than real life. */
  sheet: Sheet;
  credential(story: Story): string;
  /** What really happened to an order, oldest first. */
  ledger(orderId: string): Promise<LedgerEntry[]>;
  /** The buyer opens the page and pays or authenticates; false when the page does not let her. */
  actOnPage(url: string): Promise<boolean>;
  /** The first webhook about an order, as its bytes arrived. */
  webhook(orderId: string): Promise<SignedWebhook>;
  /** Signs any body as the processor would, at a time in seconds. */
  sign(rawBody: string, sentAtS: number): SignedWebhook;
  /** Nobody listens while `during` runs. */
  unreachable(during: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export const AMOUNT_MINOR = 4999;
export const MERCHANT = 'default';
/** Shorter than real calls, because some stories never answer. */
export const CALL_TIMEOUT_MS = 400;

/** One order in the suite: names its keys, carries its operations. */
export class Order {
  static #count = 0;
  readonly #harness: Harness;
  readonly orderId: string;

  constructor(harness: Harness, name: string) {
    Order.#count += 1;
    this.#harness = harness;
    this.orderId = `${name}-${Order.#count}`;
  }

  key(operation: string): string {
    return `${this.orderId}-${operation}`;
  }

  send(operation: MoneyOperationName, fields: Partial<ProcessorRequest> = {}): Promise<ProcessorAnswer> {
    const request: ProcessorRequest = {
      operation,
      merchantId: MERCHANT,
      orderId: this.orderId,
      attempt: 1,
      key: this.key(operation),
      amountMinor: AMOUNT_MINOR,
      currency: 'EUR',
      challenge: false,
      offSession: false,
      features: [],
      metadata: {},
      ...fields,
    };
    return this.#harness.processor.send(request, call());
  }

  charge(story: Story, fields: Partial<ProcessorRequest> = {}): Promise<ProcessorAnswer> {
    return this.send('charge', { credential: this.#harness.credential(story), ...fields });
  }

  lookup(operation: MoneyOperationName = 'charge', fields: Partial<LookupRequest> = {}): Promise<ProcessorAnswer> {
    return this.#harness.processor.lookup(this.#asked(operation, fields), call());
  }

  pageUrl(operation: MoneyOperationName, fields: Partial<LookupRequest> = {}): Promise<string | null> {
    return this.#harness.processor.pageUrl(this.#asked(operation, fields), call());
  }

  #asked(operation: MoneyOperationName, fields: Partial<LookupRequest>): LookupRequest {
    return { operation, merchantId: MERCHANT, orderId: this.orderId, key: this.key(operation), ...fields };
  }

  async effects(): Promise<string[]> {
    const entries = await this.#harness.ledger(this.orderId);
    return entries.filter((entry) => entry.effect !== 'none').map((entry) => entry.effect);
  }

  ledger(): Promise<LedgerEntry[]> {
    return this.#harness.ledger(this.orderId);
  }
}

export function call(timeoutMs = CALL_TIMEOUT_MS): CallOptions {
  return { timeoutMs, signal: new AbortController().signal };
}

export function referenceOf(answer: ProcessorAnswer): string {
  if (answer.kind !== 'result' || answer.reference === undefined) {
    throw new Error(`an answer with a reference was expected, not ${JSON.stringify(answer)}`);
  }
  return answer.reference;
}

/** Asks until the answer fits or five seconds are over; gives the last answer either way. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const answer = await ask();
    if (fits(answer) || Date.now() > deadlineMs) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
