import { alsoNamed, namesOf } from '../cards.ts';
import { type Draft, isDue, sheetOf, tell } from '../draft.ts';
import type { OrderEvent } from '../events.ts';
import {
  expiryOf,
  hasMoney,
  instrumentById,
  instrumentToRetry,
  isAuthorized,
  isCaptureOver,
  isPayable,
  lastAttempt,
  netOf,
  payableAttempts,
} from '../facts.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt, Choice, OrderState } from '../order.ts';
import { planProof } from '../plan/proof-times.ts';
import { forbiddenAs } from '../plan/usable.ts';
import { isAnsweredByChoice, isLessMoney } from '../review-codes.ts';
import { isBuyerHeldBack, keepReviews, openReviews } from '../reviews.ts';
import type { Actor, RecoveryPath } from '../terms.ts';
import { instrumentText } from '../words.ts';
import { applyTryAgain } from './resolve.ts';
import { tellUnknownNames, tellUnknownProcessors } from './unknown-names.ts';

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
    tellUnknownNames(draft);
    order.round = 1;
    return;
  }
  order.closed = null;
  order.ending = null;
  order.window = null;
  order.askedBuyer = true;
  for (const attempt of order.attempts) {
    if (attempt.money.captured > 0 && netOf(attempt.money) <= 0) attempt.givenBack = true;
  }
  order.openedAt = draft.now;
  order.answerFrom = draft.now;
  const goesOn = 'Collecting goes on, with its attempt numbers, budgets and forbidden methods';
  if (event.by === undefined) return tell(draft, 'order_reopened', goesOn);
  const { actor, reason } = event.by;
  tell(draft, 'order_reopened', `${goesOn}: ${reason}`, { actor });
}

/** The buyer's choice is stored; a payable attempt is left first, its fence sent at once. */
export function applyRecoveryChosen(draft: Draft, event: Of<'recovery_chosen'>): void {
  const { order } = draft;
  const settled = order.attempts.some((each) => hasMoney(each) || (isAuthorized(each) && each.leave === null));
  if (order.ending !== null || settled || isBuyerHeldBack(order)) {
    tell(draft, 'choice_refused', `The choice ${event.path} came too late`, { actor: event.actor });
    return;
  }
  const last = lastAttempt(order);
  const instrumentId =
    event.instrument?.id ?? event.instrumentId ?? (event.path === 'authenticate' ? (last?.instrumentId ?? null) : null);
  const open = payableAttempts(order);
  if (open.some((attempt) => isSameChoice(attempt, event.path, instrumentId))) {
    tell(draft, 'buyer_choice', `Chose ${event.path}, which is running already`, { actor: event.actor });
    return;
  }
  if (event.instrument !== undefined) takeInstrument(order, event.instrument);
  const waiting = order.choice;
  order.choice = {
    id: event.id,
    path: event.path,
    instrumentId,
    startedBy: event.actor === 'support' ? 'support' : 'buyer',
    chosenAt: draft.now,
  };
  order.retryAt = null;
  keepReviews(order, (review) => !isAnsweredByChoice(review));
  for (const attempt of open) attempt.leave ??= { reason: 'switch', since: draft.now };
  tell(draft, 'buyer_choice', choiceText(order, order.choice, waiting), { actor: event.actor });
  if (event.instrument !== undefined) tellUnknownProcessors(draft, [event.instrument]);
}

/** One choice waits at a time: the line of the next one says what became of it. */
function choiceText(order: OrderState, choice: Choice, waiting: Choice | null): string {
  if (waiting === null) return `Chose ${choice.path}`;
  if (choice.path === waiting.path && choice.instrumentId === waiting.instrumentId) {
    return `Chose ${choice.path} once more: it still waits`;
  }
  const [chosen, replaced] = [choice, waiting].map(({ path, instrumentId }) => {
    const instrument = instrumentById(order, instrumentId);
    return instrument === undefined ? path : `${path} (${instrumentText(instrument)})`;
  });
  return `Chose ${chosen} instead of ${replaced}, which still waited`;
}

/** A second click: the page that is open (or being opened), or the payment method that is with the processor right now. */
function isSameChoice(attempt: Attempt, path: RecoveryPath, instrumentId: string | null): boolean {
  if (attempt.leave !== null) return false;
  if (path === 'hosted_checkout' || path === 'invoice') {
    return attempt.kind === path && (attempt.outcome === 'requires_action' || attempt.outcome === null);
  }
  return attempt.kind === 'card' && attempt.outcome === null && attempt.instrumentId === instrumentId;
}

/** A payment method that the order knows keeps its history, what forbids it included, and gets the fresh credentials and names. */
function takeInstrument(order: OrderState, fresh: Instrument): void {
  const credentials = fresh.credentials.map((each) => ({ ...each, fromAttempt: order.attempts.length + 1 }));
  if (instrumentById(order, fresh.id) !== undefined) {
    order.instruments = order.instruments.map((each) =>
      each.id === fresh.id ? { ...alsoNamed(each, namesOf(fresh)), credentials } : each,
    );
    return;
  }
  const forbidden = forbiddenAs(order, fresh);
  order.instruments.push({ ...fresh, credentials, ...(forbidden === undefined ? {} : { forbidden }) });
}

