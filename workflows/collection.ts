import { log, uuid4, workflowInfo } from '@temporalio/workflow';
import type { LoadedOrder, Progress } from '../activities/inputs.ts';
import type { OrderPaymentInput } from '../contract/messages.ts';
import type { OperationResult } from '../policy/answers.ts';
import { type LedgerReading, latestReadings, NOTHING_READ, readingsIn } from '../policy/ceilings/ledger.ts';
import { decide, idOf } from '../policy/decide.ts';
import type { Basis, Decision, Readings } from '../policy/decision.ts';
import type { MerchantEvent, OrderEvent, TimelineEntry } from '../policy/events.ts';
import { inFlight } from '../policy/facts.ts';
import { orderAsTold } from '../policy/foretell.ts';
import { mergeReadings } from '../policy/health/readings.ts';
import { nextActionOf, orderView } from '../policy/next-action.ts';
import type { OrderState } from '../policy/order.ts';
import { provedOtherwise, stillProved } from '../policy/proofs.ts';
import { rowOf } from '../policy/row.ts';
import { stageOf } from '../policy/stage.ts';
import type { OrderView } from '../policy/view.ts';

/** One order's collection in this run: its state, what came in, and what was decided but not written yet. */
export interface Collection {
  // — given —
  input: OrderPaymentInput;
  // — carried through continue-as-new —
  order: OrderState;
  // — of this run —
  /** Messages in the order in which they came. Handlers only add; the story takes. */
  inbox: OrderEvent[];
  /** `collect` was accepted (or this run does not begin with it): from here on charges are allowed. */
  accepted: boolean;
  wake: Decision['wake'];
  /** The last decision: as of when (ms since 1970), and how long the run's history was. */
  decided: { atMs: number; position: number };
  /** The latest ones; those of the card ledger by identity and ceiling, carried through continue-as-new. */
  readings: Readings & LedgerReading;
  unsaved: Pick<Progress, 'entries' | 'events' | 'appliedEvents' | 'proofs'>;
  /** When the next step is due, as the store has it: what is planned anew without a word is written as well. */
  keptNextActionAt: Progress['nextActionAt'];
  /** The last write that this run knows to be stored; `null`: none, the store may know the order from before. */
  kept: string | null;
  /** Place of the last write that was put together; see `nextWrite`. */
  position: number;
  /** Support asked this run to reopen the order, and nothing of that is stored yet. */
  reopening: boolean;
  /** The store is away: the write that waits for it. One at a time, and none beside a claim. */
  backlog: Backlog | null;
  /** The store is back and did not take what waited: it has a story of this order that this run does not know. */
  refused: boolean;
  /** How often another run of the order wrote its story on while this one lived; each time this one goes on as a new epoch. */
  overtaken: number;
  /** Messages decided on since the last write that the store kept: given back when the store's story is taken instead. */
  sinceKept: OrderEvent[];
  /** Entries of this run, for the queries. */
  told: TimelineEntry[];
}

export interface Backlog {
  progress: Progress;
  done: Promise<void>;
  giveUp: () => void;
}

const TOLD_AT_MOST = 200;

export function openCollection(input: OrderPaymentInput): Collection {
  return {
    input,
    order: input.state,
    inbox: (input.answers ?? []).map((result) => ({ type: 'answered', result })),
    accepted: !input.firstOfOrder,
    wake: null,
    decided: { atMs: 0, position: 0 },
    readings: { ...(input.ledger ?? NOTHING_READ), health: input.health ?? [] },
    unsaved: nothingUnsaved(),
    keptNextActionAt: null,
    kept: input.version ?? null,
    position: 0,
    reopening: input.reopened,
    backlog: null,
    refused: false,
    overtaken: 0,
    sinceKept: [],
    told: [],
  };
}

/** All that this run decides by; the activity that foretells a decision is given the same (see `activities/record-answer.ts`). */
function basisOf({ input, readings }: Collection): Basis {
  return { rulebook: input.rulebook, sheets: input.sheets, ...readings };
}

