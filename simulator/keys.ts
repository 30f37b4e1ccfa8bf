import { createHash } from 'node:crypto';
import { type Answer, type Call, errorBody, json, Refusal } from './http.ts';
import type { Entry, KeyRecord, OperationName, Subject, Write } from './model.ts';
import { newId, type Processor } from './processor.ts';
import { MAX_KEY_LENGTH } from './sheet.ts';

/**
 * The idempotency store, and the arrival of requests in the ledger.
 *
 * A visit is one request under one key. What it changes is collected in `writes` and committed once, before the answer.
 */
export interface Visit {
  key: string;
  operation: OperationName;
  fingerprint: string;
  entry: Entry;
  writes: Write[];
}

export interface Arrival {
  operation: OperationName;
  merchantId: string;
  orderId: string;
  amountMinor: number;
  currency: string | null;
  /** The request as read, fields in a fixed order: a resend must not differ in it. */
  request: unknown;
}

export function keyOf(processor: Processor, call: Call): string {
  const key = call.idempotencyKey;
  if (key === undefined || key === '') {
    if (processor.sheet.idempotency === null) return '';
    throw new Refusal(400, 'idempotency_key_missing', 'POST needs the header Idempotency-Key');
  }
  if (key.length > MAX_KEY_LENGTH || !/^[\x20-\x7e]+$/.test(key)) {
    throw new Refusal(400, 'idempotency_key_invalid', `a key has 1 to ${MAX_KEY_LENGTH} printable characters`);
  }
  return key;
}

/** Counts the arrival in the ledger. The caller commits `visit.writes`, whatever comes of it. */
export function arrive(processor: Processor, key: string, arrival: Arrival): Visit {
  const known = processor.state.latestEntry(processor.name, key);
  const entry =
    known !== undefined && belongsToKnown(processor, known, arrival) ? known : newEntry(processor, key, arrival);
  entry.requests += 1;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([arrival.operation, arrival.request]))
    .digest('base64');
  return { key, operation: arrival.operation, fingerprint, entry, writes: [['entry', entry]] };
}

/** A key that may execute again, although it has executed, begins a new line of the ledger. */
function belongsToKnown(processor: Processor, known: Entry, arrival: Arrival): boolean {
  if (liveRecord(processor, known.key) !== undefined) return true;
  return (
    !known.executed &&
    known.operation === arrival.operation &&
    known.merchantId === arrival.merchantId &&
    known.orderId === arrival.orderId
  );
}

function newEntry(processor: Processor, key: string, arrival: Arrival): Entry {
  return {
    id: newId('entry'),
    processor: processor.name,
    operation: arrival.operation,
    key,
    merchantId: arrival.merchantId,
    orderId: arrival.orderId,
    reference: null,
    amountMinor: arrival.amountMinor,
    currency: arrival.currency,
    atMs: Date.now(),
    effect: 'none',
    requests: 0,
    executed: false,
  };
}

/** The answer that the key gives without executing: replay, conflict, in flight. `null`: it may execute. */
export function standingAnswer(processor: Processor, visit: Visit): Answer | null {
  if (processor.sheet.idempotency === null) return null;
  if (processor.inFlight.has(visit.key)) return inFlightAnswer();
  const record = liveRecord(processor, visit.key);
  if (record === undefined) return null;
  if (record.cancelled) {
    return json(409, errorBody('key_cancelled', 'this key was fenced; it executes nothing any more', false));
  }
  if (record.fingerprint !== visit.fingerprint) {
    return json(409, errorBody('idempotency_key_reuse', 'this key was used for another request', false));
  }
  if (record.visibleAtMs > Date.now()) return inFlightAnswer();
  return json(record.httpStatus, record.body, { 'idempotent-replayed': 'true' });
}

export function inFlightAnswer(): Answer {
  return json(409, errorBody('in_flight', 'a request with this key is being worked on'));
}

/** The record of a key that still binds it. */
function liveRecord(processor: Processor, key: string): KeyRecord | undefined {
  const { idempotency } = processor.sheet;
  const record = processor.state.key(processor.name, key);
  if (idempotency === null || record === undefined) return undefined;
  if (record.cancelled) return record;
  const isPast = record.atMs + idempotency.windowMs <= Date.now() || record.atMs <= processor.state.keysExpiredAtMs;
  return isPast ? undefined : record;
}

/**
 * The line on which an execution is written. Two visits that shared a line before either executed (gamma, slow answers)
 * part here, so that the ledger shows both.
 */
export function claimEntry(visit: Visit): Entry {
  if (visit.entry.executed) {
    const { entry } = visit;
    entry.requests -= 1;
    visit.entry = { ...entry, id: newId('entry'), requests: 1, effect: 'none', executed: false };
    visit.writes.push(['entry', visit.entry]);
  }
  visit.entry.executed = true;
  visit.entry.atMs = Date.now();
  return visit.entry;
}

/** Keeps what the key replays from now on. */
export function remember(
  processor: Processor,
  visit: Visit,
  kept: { httpStatus: number; body: string; subject: Subject | null; visibleAtMs?: number },
): void {
  if (processor.sheet.idempotency === null) return;
  visit.writes.push([
    'key',
    {
      processor: processor.name,
      key: visit.key,
      operation: visit.operation,
      fingerprint: visit.fingerprint,
      atMs: Date.now(),
      httpStatus: kept.httpStatus,
      body: kept.body,
      subject: kept.subject,
      cancelled: false,
      visibleAtMs: kept.visibleAtMs ?? 0,
    },
  ]);
}

/** Fences a key: from now on it executes nothing. Only for keys under which nothing was executed. */
export function cancelKey(processor: Processor, key: string, operation: OperationName): Write {
  return [
    'key',
    {
      processor: processor.name,
      key,
      operation,
      fingerprint: '',
      atMs: Date.now(),
      httpStatus: 409,
      body: '',
      subject: null,
      cancelled: true,
      visibleAtMs: 0,
    },
  ];
}
