import { allHandlersFinished, CancellationScope, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OrderPaymentInput, OrderPaymentResult } from '../contract/messages.ts';
import type { OrderEvent, SendCommand } from '../policy/events.ts';
import { isAtRest, isReopenable } from '../policy/facts.ts';
import type { OrderState } from '../policy/order.ts';
import { untilDone } from './activities.ts';
import { carryOut } from './carry-out.ts';
import {
  adopt,
  type Collection,
  decideOn,
  isAnswerable,
  openCollection,
  takeForetold,
  takeMessage,
} from './collection.ts';
import { receiveMessages } from './messages.ts';
import { finishWriting, giveUpBacklog, record, showDetails } from './record.ts';

/** After so many events the run is short enough to replay quickly, and a new one goes on from the state. */
const EVENTS_PER_RUN = 40;

const CLOCK: OrderEvent = { type: 'clock' };

/**
 * One order's collection, from the accepted `collect` until nothing is open.
 *
 * The policy decides, this story carries out: take what happened, decide, do the one thing decided, write it down, wait
 * for the next. Nothing here chooses, so nothing here can charge twice: a second charge is a second decision.
 */
export async function orderPayment(input: OrderPaymentInput): Promise<OrderPaymentResult> {
  const collection = openCollection({ ...input, state: withinCallersWait(input.state) });
  receiveMessages(collection);
  return CancellationScope.nonCancellable(() => collectOrder(collection));
}

async function collectOrder(collection: Collection): Promise<OrderPaymentResult> {
  await untilAccepted(collection);
  let event = firstEvent(collection);
  for (let events = 1; ; events += 1) {
    await followThrough(collection, event);
    while ((await record(collection)) !== 'saved') await goOnFromStore(collection);
    showDetails(collection);
    const { closed } = collection.order;
    if (closed !== null && (await isFinished(collection))) return { stage: closed.stage };
    if (await shouldContinue(collection, events)) await goOnInNewRun(collection);
    event = await nextEvent(collection);
  }
}

/** Whoever started the order may have a clock that is ahead. Their caller waits from the start that the server knows, and no longer. */
function withinCallersWait(order: OrderState): OrderState {
  const { buyer, notAfter } = order.facts;
  const waitMs = Date.parse(notAfter) - Date.parse(order.openedAt);
  const endsMs = workflowInfo().startTime.getTime() + waitMs;
  if (!buyer.present || endsMs >= Date.parse(notAfter)) return order;
  return { ...order, facts: { ...order.facts, notAfter: new Date(endsMs).toISOString() } };
}

/** So long the repeats of a caller may take who has no buyer waiting: `notAfter` may be a year away then. */
const ACCEPTED_WITHIN_MS = 90_000;

/**
 * No charge before `collect` was accepted: an update that nobody accepted is not durable, and its buyer may be gone. Nor later,
 * by itself: the order is written down as one that waits for somebody, where shop and support see it.
 */
async function untilAccepted(collection: Collection): Promise<void> {
  const { order } = collection;
  const leftMs = Date.parse(order.facts.notAfter) - Date.now();
  if (collection.accepted || leftMs <= 0) return;
  const isHeard = () => collection.accepted || collection.inbox.some(isEnding);
  const summary = 'Waiting for collect to be accepted';
  if (await condition(isHeard, Math.min(leftMs, ACCEPTED_WITHIN_MS), { summary })) return;
  const notAfter = new Date(Date.now() - 1).toISOString();
  collection.order = { ...order, facts: { ...order.facts, notAfter } };
}

/** Who has not paid yet may still cancel. */
function isEnding({ type }: OrderEvent): boolean {
  return type === 'cancel_requested' || type === 'close_requested';
}

function firstEvent(collection: Collection): OrderEvent {
  if (collection.input.reopened) return reopening(collection);
  if (collection.order.seq === 0) return { type: 'opened', reopened: false };
  return takeMessage(collection) ?? CLOCK;
}