export function applyBuyerReturned(draft: Draft): void {
  for (const attempt of draft.order.attempts) {
    if (!isPayable(attempt) || attempt.outcome !== 'requires_action' || attempt.proof === null) continue;
    if (sheetOf(draft, attempt.processor)?.lookup != null) attempt.proof.nextLookupAt = draft.now;
    tell(draft, 'buyer_returned', `The buyer came back from ${attempt.processor}'s page`, { actor: 'buyer', attempt });
  }
}

export function applyCancelRequested(draft: Draft, event: Of<'cancel_requested'>): void {
  if (refuseAsEnded(draft, event.actor)) return;
  draft.order.ending = endingBy(draft, 'cancelled', event);
  tell(draft, 'cancel_requested', `Cancel: ${event.reason}`, { actor: event.actor });
}

/** Where a processor took less than the amount, an end means that this goes back too. */
function endingBy(
  { order, now }: Draft,
  as: 'cancelled' | 'failed',
  { actor, reason }: { actor: Actor; reason: string },
): NonNullable<OrderState['ending']> {
  const givesBack = openReviews(order).some(isLessMoney) && order.attempts.some(hasMoney);
  if (givesBack) keepReviews(order, (review) => !isLessMoney(review));
  return { as, actor, reason, since: now, ...(givesBack ? { endedAt: now } : {}) };
}

/** The order had ended, and what came since goes back: it ends again as it had, whatever was asked for meanwhile. */
function refuseAsEnded(draft: Draft, actor: Actor): boolean {
  const { ending } = draft.order;
  if (ending?.endedAt === undefined) return false;
  tell(draft, 'command_refused', `The order had ended as ${ending.as}: what came since goes back`, { actor });
  return true;
}

export function applyCloseRequested(draft: Draft, event: Of<'close_requested'>): void {
  if (refuseAsEnded(draft, event.actor)) return;
  draft.order.ending = endingBy(draft, 'failed', event);
  tell(draft, 'close_requested', `Close without payment: ${event.reason}`, { actor: event.actor });
}

/** The order's own end, set by the merchant. */
export function applyExpiry(draft: Draft): void {
  const { order } = draft;
  // Reopened after it had expired it has none: from then on its windows end it, and people.
  const expiresAt = expiryOf(order);
  if (order.closed !== null || order.ending !== null || expiresAt === null || !isDue(draft, expiresAt)) return;
  if (order.attempts.some(hasMoney)) return;
  order.ending = { as: 'expired', actor: 'system', reason: `expiresAt ${expiresAt}`, since: draft.now };
  tell(draft, 'expiry_reached', 'The order’s time is over');
  replanProofs(draft);
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
  if (applyTryAgain(draft)) {
    return tell(draft, 'retry_requested', `Try again now: ${event.reason}`, { actor: event.actor });
  }
  if (order.ending !== null || order.attempts.some((attempt) => hasMoney(attempt) || isPayable(attempt))) {
    tell(draft, 'retry_refused', 'Try again now: refused, an attempt may have taken the money', { actor: event.actor });
    return;
  }
  if (isBuyerHeldBack(order)) {
    const text = 'Try again now: refused, a person was asked about money that nobody has explained';
    tell(draft, 'retry_refused', text, { actor: event.actor });
    return;
  }
  const instrumentId = instrumentToRetry(order);
  order.choice = { id: event.id, path: 'retry', instrumentId, startedBy: 'support', chosenAt: draft.now };
  order.retryAt = null;
  // Of those during which somebody may go on, which a new try answers.
  keepReviews(order, () => false);
  tell(draft, 'retry_requested', `Try again now: ${event.reason}`, { actor: event.actor });
}

export function applyCaptureRequested(draft: Draft, event: Of<'capture_requested'>): void {
  const { order } = draft;
  if (order.ending !== null || !order.attempts.some(isAuthorized)) {
    tell(draft, 'capture_refused', 'Capture: refused, nothing is authorized', { actor: event.actor });
    return;
  }
  if (isBuyerHeldBack(order)) {
    const text = 'Capture: refused, a person was asked about money that nobody has explained';
    tell(draft, 'capture_refused', text, { actor: event.actor });
    return;
  }
  const again = order.attempts.some((each) => isAuthorized(each) && each.leave === null && isCaptureOver(each));
  order.captureRequested = { actor: event.actor, since: draft.now, ...(again && { again }) };
  tell(draft, 'capture_requested', `Capture: ${event.reason}`, { actor: event.actor });
}

/** A person has answered what held everybody back: what waited for that is planned anew. */
export function resumeProofs(draft: Draft): void {
  const { order } = draft;
  for (const attempt of order.attempts) {
    if (attempt.outcome !== 'unknown' && !isAuthorized(attempt)) continue;
    planProof(draft, attempt, sheetOf(draft, attempt.processor));
    // Its key may have run out meanwhile; the merchant still waits for it.
    const { captureRequested: wish } = order;
    if (wish !== null && isCaptureOver(attempt)) order.captureRequested = { ...wish, again: true };
  }
}

/** Leaving or choosing changes which proofs are allowed: the times are planned anew. */
export function replanProofs(draft: Draft): void {
  for (const attempt of draft.order.attempts) {
    if (attempt.outcome === 'unknown') planProof(draft, attempt, sheetOf(draft, attempt.processor));
  }
}
