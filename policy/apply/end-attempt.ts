import { ofOneCard } from '../cards.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import { instrumentById, isPayable, primaryOperation } from '../facts.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt, MoneyFact } from '../order.ts';
import { isLessMoney } from '../review-codes.ts';
import { keepReviews } from '../reviews.ts';
import type { Actor, Authentication, FailureClass, Outcome } from '../terms.ts';
import { amountText, failureText, minorText } from '../words.ts';
import {
  giveUpReservation,
  isAnotherPayment,
  isAnotherReservation,
  isReferenceOf,
  tellAnotherPayment,
} from './another-payment.ts';
import { countTotals, takeMoney } from './money-facts.ts';

/** What a definite answer says, from whichever source: the call itself, a lookup, a webhook, a person. */
export interface Truth {
  outcome: Outcome;
  failureClass: FailureClass | null;
  forbidsInstrument: boolean;
  forbidsEverywhere?: true | undefined;
  retryAfterMs: number | null;
  /** Short word for the timeline: where this is known from. */
  source: string;
  /** Who says it; left out, the processor. */
  actor?: Actor;
  document?: string;
  reference?: string | undefined;
  /** Of notices: the operation that they name. */
  key?: string | undefined;
  amountMinor?: number | undefined;
  currency?: string | undefined;
  authorizedOnly?: boolean | undefined;
  /** What had gone back of it by then. */
  totals?: Partial<Record<MoneyFact, number>>;
  code?: string | undefined;
  network?: string | undefined;
  networkCode?: string | undefined;
  adviceCode?: string | undefined;
  authentication?: Authentication | undefined;
  action?: 'authenticate' | 'display_details' | undefined;
  last4?: string | undefined;
}

/** Writes what is now known of an attempt's collecting operation. The place where an attempt's outcome changes. */
export function learn(draft: Draft, attempt: Attempt, truth: Truth): void {
  if (truth.outcome === 'succeeded' && isAnotherReservation(attempt, truth))
    return tellAnotherPayment(draft, attempt, truth, truth.source);
  if (attempt.money.captured > 0 && truth.outcome === 'succeeded') return learnAgain(draft, attempt, truth);
  if (truth.outcome === 'succeeded' && truth.authorizedOnly === true) nameReservation(attempt, truth);
  if (isSettledBetter(attempt, truth)) return learnOfCard(draft, attempt, truth);
  copyDetails(attempt, truth);
  const primary = primaryOperation(attempt);
  if (primary !== undefined) primary.outcome = truth.outcome;
  switch (truth.outcome) {
    case 'succeeded':
      return learnSuccess(draft, attempt, truth);
    case 'declined':
      return learnDecline(draft, attempt, truth);
    case 'not_executed':
      return learnNothingHappened(draft, attempt, truth);
    case 'requires_action':
      return learnRequiresAction(draft, attempt, truth);
    case 'pending':
      return learnPending(draft, attempt, truth);
    case 'unknown':
      return learnUnknown(draft, attempt, truth);
    default:
      return truth.outcome satisfies never;
  }
}

/** Told again, the first that names it names it. */
function nameReservation(attempt: Attempt, { reference }: Truth): void {
  const known = attempt.money.authorized > 0 && attempt.reservedAs !== undefined;
  if (reference !== undefined && !known) attempt.reservedAs = reference;
}

/** Its money is known: the same told again may name it, and any other is another payment's. */
function learnAgain(draft: Draft, attempt: Attempt, truth: Truth): void {
  if (truth.authorizedOnly === true || truth.reference === undefined) return;
  if (isAnotherPayment(attempt, truth)) return tellAnotherPayment(draft, attempt, truth, truth.source);
  if (attempt.tookAs === undefined || !isReferenceOf(attempt, truth.reference)) attempt.tookAs = truth.reference;
  if (attempt.moneySaid === true) correctAmount(draft, attempt, truth);
}

/** A person said how much it took, and now its processor does. */
function correctAmount(draft: Draft, attempt: Attempt, { amountMinor, source }: Truth): void {
  const { order } = draft;
  if (amountMinor === undefined || amountMinor <= 0) return;
  delete attempt.moneySaid;
  if (amountMinor === attempt.money.captured) return;
  attempt.money.captured = amountMinor;
  if (amountMinor >= order.facts.amount.minor)
    keepReviews(order, (review) => !isLessMoney(review) || review.attempt !== attempt.number);
  const text = `${attempt.processor} tells of ${minorText(order, amountMinor)} of attempt ${attempt.number}, and a person had said another amount`;
  tell(draft, 'payment_confirmed', text, { actor: 'processor', attempt, evidence: source });
}