/** Lets the policy decide on one event and takes the new state. The clock is the workflow's own. */
export function decideOn(collection: Collection, event: OrderEvent, moreToCome = false): Decision {
  const before = collection.order;
  const nowMs = Date.now();
  const now = new Date(nowMs).toISOString();
  const decision = decide({ ...basisOf(collection), order: before, event, now, moreToCome });
  collection.order = decision.order;
  learnFrom(collection, event, nowMs);
  collection.decided = { atMs: nowMs, position: workflowInfo().historyLength };
  if (idOf(event) !== null) collection.sinceKept.push(event);
  collection.wake = decision.wake;
  alert(collection, decision.entries);
  remember(collection, decision.entries, decision.events);
  const { unsaved, order } = collection;
  unsaved.proofs = [...stillProved(unsaved.proofs, order), ...provedOtherwise(before, order, event)];
  if (event.type === 'processor_event') {
    const { processor, eventId } = event.event;
    collection.unsaved.appliedEvents.push({ processor, eventId });
  }
  return decision;
}

/** A decision that is older than this is made anew: what was planned as of then may be due by now. */
const FORETOLD_WITHIN_MS = 5_000;

/**
 * From the decision to send until its answer a history grows by so many events, when nothing else happens: the task's end and
 * an update that it accepted; the activity's three; the next task's two. More of them: a message, a task that was done again, or
 * a reset, after which the store may be further along than this run, which then has to hear it from its own write.
 */
const EVENTS_OF_A_CALL = 7;

/**
 * Takes the decision that the activity wrote with its answer: then nothing is left to write. False when this run has to
 * decide, and to write, by itself: a message came in between, or it is long ago. What it then writes supersedes what was
 * foretold. Asked is only what a replay answers alike, on whatever build.
 */
export function takeForetold(collection: Collection, result: OperationResult): boolean {
  const { foretold } = result;
  if (foretold === undefined || collection.inbox.length > 0 || hasUnsaved(collection)) return false;
  const { decided } = collection;
  if (workflowInfo().historyLength - decided.position > EVENTS_OF_A_CALL) return false;
  const atMs = Date.parse(foretold.at);
  const ageMs = Date.now() - atMs;
  if (atMs < decided.atMs || ageMs < 0 || ageMs > FORETOLD_WITHIN_MS) return false;
  collection.order = orderAsTold(collection.order, foretold);
  learnFrom(collection, { type: 'answered', result }, atMs);
  collection.wake = foretold.wake;
  collection.keptNextActionAt = foretold.wake?.at ?? null;
  collection.decided = { atMs, position: workflowInfo().historyLength };
  alert(collection, foretold.explained);
  tell(collection, foretold.explained);
  return true;
}

/** What an event brings of the world: how cards stand, and which processors are down. */
function learnFrom(collection: Collection, event: OrderEvent, nowMs: number): void {
  learnReadings(collection, readingsIn(event));
  if (event.type !== 'answered') return;
  const health = mergeReadings(collection.readings.health, event.result.health, nowMs);
  collection.readings = { ...collection.readings, health };
}

function learnReadings(collection: Collection, fresh: Partial<LedgerReading>): void {
  const { readings } = collection;
  collection.readings = { ...readings, ...latestReadings(readings, fresh) };
}

/** A person has to look: whoever watches the logs learns of it too, beside the search attribute and the merchant's event. */
function alert({ order }: Collection, entries: TimelineEntry[]): void {
  const { merchantId, orderId } = order.facts;
  for (const { kind, text, attempt } of entries) {
    if (kind === 'needs_review') log.warn('A person has to look at an order', { merchantId, orderId, attempt, text });
  }
}

function nothingUnsaved(): Collection['unsaved'] {
  return { entries: [], events: [], appliedEvents: [], proofs: [] };
}

function remember(collection: Collection, entries: TimelineEntry[], events: MerchantEvent[]): void {
  collection.unsaved.entries.push(...entries);
  collection.unsaved.events.push(...events);
  tell(collection, entries);
}

function tell(collection: Collection, entries: TimelineEntry[]): void {
  collection.told.push(...entries);
  if (collection.told.length > TOLD_AT_MOST) collection.told.splice(0, collection.told.length - TOLD_AT_MOST);
}

export function hasUnsaved(collection: Collection): boolean {
  const { unsaved, keptNextActionAt } = collection;
  const isSilent = Object.values(unsaved).every((waiting) => waiting.length === 0);
  return !isSilent || (collection.wake?.at ?? null) !== keptNextActionAt;
}

/**
 * The next message, facts before wishes: what a processor proved is known before a choice acts. It also makes the order of
 * a signal and an update that came together the same in a replay, where Temporal does not promise it (after a reset).
 */
export function takeMessage({ inbox }: Collection): OrderEvent | undefined {
  const fact = inbox.findIndex(({ type }) => FACTS.has(type));
  return inbox.splice(Math.max(0, fact), 1)[0];
}

