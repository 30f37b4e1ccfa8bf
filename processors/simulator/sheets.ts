import type { Sheet } from '../../policy/sheet.ts';
import type { MoneyOperationName } from '../../policy/terms.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const SIMULATED_PROCESSORS = ['alpha', 'beta', 'gamma'] as const;
export type SimulatedProcessor = (typeof SIMULATED_PROCESSORS)[number];

const GAMMA_OPERATIONS: MoneyOperationName[] = [
  'charge',
  'authorize',
  'capture',
  'void',
  'refund',
  'continue_authentication',
  'open_hosted',
  'open_invoice',
];

const ALPHA: Sheet = {
  processor: 'alpha',
  account: 'simulator',
  callTimeoutMs: 2 * SECOND_MS,
  idempotency: { windowMs: DAY_MS, cachesErrors: true, maxKeyLength: 255 },
  lookup: {
    by: ['reference', 'key'],
    scheduleMs: [1 * SECOND_MS, 3 * SECOND_MS, 6 * SECOND_MS, 12 * SECOND_MS],
    maxDelayMs: HOUR_MS,
    absence: { answers: 2, settleMs: 3 * SECOND_MS },
  },
  fence: { payment: true, hosted: true, invoice: true },
  notExecutedStatuses: [429, 503],
  unsupportedFeatures: [],
  partialRefunds: true,
  operations: [...GAMMA_OPERATIONS, 'close_hosted', 'close_invoice'],
  nativeRetries: false,
  pendingLimitMs: 7 * DAY_MS,
  hostedMaxMs: 3 * DAY_MS,
  invoiceMaxMs: 60 * DAY_MS,
};

const BETA: Sheet = { ...ALPHA, processor: 'beta', unsupportedFeatures: ['on_behalf_of'] };

const GAMMA: Sheet = {
  ...ALPHA,
  processor: 'gamma',
  idempotency: null,
  lookup: null,
  fence: { payment: false, hosted: false, invoice: false },
  operations: GAMMA_OPERATIONS,
};

/** What the simulated processors promise, in unscaled time. The conformance suite holds the server to it. */
export const SIMULATOR_SHEETS: Record<SimulatedProcessor, Sheet> = { alpha: ALPHA, beta: BETA, gamma: GAMMA };