/** The attempt stays as it ended. What was said of its card holds all the same, but not against its own success. */
export function learnOfCard(draft: Draft, attempt: Attempt, truth: Truth): void {
  const succeeded = attempt.outcome === 'succeeded' || attempt.money.captured > 0;
  if (truth.forbidsInstrument && !succeeded) forbid(draft, attempt, truth);
}

/** Success is never unlearnt, and a definite outcome never gives way to a missing answer: news may arrive out of order. */
function isSettledBetter(attempt: Attempt, truth: Truth): boolean {
  if (attempt.money.captured > 0) return true;
  if (attempt.outcome === 'succeeded') return truth.outcome !== 'succeeded' || truth.authorizedOnly === true;
  if (attempt.outcome === 'declined') return truth.outcome !== 'succeeded';
  // A class that forbids the instrument is news even of an attempt that was closed or never sent.
  return attempt.outcome === 'not_executed' && truth.outcome !== 'succeeded' && truth.outcome !== 'declined';
}

function copyDetails(attempt: Attempt, truth: Truth): void {
  // Of what is reserved it may be the capture's: the payment keeps its own.
  const reserved = attempt.money.authorized > 0 && attempt.reference !== null;
  if (truth.reference !== undefined && !reserved) attempt.reference = truth.reference;
  if (truth.authentication !== undefined) attempt.authentication = truth.authentication;
  if (attempt.kind !== 'card' && (truth.network !== undefined || truth.last4 !== undefined)) {
    attempt.paidWith = {
      ...(truth.network === undefined ? {} : { network: truth.network }),
      ...(truth.last4 === undefined ? {} : { last4: truth.last4 }),
    };
  }
}

function learnSuccess(draft: Draft, attempt: Attempt, truth: Truth): void {
  const { amount } = draft.order.facts;
  const minor = truth.amountMinor ?? amount.minor;
  attempt.outcome = 'succeeded';
  attempt.failureClass = null;
  attempt.processorCode = null;
  attempt.proof = null;
  attempt.action = null;
  attempt.fencedAt = null;
  attempt.endedAt = draft.now;
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: succeeded (${truth.source})`);
  if (truth.authorizedOnly === true) attempt.money.authorized = minor;
  else takeMoney(draft, attempt, minor, truth.reference);
  if (truth.totals !== undefined) countTotals(attempt, truth.totals);
  tellTaken(draft, attempt, minor, truth);
  giveUpReservation(draft, attempt, truth.source);
  // Another captured amount shows in the money itself, and is weighed when the order is settled.
  const otherAmount = truth.authorizedOnly === true && minor !== amount.minor;
  if (otherAmount || (truth.currency !== undefined && truth.currency !== amount.currency)) {
    const text = `${attempt.processor} took ${minor} ${truth.currency ?? amount.currency}, the order asks for ${amountText(amount)}`;
    askPerson(draft, 'amount_mismatch', attempt, text);
  }
}

/** What had been reserved before is captured: as when the capture's own answer says so, which may come later. */
function tellTaken(draft: Draft, attempt: Attempt, minor: number, truth: Truth): void {
  const { authorizedOnly, source, actor = 'processor' } = truth;
  const isCapture = authorizedOnly !== true && attempt.money.authorized > 0;
  const took = authorizedOnly === true ? 'reserved' : isCapture ? 'captured' : 'collected';
  const text = `${minorText(draft.order, minor)} ${took} at ${attempt.processor}`;
  tell(draft, isCapture ? 'captured' : 'attempt_succeeded', text, { actor, attempt, evidence: source });
}

function learnDecline(draft: Draft, attempt: Attempt, truth: Truth): void {
  finish(draft, attempt, truth, 'declined');
  if (truth.forbidsInstrument) forbid(draft, attempt, truth);
  if (truth.retryAfterMs !== null) {
    attempt.retryNotBefore = new Date(draft.nowMs + truth.retryAfterMs).toISOString();
  }
}

function learnNothingHappened(draft: Draft, attempt: Attempt, truth: Truth): void {
  finish(draft, attempt, truth, 'not_executed');
}

function finish(draft: Draft, attempt: Attempt, truth: Truth, outcome: 'declined' | 'not_executed'): void {
  attempt.outcome = outcome;
  attempt.failureClass = truth.failureClass;
  attempt.processorCode = truth.code ?? null;
  attempt.networkCode = truth.networkCode ?? null;
  attempt.adviceCode = truth.adviceCode ?? null;
  attempt.proof = null;
  attempt.action = null;
  attempt.endedAt = draft.now;
  endWithoutSuccess(draft, attempt);
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: ${failureText(attempt)}`);
  const verb = outcome === 'declined' ? 'declined' : 'did not execute';
  // A person knows that nothing was executed, and not why.
  const why = truth.actor === undefined ? `: ${failureText(attempt)}` : ` attempt ${attempt.number}`;
  tell(draft, `attempt_${outcome}`, `${attempt.processor} ${verb}${why}`, {
    actor: truth.actor ?? 'processor',
    attempt,
    evidence: truth.document === undefined ? truth.source : `${truth.source}; ${truth.document}`,
  });
}

