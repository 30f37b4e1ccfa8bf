import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import * as messages from '../contract/messages.ts';
import { questionMeant, type Said } from '../policy/apply/meaning.ts';
import { type LedgerReading, latestReadings } from '../policy/ceilings/ledger.ts';
import type { OrderEvent } from '../policy/events.ts';
import { moneyOf } from '../policy/facts.ts';
import type { Reading } from '../policy/next-action.ts';
import { plannedEntries } from '../policy/planned.ts';
import * as refusals from '../policy/refusals.ts';
import { type Collection, isAnswerable, nextActionIn, viewOf } from './collection.ts';

/** Every handler, set before the first await. They record and wait for the story; none of them acts. */
export function receiveMessages(collection: Collection): void {
  receiveCollect(collection);
  receiveCommands(collection);
  receiveSignals(collection);
  receiveCancellation(collection);
  answerQueries(collection);
}

/** Accepted always: refusing the first `collect` would leave a started workflow that nobody waits for. */
function receiveCollect(collection: Collection): void {
  setHandler(messages.collect, async () => {
    collection.accepted = true;
    const isDecided = () => collection.order.seq > 0;
    await shielded(() => condition(() => isDecided() && isAnswerable(collection)));
    const { requestHash } = collection.order.facts;
    return { requestHash, startId: collection.input.startId, view: viewOf(collection) };
  });
}

function receiveCommands(collection: Collection): void {
  const reading = () => readingOf(collection);
  command(
    collection,
    messages.chooseRecovery,
    (choice) => refusals.refuseRecovery(reading(), choice, ledgerFor(collection, choice), now()),
    (choice) => ({
      type: 'recovery_chosen',
      id: choice.commandId,
      actor: choice.actor,
      path: choice.path,
      ...(choice.instrument === undefined ? {} : { instrument: choice.instrument }),
      ...(choice.instrumentId === undefined ? {} : { instrumentId: choice.instrumentId }),
      ...(choice.ledger === undefined ? {} : { ledger: choice.ledger }),
    }),
  );
  command(
    collection,
    messages.resolveUnknown,
    (each) => refusals.refuseResolve(collection.order, each),
    ({ commandId, actor, outcome, evidence, reason, ...each }) => ({
      ...{ type: 'unknown_resolved', id: commandId, actor, outcome, evidence, reason },
      ...(each.attempt === undefined ? {} : { attempt: each.attempt }),
      ...(each.reference === undefined ? {} : { reference: each.reference }),
      ...(each.amount === undefined ? {} : { amount: each.amount }),
      ...questionIn(collection, { ...each, outcome }),
    }),
  );
  const refuseEnding = () => refusals.refuseEnding(collection.order);
  const lostToMoney = () => refusals.lostToMoney(collection.order);
  plainCommand(collection, messages.cancelOrder, 'cancel_requested', refuseEnding, lostToMoney);
  plainCommand(collection, messages.closeOrder, 'close_requested', refuseEnding, lostToMoney);
  plainCommand(collection, messages.holdRetries, 'retries_held', () => refusals.refuseHold(collection.order));
  plainCommand(collection, messages.releaseRetries, 'retries_released', () => refusals.refuseHold(collection.order));
  command(
    collection,
    messages.retryNow,
    (each) => refusals.refuseRetry(reading(), ledgerFor(collection, each), now()),
    ({ commandId, actor, reason, ledger }) => ({
      type: 'retry_requested',
      id: commandId,
      actor,
      reason,
      ...(ledger === undefined ? {} : { ledger }),
    }),
  );
  plainCommand(collection, messages.capture, 'capture_requested', () => refusals.refuseCapture(collection.order));
}

type CommandDefinition<T> = UpdateDefinition<messages.CommandAnswer, [T]>;

/**
 * One command: a repeated id finds its first effect; a refusal changes nothing; the answer waits until nothing is being
 * tried, and may then be that it came to nothing.
 */
function command<T extends messages.Command>(
  collection: Collection,
  definition: CommandDefinition<T>,
  refusal: (input: T) => refusals.Refusal | null,
  event: (input: T) => OrderEvent,
  cameToNothing: () => refusals.Refusal | null = () => null,
): void {
  const handler = async (input: T): Promise<messages.CommandAnswer> => {
    if (!isKnown(collection, input.commandId)) collection.inbox.push(event(input));
    await shielded(() => condition(() => isKnown(collection, input.commandId) && isAnswerable(collection)));
    raise(cameToNothing());
    return { view: viewOf(collection) };
  };
  const validator = (input: T): void => {
    if (!isKnown(collection, input.commandId)) raise(refusal(input));
  };
  setHandler(definition, handler, { validator });
}

function raise(refused: refusals.Refusal | null): void {
  if (refused !== null) throw ApplicationFailure.nonRetryable(refused.message, refused.code);
}

type PlainEvent = Extract<OrderEvent, { reason: string; id: string; actor: unknown }>['type'];

function plainCommand(
  collection: Collection,
  definition: CommandDefinition<messages.Command>,
  type: Exclude<PlainEvent, 'unknown_resolved' | 'retry_requested'>,
  refusal: () => refusals.Refusal | null,
  cameToNothing?: () => refusals.Refusal | null,
): void {
  const event = ({ commandId, actor, reason }: messages.Command) => ({ type, id: commandId, actor, reason });
  command(collection, definition, refusal, event, cameToNothing);
}

function isKnown({ order }: Collection, commandId: string): boolean {
  return order.appliedIds.includes(commandId);
}

function receiveSignals(collection: Collection): void {
  setHandler(messages.processorEvent, (event) => {
    collection.inbox.push({ type: 'processor_event', event });
  });
  setHandler(messages.buyerReturned, ({ id }) => {
    collection.inbox.push({ type: 'buyer_returned', id });
  });
}

/** Cancel from Temporal is a wish like any other: the story runs in a scope that it cannot tear down. */
function receiveCancellation(collection: Collection): void {
  CancellationScope.current().cancelRequested.catch((error) => {
    if (!isCancellation(error)) throw error;
    if (refusals.refuseEnding(collection.order) !== null) return;
    const reason = 'Cancelled in Temporal';
    collection.inbox.push({ type: 'cancel_requested', id: 'temporal-cancel', actor: 'support', reason });
  });
}

function answerQueries(collection: Collection): void {
  setHandler(messages.timeline, () => plannedEntries({ ...readingOf(collection), now: now() }));
  setHandler(messages.nextAction, () => nextActionIn(collection));
  setHandler(messages.explain, () => collection.told.filter(({ explanation }) => explanation !== undefined));
  setHandler(messages.money, () => moneyOf(collection.order));
}

function questionIn({ order }: Collection, said: Said): { question?: string } {
  const question = questionMeant(order, said);
  return question === undefined ? {} : { question };
}

/** What the run knows, with what the command's sender has just read. */
function ledgerFor({ readings }: Collection, command: messages.Command): LedgerReading {
  return latestReadings(readings, command.ledger ?? {});
}

function readingOf({ order, input }: Collection): Reading {
  return { order, rulebook: input.rulebook, sheets: input.sheets };
}

function now(): string {
  return new Date().toISOString();
}

function shielded<T>(wait: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(wait);
}