function reopening({ input: { reopenedBy: by } }: Collection): OrderEvent {
  return { type: 'opened', reopened: true, ...(by !== undefined && { by }) };
}

/** Decides, does what was decided, and decides again on what came of it, until there is nothing to do but wait. */
async function followThrough(collection: Collection, event: OrderEvent): Promise<void> {
  let command = decideOnAll(collection, event);
  while (command !== null) {
    showDetails(collection);
    const result = await carryOut(collection, command);
    if (result.claim === 'order_exists') return goOnFromStore(collection);
    if (takeForetold(collection, result)) return;
    // Messages that came during the call are known before anything new is planned: a cancel stops the next attempt.
    while (collection.inbox.length > 0) decideOn(collection, takeMessage(collection) ?? CLOCK);
    ({ command } = decideOn(collection, { type: 'answered', result }));
  }
}

/** Who waits to end the order is heard before anything is planned: no charge starts with a cancel in the inbox. */
function decideOnAll(collection: Collection, event: OrderEvent): SendCommand | null {
  if (!collection.inbox.some(isEnding)) return decideOn(collection, event).command;
  decideOn(collection, event, true);
  while (collection.inbox.length > 0) decideOn(collection, takeMessage(collection) ?? CLOCK, true);
  return decideOn(collection, CLOCK).command;
}

/**
 * The store has a story of this order that this run does not know: of before Temporal's memory, of what a reset took back,
 * of a run that overtook this one. That story goes on, with its numbers, budgets and forbidden instruments.
 */
async function goOnFromStore(collection: Collection): Promise<void> {
  const { merchantId, orderId } = collection.order.facts;
  const loaded = await untilDone.loadOrder({ merchantId, orderId });
  giveUpBacklog(collection);
  if (loaded === null) {
    collection.refused = false;
    return;
  }
  // Under a name of its own from here on: under the old one, which was overtaken, the store would start nothing for it.
  collection.overtaken += 1;
  const reopensIt = collection.reopening && isReopenable(loaded.state);
  adopt(collection, loaded);
  for (const result of loaded.answers) await followThrough(collection, { type: 'answered', result });
  await followThrough(collection, reopensIt ? reopening(collection) : CLOCK);
}

async function nextEvent(collection: Collection): Promise<OrderEvent> {
  const { wake } = collection;
  const hasMessage = () => collection.inbox.length > 0 || collection.refused;
  if (wake === null) await condition(hasMessage);
  else await condition(hasMessage, Math.max(1, Date.parse(wake.at) - Date.now()), { summary: wake.summary });
  return takeMessage(collection) ?? CLOCK;
}

/**
 * Nothing has to go back any more, nobody is asked, everything is written and answered, and nothing came in the meantime.
 */
async function isFinished(collection: Collection): Promise<boolean> {
  if (collection.inbox.length > 0 || !isAtRest(collection.order)) return false;
  await finishWriting(collection);
  if (collection.refused) return false;
  await condition(() => allHandlersFinished() || collection.inbox.length > 0);
  return collection.inbox.length === 0;
}

/** Only at quiet points, so that no answer is owed and no update is half-way. */
async function shouldContinue(collection: Collection, events: number): Promise<boolean> {
  const long = workflowInfo().continueAsNewSuggested || events >= (collection.input.eventsPerRun ?? EVENTS_PER_RUN);
  if (!long || collection.backlog !== null || collection.refused) return false;
  // Who can be answered now is answered first.
  await condition(() => allHandlersFinished() || !isAnswerable(collection));
  return collection.inbox.length === 0 && allHandlersFinished();
}

async function goOnInNewRun({ input, order, kept, readings }: Collection): Promise<never> {
  const { answers: _answers, reopenedBy: _reopenedBy, ...rest } = input;
  const { ceilings, forbidden, health } = readings;
  return continueAsNew<typeof orderPayment>({
    ...rest,
    state: order,
    version: kept,
    ledger: { ceilings, forbidden },
    health,
    reopened: false,
    firstOfOrder: false,
  });
}