/**
 * An attempt came to nothing: the merchant is told. If it, or a later attempt at its processor, was refused as a duplicate, then
 * the processor knows of a payment that we cannot find: no other attempt before a person has looked. Only what may still be
 * that payment is waited for, an attempt there up to the one that was called so; what was reserved there was it.
 */
export function endWithoutSuccess(draft: Draft, attempt: Attempt, failed = true): void {
  if (failed) draft.failed.push(attempt);
  const there = draft.order.attempts.filter((each) => each.processor === attempt.processor);
  const witness = there.find((later) => later.number >= attempt.number && later.failureClass === 'duplicate');
  if (witness === undefined) return;
  const mayBeIt = there.filter((each) => each.number <= witness.number);
  if (mayBeIt.some((each) => each.money.authorized > 0 || (each !== attempt && isPayable(each)))) return;
  const text = `${witness.processor} called attempt ${witness.number} a duplicate, and no payment of ours was found: a person has to look`;
  askPerson(draft, 'duplicate_unexplained', witness, text);
}

/** Forbidden for this order alone, it may yet be so for all of them. */
function isForbiddenAsFar({ forbidden }: Instrument, { forbidsEverywhere }: Truth): boolean {
  if (forbidden === undefined) return false;
  return forbidden.everywhere === true || forbidden.orderId !== undefined || forbidsEverywhere !== true;
}

function forbid(draft: Draft, attempt: Attempt, truth: Truth): void {
  const instrument = instrumentById(draft.order, attempt.instrumentId);
  if (instrument === undefined || isForbiddenAsFar(instrument, truth)) return;
  const source = truth.document ?? truth.source;
  const forbidden = {
    since: draft.now,
    attempt: attempt.number,
    failureClass: truth.failureClass,
    source,
    ...(truth.forbidsEverywhere === true ? { everywhere: true as const } : {}),
  };
  const card = ofOneCard(draft.order, instrument);
  draft.order.instruments = draft.order.instruments.map((each) =>
    card.includes(each) ? { ...each, forbidden } : each,
  );
  tell(draft, 'instrument_forbidden', 'This payment method is not tried again, by anybody', {
    attempt,
    evidence: source,
  });
}

function learnRequiresAction(draft: Draft, attempt: Attempt, truth: Truth): void {
  const news = attempt.outcome !== 'requires_action';
  attempt.outcome = 'requires_action';
  attempt.failureClass = null;
  attempt.action = truth.action ?? 'authenticate';
  if (!news) return;
  attempt.proof = { since: draft.now, lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null };
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: the buyer has to act (${attempt.action})`);
  const text =
    attempt.kind === 'card'
      ? `${attempt.processor} asks the buyer to authenticate (3DS)`
      : `${attempt.kind === 'invoice' ? 'Invoice' : 'Hosted checkout'} is open at ${attempt.processor}`;
  tell(draft, 'buyer_action_required', text, { actor: 'processor', attempt, evidence: truth.source });
}

function learnPending(draft: Draft, attempt: Attempt, truth: Truth): void {
  const news = attempt.outcome !== 'pending';
  attempt.outcome = 'pending';
  attempt.failureClass = null;
  attempt.proof ??= { since: draft.now, lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null };
  if (!news) return;
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: pending`);
  tell(draft, 'payment_pending', `${attempt.processor} is working on the payment`, {
    actor: 'processor',
    attempt,
    evidence: truth.source,
  });
}

function learnUnknown(draft: Draft, attempt: Attempt, truth: Truth): void {
  const news = attempt.outcome !== 'unknown';
  attempt.outcome = 'unknown';
  attempt.failureClass = truth.failureClass ?? 'unknown_outcome';
  attempt.processorCode = truth.code ?? null;
  attempt.proof ??= { since: draft.now, lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null };
  // Advice never to try again holds whatever becomes of this attempt.
  if (truth.forbidsInstrument) forbid(draft, attempt, truth);
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: no definite answer (${truth.source})`);
  if (!news) return;
  tell(
    draft,
    'outcome_unknown',
    `No definite answer from ${attempt.processor} (${truth.source}): money may have moved, nothing else is tried until it is proved`,
    { attempt, evidence: truth.source },
  );
}
