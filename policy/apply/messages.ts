import { type Draft, isDue, tell } from '../draft.ts';
import type { OrderEvent } from '../events.ts';
import {
  attemptNumbered,
  instrumentById,
  isPayable,
  lastAttempt,
  payableAttempts,
  primaryOperation,
} from '../facts.ts';
import { planProof } from '../plan/proof-times.ts';
import { learn } from './end-attempt.ts';

type Of<T extends OrderEvent['type']> = Extract<OrderEvent, { type: T }>;

export function applyOpened(draft: Draft, event: Of<'opened'>): void {
  const { order } = draft;
  if (!event.reopened) {
    tell(
      draft,
      'order_opened',
      `Order accepted, rule “${draft.rule.name}” of ${draft.rulebook.id} v${draft.rulebook.version}`,
      {
        actor: 'merchant',
      },
    );
    order.round = 1;
    return;
  }
  order.closed = null;
  order.ending = null;
  order.window = null;
  order.askedBuyer = true;
  order.answerFrom = draft.now;
  tell(draft, 'order_reopened', 'Collecting goes on; attempt numbers, budgets and forbidden methods go on too');
}

/** The buyer's choice is stored; a payable attempt is left first, its fence sent at once. */
export function applyRecoveryChosen(draft: Draft, event: Of<'recovery_chosen'>): void {
  const { order } = draft;
  const open = payableAttempts(order);
  const samePage = open.find(
    (attempt) => attempt.kind === event.path && attempt.outcome === 'requires_action' && !attempt.leave,
  );
  if (samePage !== undefined) return;
  if (event.instrument !== undefined && instrumentById(order, event.instrument.id) === undefined) {
    order.instruments.push(event.instrument);
  } else if (event.instrument !== undefined) {
    const fresh = event.instrument;
    order.instruments = order.instruments.map((each) =>
      each.id === fresh.id ? { ...each, credentials: fresh.credentials } : each,
    );
  }
  const last = lastAttempt(order);
  const instrumentId =
    event.instrument?.id ?? event.instrumentId ?? (event.path === 'authenticate' ? (last?.instrumentId ?? null) : null);
  order.choice = {
    id: event.id,
    path: event.path,
    instrumentId,
    startedBy: event.actor === 'support' ? 'support' : 'buyer',
    chosenAt: draft.now,
  };
  order.retryAt = null;
  if (order.review?.code === 'windows_over') order.review = null;
  for (const attempt of open) attempt.leave ??= { reason: 'switch', since: draft.now };
  tell(draft, 'buyer_choice', `Chose ${event.path}`, { actor: event.actor });
}

export function applyBuyerReturned(draft: Draft): void {
  for (const attempt of draft.order.attempts) {
    if (!isPayable(attempt) || attempt.outcome !== 'requires_action' || attempt.proof === null) continue;
    const lookup = draft.sheets.find((sheet) => sheet.processor === attempt.processor)?.lookup;
    if (lookup != null) attempt.proof.nextLookupAt = draft.now;
    tell(draft, 'buyer_returned', `The buyer came back from ${attempt.processor}'s page`, { actor: 'buyer', attempt });
  }
}

export function applyCancelRequested(draft: Draft, event: Of<'cancel_requested'>): void {
  draft.order.ending = { as: 'cancelled', actor: event.actor, reason: event.reason, since: draft.now };
  tell(draft, 'cancel_requested', `Cancel: ${event.reason}`, { actor: event.actor });
}

export function applyCloseRequested(draft: Draft, event: Of<'close_requested'>): void {
  draft.order.ending = { as: 'failed', actor: event.actor, reason: event.reason, since: draft.now };
  tell(draft, 'close_requested', `Close without payment: ${event.reason}`, { actor: event.actor });
}

/** The order's own end, set by the merchant. */
export function applyExpiry(draft: Draft): void {
  const { order } = draft;
  if (order.closed !== null || order.ending !== null || !isDue(draft, order.facts.expiresAt)) return;
  if (order.attempts.some((attempt) => attempt.money.captured > 0)) return;
  order.ending = { as: 'expired', actor: 'system', reason: `expiresAt ${order.facts.expiresAt}`, since: draft.now };
  tell(draft, 'expiry_reached', 'The order’s time is over');
}

export function applyHold(draft: Draft, event: Of<'retries_held'>): void {
  draft.order.hold = { actor: event.actor, reason: event.reason, since: draft.now };
  tell(draft, 'retries_held', `Automatic tries held: ${event.reason}`, { actor: event.actor });
}

export function applyRelease(draft: Draft, event: Of<'retries_released'>): void {
  draft.order.hold = null;
  tell(draft, 'retries_released', `Automatic tries go on: ${event.reason}`, { actor: event.actor });
}

/** Support tries now: as a choice, with the instrument that was last used or came with the order. */
export function applyRetryRequested(draft: Draft, event: Of<'retry_requested'>): void {
  const { order } = draft;
  const last = [...order.attempts].reverse().find((attempt) => attempt.instrumentId !== null);
  const instrumentId = last?.instrumentId ?? order.instruments[0]?.id ?? null;
  order.choice = { id: event.id, path: 'retry', instrumentId, startedBy: 'support', chosenAt: draft.now };
  order.retryAt = null;
  order.review = null;
  tell(draft, 'retry_requested', `Try again now: ${event.reason}`, { actor: event.actor });
}

/** A named person's evidence about an unknown outcome. */
export function applyUnknownResolved(draft: Draft, event: Of<'unknown_resolved'>): void {
  const attempt = attemptNumbered(draft.order, event.attempt);
  if (attempt === undefined) return;
  const primary = primaryOperation(attempt);
  const succeeded = event.outcome === 'succeeded';
  tell(draft, 'unknown_resolved', `Attempt ${event.attempt} is ${event.outcome}: ${event.reason}`, {
    actor: event.actor,
    attempt,
    evidence: event.evidence,
  });
  if (primary !== undefined) {
    primary.outcome = succeeded ? 'succeeded' : 'not_executed';
    if (!succeeded) primary.sendsNotExecuted = primary.sends;
  }
  if (draft.order.review?.attempt === attempt.number) draft.order.review = null;
  draft.order.askedBuyer = true;
  learn(draft, attempt, {
    outcome: succeeded ? 'succeeded' : 'not_executed',
    failureClass: succeeded ? null : 'transient',
    forbidsInstrument: false,
    retryAfterMs: null,
    source: 'a person with evidence',
    authorizedOnly: succeeded && draft.order.facts.capture === 'manual' && attempt.kind === 'card',
  });
}

export function applyCaptureRequested(draft: Draft, event: Of<'capture_requested'>): void {
  draft.order.captureRequested = { actor: event.actor, since: draft.now };
  tell(draft, 'capture_requested', `Capture: ${event.reason}`, { actor: event.actor });
}

/** Leaving or choosing changes which proofs are allowed: the times are planned anew. */
export function replanProofs(draft: Draft): void {
  for (const attempt of draft.order.attempts) {
    if (attempt.proof === null || attempt.outcome !== 'unknown') continue;
    planProof(
      draft,
      attempt,
      draft.sheets.find((sheet) => sheet.processor === attempt.processor),
    );
  }
}