const FACTS: ReadonlySet<OrderEvent['type']> = new Set(['answered', 'processor_event', 'buyer_returned']);

/** As whom this run writes to the store: each time that another run overtook it, it goes on under another name. */
export function writerOf({ overtaken }: Collection): string {
  const { runId } = workflowInfo();
  return overtaken === 0 ? runId : `${runId}/${overtaken}`;
}

/** Everything decided since the last write, as one write. Repeating it changes nothing, so it stays `unsaved` until confirmed. */
export function progressOf(collection: Collection): Progress {
  const { order, unsaved } = collection;
  return {
    merchantId: order.facts.merchantId,
    orderId: order.facts.orderId,
    runId: writerOf(collection),
    ...nextWrite(collection),
    basedOn: collection.kept,
    ...rowOf(order, collection.wake),
    entries: unsaved.entries.slice(),
    events: unsaved.events.slice(),
    appliedEvents: unsaved.appliedEvents.slice(),
    proofs: unsaved.proofs.slice(),
  };
}

/** Places in a run's history that one workflow task may write at. */
const PLACES_IN_A_TASK = 1_000;

/** Where this task's history begins. Whatever the run puts together from here on stands at that place or after it. */
export function placeOfTask(): number {
  return workflowInfo().historyLength * PLACES_IN_A_TASK;
}

/**
 * Each write has a later place than the one before, with one left free for what its activity foretells. Its name is told from
 * that of a discarded task by place and time, from that of a reset by chance: only a replay gives the same one.
 */
function nextWrite(collection: Collection): Pick<Progress, 'position' | 'version'> {
  const position = Math.max(placeOfTask(), collection.position + 2);
  collection.position = position;
  return { position, version: `${uuid4()}-${position}-${Date.now().toString(36)}` };
}

/** The store has this write: forget it. What was decided since it was put together is still to be written. */
export function confirmSaved(collection: Collection, saved: Progress): void {
  const { unsaved } = collection;
  collection.unsaved = {
    entries: without(unsaved.entries, saved.entries),
    events: without(unsaved.events, saved.events),
    appliedEvents: without(unsaved.appliedEvents, saved.appliedEvents),
    proofs: without(unsaved.proofs, saved.proofs),
  };
  collection.keptNextActionAt = saved.nextActionAt;
  collection.sinceKept = unknownTo(saved.state, collection.sinceKept);
  collection.kept = saved.version;
  collection.reopening = false;
}

function without<T>(all: T[], written: T[]): T[] {
  return all.filter((each) => !written.includes(each));
}

function unknownTo({ appliedIds }: OrderState, messages: OrderEvent[]): OrderEvent[] {
  return messages.filter((event) => !appliedIds.includes(idOf(event) ?? ''));
}

export function viewOf({ order, input }: Collection): OrderView {
  return orderView({ order, rulebook: input.rulebook, sheets: input.sheets, now: new Date().toISOString() });
}

export function nextActionIn({ order, input }: Collection) {
  return nextActionOf({ order, rulebook: input.rulebook, sheets: input.sheets, now: new Date().toISOString() });
}

/**
 * The caller can be answered: nothing is being tried for them right now, and the store has taken what was decided as this run's, or
 * is away and will be asked. Answered before, they might hear of a decision that the store then does not take.
 */
export function isAnswerable(collection: Collection): boolean {
  const { order, inbox, kept, refused, backlog } = collection;
  if (kept === null || refused || (backlog === null && hasUnsaved(collection))) return false;
  return inbox.length === 0 && inFlight(order) === undefined && stageOf(order) !== 'attempting';
}

/** The store's version of the order takes the place of this run's. */
export function adopt(collection: Collection, { state, version, rulebook, sheets, ledger }: LoadedOrder): void {
  log.info('The store has another story of the order: this run goes on with it', { orderId: state.facts.orderId });
  collection.order = state;
  learnReadings(collection, ledger);
  // The order keeps the rules that it began with. And it is no news to the caller who found it.
  collection.input = { ...collection.input, rulebook, sheets, startId: `found-${state.seq}` };
  collection.kept = version;
  collection.refused = false;
  collection.unsaved = nothingUnsaved();
  collection.keptNextActionAt = null;
  collection.inbox.unshift(...unknownTo(state, collection.sinceKept));
  collection.sinceKept = [];
}
