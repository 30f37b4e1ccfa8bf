import { applyAnswer } from './apply/answered.ts';
import {
  applyBuyerReturned,
  applyCancelRequested,
  applyCaptureRequested,
  applyCloseRequested,
  applyExpiry,
  applyHold,
  applyOpened,
  applyRecoveryChosen,
  applyRelease,
  applyRetryRequested,
  replanProofs,
  resumeProofs,
} from './apply/messages.ts';
import { applyProcessorEvent } from './apply/processor-event.ts';
import { applyResolved } from './apply/resolve.ts';
import { askWhoseMoneyLeft, takeOver } from './apply/take-over.ts';
import { markedBy } from './ceilings/ledger.ts';
import type { DecideInput, Decision } from './decision.ts';
import { type Draft, startDraft, tell } from './draft.ts';
import type { Explanation, OrderEvent } from './events.ts';
import { doubtedGiveBack, hasMoney, isAnswerOwed, isPayable } from './facts.ts';
import { merchantEvents } from './merchant-events.ts';
import { ruleOf } from './next-action.ts';
import { askBuyer, followChoice } from './plan/buyer.ts';
import { countingEvidence } from './plan/counting.ts';
import { closeAnsweredReview, lateTruth } from './plan/late-truth.ts';
import { prove } from './plan/prove.ts';
import { routeAutomatically } from './plan/route.ts';
import { end, leave, leaveBesideAuthorized, settle, weighAmount } from './plan/settle.ts';
import { waitForOthers } from './plan/wait.ts';
import { isBuyerHeldBack } from './reviews.ts';
import { noteSurplus } from './surplus.ts';
import type { Actor } from './terms.ts';
import { hasDueStep, nextWake } from './wake.ts';

/**
 * What happens next to an order, and why. Pure: the same input gives the same decision on every machine.
 *
 * Two halves. First the event is written into the order's state (what do we know now?), then the next step is planned
 * from the state alone (what follows from it?). The second half never asks how we came to know something,
 * which is why a late webhook, a lookup and a direct answer lead to the same end.
 */
export function decide(input: DecideInput): Decision {
  const draft = startDraft(input, ruleOf(input));
  const news = !isRepeated(draft, input.event) && !isTooLate(draft, input.event);
  if (news) apply(draft, input.event);
  takeOver(draft);
  askWhoseMoneyLeft(draft);
  if (isBuyerHeldBack(input.order) && !isBuyerHeldBack(draft.order)) resumeProofs(draft);
  takeMarks(draft);
  applyExpiry(draft);
  lateTruth(draft);
  noteSurplus(draft);
  // While a processor owes an answer messages are written down, and planning waits: a second command would be lost.
  // What is no news changes nothing, but it may come in the place of the clock.
  const mayPlan = input.moreToCome !== true && !isAnswerOwed(draft.order);
  if (mayPlan && (news || hasDueStep(draft))) planOnce(draft);
  else weighAmount(draft);
  return finish(draft, input);
}

/** The ladder of what may come next; the first step that has something to say ends it. */
function planOnce(draft: Draft): void {
  closeAnsweredReview(draft, (attempt) => isPayable(attempt) && !hasMoney(attempt));
  if (settle(draft)) return;
  if (end(draft)) return;
  if (followPayable(draft)) return;
  if (isBuyerHeldBack(draft.order)) return;
  if (followChoice(draft)) return;
  if (draft.order.review !== null) return;
  if (routeAutomatically(draft)) return;
  askBuyer(draft);
}

/** What can still take money: what we leave is closed, what is unknown is proved, what is another's turn is waited for. */
function followPayable(draft: Draft): boolean {
  leaveBesideAuthorized(draft);
  let open = false;
  for (const step of [leave, prove, waitForOthers]) {
    open = step(draft) || open;
    if (draft.command !== null) break;
  }
  return open;
}

