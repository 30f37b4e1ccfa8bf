import type { OperationName, ProcessorName } from './model.ts';

/** What a processor can do, as it says itself on `GET /sheet`. Durations in milliseconds, divided by the time scale. */
export interface Sheet {
  processor: ProcessorName;
  operations: OperationName[];
  idempotency: { windowMs: number; cachesErrors: boolean; maxKeyLength: number } | null;
  lookup: { by: ('reference' | 'key')[]; absence: { answers: number; settleMs: number } } | null;
  fence: { payment: boolean; hosted: boolean; invoice: boolean };
  notExecutedStatuses: number[];
  unsupportedFeatures: string[];
  nativeRetries: boolean;
  /** How long a `pending_then_…` payment stays pending, and how long an absence takes to be believed. */
  settleMs: number;
  webhookDelayMs: number;
  hostedMaxMs: number;
  invoiceMaxMs: number;
}

export const MAX_KEY_LENGTH = 255;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export function sheetOf(processor: ProcessorName, timeScale: number): Sheet {
  const scaled = (durationMs: number) => durationMs / timeScale;
  const careful = processor !== 'gamma';
  const operations: OperationName[] = [
    'charge',
    'authorize',
    'capture',
    'void',
    'refund',
    'continue_authentication',
    'open_hosted',
    'open_invoice',
  ];
  if (careful) operations.push('close_hosted', 'close_invoice');
  const settleMs = scaled(3 * SECOND_MS);
  return {
    processor,
    operations,
    idempotency: careful ? { windowMs: scaled(DAY_MS), cachesErrors: true, maxKeyLength: MAX_KEY_LENGTH } : null,
    lookup: careful ? { by: ['reference', 'key'], absence: { answers: 2, settleMs } } : null,
    fence: { payment: careful, hosted: careful, invoice: careful },
    notExecutedStatuses: [429, 503],
    unsupportedFeatures: processor === 'beta' ? ['on_behalf_of'] : [],
    nativeRetries: false,
    settleMs,
    webhookDelayMs: scaled(SECOND_MS),
    hostedMaxMs: scaled(3 * DAY_MS),
    invoiceMaxMs: scaled(60 * DAY_MS),
  };
}
