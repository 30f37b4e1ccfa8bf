import { afterAll, beforeAll } from 'vitest';
import type { OperationResult, ProcessorEvent } from '../../policy/answers.ts';
import type { MerchantEvent, TimelineEntry } from '../../policy/events.ts';
import type { Attempt, OrderState } from '../../policy/order.ts';
import type { Outcome } from '../../policy/terms.ts';
import { openStore } from '../../store/open.ts';
import type { ClaimInput, Progress, Store } from '../../store/store.ts';
import { type FreshDatabase, freshDatabase } from '../setup/database.ts';

/** Everything here happens around this instant; the store's own clock only stamps `updatedAt`. */
export const NOW = '2026-11-22T10:00:00.000Z';
export const SOON = '2026-11-22T10:02:00.000Z';
export const LATER = '2026-11-22T10:03:00.000Z';

export interface OpenedStore {
  store: Store;
  url: string;
}

/** A store on a database of its own for one test file. */
export function useStore(): OpenedStore {
  const opened = {} as OpenedStore;
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
    opened.url = database.url;
    opened.store = await openStore(database.url);
  });
  afterAll(async () => {
    await opened.store.close();
    await database.drop();
  });
  return opened;
}

let orders = 0;
/** An order id that no other test uses. */
export function newOrder(): string {
  orders += 1;
  return `o-${orders}`;
}

export function attempt(number: number, processor = 'alpha'): Attempt {
  return { number, processor, account: `${processor}_1`, operations: [] } as unknown as Attempt;
}

/** The first attempt is at alpha, later ones at beta, each with the charge that `claim` asks for. */
function charged(orderId: string, number: number): Attempt {
  const processor = number === 1 ? 'alpha' : 'beta';
  const operations = [{ operation: 'charge', key: `${orderId}/${number}/charge/${processor}` }];
  return { ...attempt(number, processor), operations } as unknown as Attempt;
}

export function state(orderId: string, seq: number, attempts: number, over: Partial<OrderState> = {}): OrderState {
  const amount = { minor: 4999, currency: 'EUR' };
  return {
    facts: { merchantId: 'default', orderId, amount, requestHash: 'facts-1' },
    instruments: [],
    attempts: Array.from({ length: attempts }, (_, index) => charged(orderId, index + 1)),
    seq,
    ...over,
  } as unknown as OrderState;
}

export function entry(seq: number, text = `entry ${seq}`): TimelineEntry {
  return { seq, at: NOW, kind: 'decision', actor: 'system', text, planned: false };
}

export function merchantEvent(seq: number, over: Partial<MerchantEvent> = {}): MerchantEvent {
  return { type: 'order.payment_succeeded', seq, at: NOW, stage: 'paid', attempt: 1, cause: `cause ${seq}`, ...over };
}

/** The name of the write that has told so much. */
export function versionOf(seq: number): string {
  return `version-${seq}`;
}

/** What the first decision of a new order writes, unless `over` says otherwise. */
export function progress(orderId: string, over: Partial<Progress> = {}): Progress {
  const written = over.state ?? state(orderId, 2, 1);
  return {
    merchantId: 'default',
    orderId,
    runId: 'run-a',
    position: written.seq,
    version: versionOf(written.seq),
    basedOn: null,
    state: written,
    stage: 'attempting',
    open: !['paid', 'failed', 'expired', 'cancelled'].includes(over.stage ?? 'attempting'),
    needsHuman: false,
    nextActionAt: null,
    processor: 'alpha',
    failureClass: null,
    entries: [entry(written.seq)],
    events: [],
    appliedEvents: [],
    proofs: [],
    ...over,
  };
}

export function claim(orderId: string, over: Partial<ClaimInput> = {}): ClaimInput {
  const { attempt: number = 1, operation = 'charge', processor = 'alpha' } = over;
  return {
    merchantId: 'default',
    orderId,
    attempt: number,
    operation,
    number: 1,
    processor,
    account: `${processor}_1`,
    instrumentId: 'ins_1',
    amountMinor: 4999,
    currency: 'EUR',
    key: `${orderId}/${number}/${operation}/${processor}`,
    readableKey: `default/${orderId}/${number}/${operation}/${processor}`,
    requestHash: 'request-1',
    resendUntil: SOON,
    progress: progress(orderId, { state: state(orderId, 2 * number, number) }),
    now: NOW,
    ...over,
  };
}

let tasks = 1000;
/** A claim of the same order by the run that wrote before, in a later task, with nothing told. */
export function nextClaim(orderId: string, over: Partial<ClaimInput> = {}): ClaimInput {
  tasks += 1;
  const { attempt: number = 1 } = over;
  const later = { state: state(orderId, tasks, number), entries: [] };
  return claim(orderId, { progress: progress(orderId, later), ...over });
}

export function result(claimed: ClaimInput, outcome: Outcome, over: Partial<OperationResult> = {}): OperationResult {
  return {
    attempt: claimed.attempt,
    operation: claimed.operation,
    key: claimed.key,
    outcome,
    failureClass: null,
    forbidsInstrument: false,
    retryAfterMs: null,
    evidence: outcome,
    document: 'test',
    edition: '1',
    provedNotExecuted: outcome === 'not_executed',
    sent: true,
    claim: 'granted',
    startedAt: NOW,
    endedAt: NOW,
    ...over,
  };
}

export async function record(
  store: Store,
  claimed: ClaimInput,
  outcome: Outcome,
  over: Partial<OperationResult> = {},
): Promise<OperationResult> {
  const written = result(claimed, outcome, over);
  await store.recordOutcome({ key: claimed.key, result: written });
  return written;
}

/** The outcome that the store holds for a claimed operation; `null` while there is none. */
export async function storedOutcome(store: Store, claimed: ClaimInput): Promise<Outcome | null> {
  const found = await store.listOperations(claimed.merchantId, claimed.orderId);
  return found.find((operation) => operation.key === claimed.key)?.result?.outcome ?? null;
}

export function processorEvent(orderId: string, eventId: string, over: Partial<ProcessorEvent> = {}): ProcessorEvent {
  return {
    eventId,
    processor: 'alpha',
    type: 'payment_succeeded',
    merchantId: 'default',
    orderId,
    occurredAt: NOW,
    ...over,
  };
}