function apply(draft: Draft, event: OrderEvent): void {
  switch (event.type) {
    case 'opened':
      return applyOpened(draft, event);
    case 'answered':
      return applyAnswer(draft, event.result);
    case 'clock':
      return;
    case 'processor_event':
      return applyProcessorEvent(draft, event.event);
    case 'buyer_returned':
      return applyBuyerReturned(draft);
    case 'recovery_chosen':
      applyRecoveryChosen(draft, event);
      return replanProofs(draft);
    case 'cancel_requested':
      applyCancelRequested(draft, event);
      return replanProofs(draft);
    case 'close_requested':
      applyCloseRequested(draft, event);
      return replanProofs(draft);
    case 'retries_held':
      return applyHold(draft, event);
    case 'retries_released':
      return applyRelease(draft, event);
    case 'retry_requested':
      return applyRetryRequested(draft, event);
    case 'unknown_resolved':
      return applyResolved(draft, event);
    case 'capture_requested':
      return applyCaptureRequested(draft, event);
    default:
      return event satisfies never;
  }
}

/** Cards that other orders' outcomes forbade are this order's forbidden ones from here on, whatever it was about to do. */
function takeMarks(draft: Draft): void {
  const { order } = draft;
  if (order.closed !== null || draft.forbidden.length === 0) return;
  for (const [index, instrument] of order.instruments.entries()) {
    const marked = markedBy(draft.forbidden, instrument);
    if (marked === instrument) continue;
    order.instruments[index] = marked;
    const text = `This payment method is not tried: order ${marked.forbidden?.orderId} was declined with it for good`;
    tell(draft, 'instrument_forbidden', text, { evidence: marked.forbidden?.source ?? '' });
  }
}

/** How many ids an order remembers. Processors redeliver for days, but the inbox in the store refuses those; this is the second net. */
const REMEMBERED_IDS = 200;

function isRepeated(draft: Draft, event: OrderEvent): boolean {
  const id = idOf(event);
  if (id === null) return false;
  const { order } = draft;
  if (order.appliedIds.includes(id)) return true;
  order.appliedIds = [...order.appliedIds, id].slice(-REMEMBERED_IDS);
  return false;
}

/** What asks a closed order for something. The validator refuses it; here it may only come late, and changes nothing. */
function isTooLate(draft: Draft, event: OrderEvent): boolean {
  if (draft.order.closed === null) return false;
  switch (event.type) {
    case 'opened':
    case 'answered':
    case 'clock':
    case 'processor_event':
    case 'buyer_returned':
      return false;
    case 'unknown_resolved':
      if (doubtedGiveBack(draft.order) !== undefined) return false;
      return draft.order.review === null && refuseLate(draft, event);
    case 'retry_requested':
      // A paid order whose money is a person's question is settled by that person.
      return draft.order.review === null && refuseLate(draft, event);
    default:
      return refuseLate(draft, event);
  }
}

function refuseLate(draft: Draft, { type, actor }: Extract<OrderEvent, { actor: Actor }>): true {
  const text = `The order is ${draft.order.closed?.stage}: ${type} came too late`;
  tell(draft, 'command_refused', text, { actor });
  return true;
}

/** Id of a message, under which it is applied once; `null` for what is not a message. */
export function idOf(event: OrderEvent): string | null {
  if (event.type === 'processor_event') return `${event.event.processor}:${event.event.eventId}`;
  return 'id' in event ? event.id : null;
}

function finish(draft: Draft, input: DecideInput): Decision {
  const events = merchantEvents(draft, input.order);
  const explanation = explain(draft);
  return {
    order: draft.order,
    command: draft.command,
    wake: wakeOf(draft),
    entries: draft.entries,
    events,
    explanation,
  };
}

function wakeOf(draft: Draft): Decision['wake'] {
  return draft.command === null ? nextWake(draft) : null;
}

/** A decision that had something to weigh becomes a line of the timeline with its explanation. */
function explain(draft: Draft): Explanation | null {
  if (draft.decided === null || (draft.evidence.length === 0 && draft.refused.length === 0)) return null;
  const told = `${draft.refused.length} ${draft.decided}`;
  if (draft.evidence.length === 0 && draft.order.lastDecided === told) return null;
  draft.order.lastDecided = told;
  const explanation = {
    rule: { name: draft.rule.name, rulebook: draft.rulebook.id, version: draft.rulebook.version },
    evidence: [...draft.evidence, ...countingEvidence(draft)],
    decided: draft.decided,
    refused: draft.refused,
  };
  draft.order.seq += 1;
  draft.entries.push({
    seq: draft.order.seq,
    at: draft.now,
    kind: 'decision',
    actor: 'system',
    text: draft.decided,
    planned: false,
    explanation,
  });
  return explanation;
}
