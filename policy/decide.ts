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
  applyUnknownResolved,
  replanProofs,
} from './apply/messages.ts';
import { applyProcessorEvent } from './apply/processor-event.ts';
import type { DecideInput, Decision } from './decision.ts';
import { type Draft, startDraft } from './draft.ts';
import type { Explanation, OrderEvent } from './events.ts';
import { inFlight, instrumentById, lastAttempt } from './facts.ts';
import { merchantEvents } from './merchant-events.ts';
import { askBuyer, followChoice } from './plan/buyer.ts';
import { lateTruth } from './plan/late-truth.ts';
import { prove } from './plan/prove.ts';
import { routeAutomatically } from './plan/route.ts';
import { end, leave, settle } from './plan/settle.ts';
import { waitForOthers } from './plan/wait.ts';
import { chooseRule } from './rules.ts';
import { nextWake } from './wake.ts';

/**
 * What happens next to an order, and why. Pure: the same input gives the same decision on every machine.
 *
 * Two halves. First the event is written into the order's state (what do we know now?), then the next step is planned
 * from the state alone (what follows from it?). The second half never asks how we came to know something,
 * which is why a late webhook, a lookup and a direct answer lead to the same end.
 */
export function decide(input: DecideInput): Decision {
  const { order } = input;
  const instrument = instrumentById(order, lastAttempt(order)?.instrumentId ?? null) ?? order.instruments[0] ?? null;
  const { rule } = chooseRule(input.rulebook, order.facts, instrument);
  const draft = startDraft(input, rule);
  if (isRepeated(draft, input.event)) return finish(draft, input);
  apply(draft, input.event);
  applyExpiry(draft);
  // While an operation is with a processor its answer is owed: messages are written down, and planning waits for it.
  if (inFlight(draft.order) === undefined && !lateTruth(draft)) planOnce(draft);
  return finish(draft, input);
}

/** The ladder of what may come next; the first step that has something to say ends it. */
function planOnce(draft: Draft): void {
  if (settle(draft)) return;
  if (end(draft)) return;
  if (leave(draft)) return;
  if (prove(draft)) return;
  if (waitForOthers(draft)) return;
  if (followChoice(draft)) return;
  if (draft.order.review !== null) return;
  if (routeAutomatically(draft)) return;
  askBuyer(draft);
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
      return applyUnknownResolved(draft, event);
    case 'capture_requested':
      return applyCaptureRequested(draft, event);
    default:
      return event satisfies never;
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

function idOf(event: OrderEvent): string | null {
  if (event.type === 'processor_event') return `${event.event.processor}:${event.event.eventId}`;
  return 'id' in event ? event.id : null;
}

function finish(draft: Draft, input: DecideInput): Decision {
  const events = merchantEvents(draft, input.order);
  const explanation = explain(draft);
  return {
    order: draft.order,
    command: draft.command,
    wake: draft.command === null ? nextWake(draft) : null,
    entries: draft.entries,
    events,
    explanation,
  };
}

/** A decision that had something to weigh becomes a line of the timeline with its explanation. */
function explain(draft: Draft): Explanation | null {
  if (draft.decided === null || (draft.evidence.length === 0 && draft.refused.length === 0)) return null;
  const explanation = {
    rule: { name: draft.rule.name, rulebook: draft.rulebook.id, version: draft.rulebook.version },
    evidence: draft.evidence,
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
