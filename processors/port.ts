import type { ProcessorAnswer, ProcessorEvent } from '../policy/answers.ts';
import type { Sheet } from '../policy/sheet.ts';
import type { MoneyOperationName } from '../policy/terms.ts';

/**
 * A payment processor as the activities see it. Adapters translate and verify; they never decide, never retry,
 * and never throw for anything a processor or the network can do: faults are `ProcessorAnswer`s too.
 */
export interface Processor {
  sheet: Sheet;
  /** Carries one operation to the processor, once. */
  send(request: ProcessorRequest, call: CallOptions): Promise<ProcessorAnswer>;
  /** Asks what became of an operation. Rejects nothing; `null` sheets have no lookup and are never asked. */
  lookup(request: LookupRequest, call: CallOptions): Promise<ProcessorAnswer>;
  /** The page on which the buyer goes on (3DS, hosted checkout, invoice), or `null` when it is not open. */
  pageUrl(request: LookupRequest, call: CallOptions): Promise<string | null>;
  /** Verifies the raw bytes and translates. Throws `WebhookRejected` (400/401) when they are not the processor's. */
  readWebhook(rawBody: Uint8Array, headers: Record<string, string>, nowMs: number): ProcessorEvent;
}

export interface CallOptions {
  timeoutMs: number;
  signal: AbortSignal;
}

export interface ProcessorRequest {
  operation: MoneyOperationName;
  merchantId: string;
  orderId: string;
  attempt: number;
  key: string;
  amountMinor: number;
  currency: string;
  /** In clear, only here and only in memory. */
  credential?: string;
  reference?: string;
  targetKey?: string;
  challenge: boolean;
  offSession: boolean;
  features: string[];
  metadata: Record<string, string>;
  description?: string;
  returnUrl?: string;
  expiresAt?: string;
}

export interface LookupRequest {
  operation: MoneyOperationName;
  key: string;
  reference?: string;
  merchantId: string;
  orderId: string;
}

export class WebhookRejected extends Error {
  override readonly name = 'WebhookRejected';
  readonly code: 'webhook_signature_invalid' | 'webhook_body_invalid';
  constructor(code: 'webhook_signature_invalid' | 'webhook_body_invalid', message: string) {
    super(message);
    this.code = code;
  }
}
