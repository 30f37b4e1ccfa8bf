/** Body of `GET /v1/processors`, for the API document; strict, so that a test finds what it does not tell. */
import { z } from 'zod';

const instant = z.iso.datetime();
const ms = z.int();

const sheet = z.strictObject({
  processor: z.string(),
  account: z.string(),
  callTimeoutMs: ms,
  /** `null`: the same key twice is two charges. */
  idempotency: z.strictObject({ windowMs: ms, cachesErrors: z.boolean(), maxKeyLength: z.int() }).nullable(),
  lookup: z
    .object({
      by: z.array(z.enum(['reference', 'key'])),
      scheduleMs: z.array(ms),
      maxDelayMs: ms,
      absence: z.strictObject({ answers: z.int(), settleMs: ms }).nullable(),
    })
    .nullable(),
  fence: z.strictObject({ payment: z.boolean(), hosted: z.boolean(), invoice: z.boolean() }),
  notExecutedStatuses: z.array(z.int()),
  unsupportedFeatures: z.array(z.string()),
  operations: z.array(z.string()),
  nativeRetries: z.boolean(),
  partialRefunds: z.boolean(),
  pendingLimitMs: ms,
  hostedMaxMs: ms,
  invoiceMaxMs: ms,
});

const health = z.strictObject({
  /** `open`: no new attempt. `half_open`: a few probes. `draining`: healed, with a cap until nobody waits any more. */
  state: z.enum(['closed', 'open', 'half_open', 'draining']),
  /** `null`: since ever. */
  since: instant.nullable(),
  downUntil: instant.nullable(),
  /** How often it opened since it was last closed. */
  opens: z.int(),
  /** Attempts held back since it opened. */
  held: z.int(),
  /** In the rolling window: answers (declines are good ones), and failures of the processor itself. */
  calls: z.strictObject({ good: z.int(), bad: z.int() }),
});

export const processorsSchema = z.strictObject({
  processors: z.array(z.strictObject({ processor: z.string(), sheet, health })),
  breaker: z.strictObject({
    windowMs: ms,
    failures: z.int(),
    failurePercent: z.int(),
    coolDownMs: ms,
    coolDownMaxMs: ms,
    probesAtOnce: z.int(),
    goodProbes: z.int(),
    badProbes: z.int(),
    drainPerSecond: z.int(),
    calmMs: ms,
    lookupsPerSecond: z.int(),
  }),
});
