import { setTimeout as sleep } from 'node:timers/promises';
import { formBody } from './fields.ts';
import { type Answer, type Call, errorBody, type Handler, json } from './http.ts';
import { arrive, keyOf } from './keys.ts';
import type { OperationName } from './model.ts';
import type { Processor } from './processor.ts';

/** Weather: faults that fall on any call, whatever its token says. Percentages of calls; together 100 at most. */
export interface FaultSettings {
  /** Never carried out, never answered. */
  lostPercent: number;
  /** Carried out, never answered. */
  answerLostPercent: number;
  /** 503, not carried out. */
  overloadPercent: number;
  /** 500, not carried out and not kept under the key. */
  errorPercent: number;
  /** Waited before every call. Never scaled. */
  delayMs: number;
  /** Same seed and same calls in the same order: same faults. */
  seed: number;
}

export const FAULT_KINDS = ['lostPercent', 'answerLostPercent', 'overloadPercent', 'errorPercent'] as const;
type FaultKind = (typeof FAULT_KINDS)[number];

export const NO_FAULTS: FaultSettings = {
  lostPercent: 0,
  answerLostPercent: 0,
  overloadPercent: 0,
  errorPercent: 0,
  delayMs: 0,
  seed: 1,
};

export class Faults {
  settings: FaultSettings = NO_FAULTS;
  readonly counts: Record<FaultKind, number> = {
    lostPercent: 0,
    answerLostPercent: 0,
    overloadPercent: 0,
    errorPercent: 0,
  };
  #randomState = 1;

  set(settings: FaultSettings): void {
    this.settings = settings;
    this.#randomState = settings.seed >>> 0;
  }

  /** The fault that falls on the next call, if any. */
  next(): FaultKind | null {
    if (this.settings === NO_FAULTS) return null;
    let roll = this.#random() * 100;
    for (const kind of FAULT_KINDS) {
      roll -= this.settings[kind];
      if (roll >= 0) continue;
      this.counts[kind] += 1;
      return kind;
    }
    return null;
  }

  /** mulberry32: small, seeded, good enough for dice. */
  #random(): number {
    this.#randomState = (this.#randomState + 0x6d2b79f5) >>> 0;
    let mixed = this.#randomState;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

export function withFaults(processor: Processor, handler: Handler): Handler {
  return (call) => {
    const fault = processor.faults.next();
    const { delayMs } = processor.faults.settings;
    if (delayMs === 0) return fault === null ? handler(call) : suffer(processor, handler, call, fault);
    const waited = sleep(delayMs, undefined, { ref: false });
    return waited.then(() => (fault === null ? handler(call) : suffer(processor, handler, call, fault)));
  };
}

async function suffer(processor: Processor, handler: Handler, call: Call, fault: FaultKind): Promise<Answer> {
  if (fault === 'answerLostPercent') {
    await handler(call);
    return { kind: 'hang' };
  }
  if (call.method === 'POST') countArrival(processor, call);
  if (fault === 'lostPercent') return { kind: 'hang' };
  if (fault === 'overloadPercent') return json(503, errorBody('service_unavailable', 'try again later'));
  return json(500, errorBody('internal_error', 'something went wrong'));
}

const OPERATIONS: Record<string, OperationName> = {
  '/v1/payments': 'charge',
  '/v1/captures': 'capture',
  '/v1/voids': 'void',
  '/v1/refunds': 'refund',
  '/v1/continuations': 'continue_authentication',
  '/v1/hosted-sessions': 'open_hosted',
  '/v1/hosted-sessions/close': 'close_hosted',
  '/v1/invoices': 'open_invoice',
  '/v1/invoices/close': 'close_invoice',
};

/** A request that got lost still shows in the ledger, as far as it can be read. */
function countArrival(processor: Processor, call: Call): void {
  const operation = OPERATIONS[call.path];
  if (operation === undefined) return;
  const fields = formBody({ ...call, contentType: 'application/json' });
  const { merchantId, orderId, amountMinor, currency, capture } = fields;
  if (typeof merchantId !== 'string' || typeof orderId !== 'string') return;
  const visit = arrive(processor, keyOf(processor, call), {
    operation: operation === 'charge' && capture === false ? 'authorize' : operation,
    merchantId,
    orderId,
    amountMinor: typeof amountMinor === 'number' ? amountMinor : 0,
    currency: typeof currency === 'string' ? currency : null,
    request: null,
  });
  processor.state.commit(visit.writes);
}
