import type { ProcessorEvent } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import { attemptNumbered, hasMoney, isAuthorized, netOf } from '../facts.ts';
import type { Attempt, MoneyFact, Operation } from '../order.ts';
import type { FailureClass } from '../terms.ts';
import {
  closesAnother,
  isAnotherPayment,
  isAnotherReservation,
  isOfAnotherPayment,
  isOwnPayment,
  isPaymentNamed,
  isReferenceOf,
  keepAside,
  namesAnother,
  parkAnotherPayment,
  toldBy,
} from './another-payment.ts';
import { paymentOf, remember, tellsOfPayment } from './aside.ts';
import { learn, learnOfCard, type Truth } from './end-attempt.ts';
import { askAboutClosed, confirmFence, tellPageClosed } from './fence.ts';
import { concludeGiveBack } from './give-back.ts';
import { believeMoneyFact, refundId, uncountRefund } from './money-facts.ts';
import { correctName } from './name-said.ts';
import { learnNames } from './tries.ts';

/** A verified notice of a processor. Late truth wins, but only about the very payment that it names (F15). */
export function applyProcessorEvent(draft: Draft, event: ProcessorEvent): void {
  const attempt = attemptOfEvent(draft, event);
  if (attempt === undefined) {
    tell(draft, 'event_parked', `${event.processor} sent ${event.type}, which fits no attempt of this order`, {
      actor: 'processor',
      evidence: event.eventId,
    });
    remember(draft, event);
    if (tellsOfPayment(event)) {
      const text = `${event.processor} tells of a payment that is none of ours, by name or number: a person has to look`;
      askPerson(draft, 'event_unmatched', null, text, paymentOf(event));
    }
    return;
  }
  if (tellsOfPayment(event)) correctName(draft, attempt, event);
  if (isOfAnotherPayment(attempt, event) && ownRefund(attempt, event) === undefined)
    return keepAside(draft, attempt, event);
  if (event.type === 'payment_succeeded' && isAnotherPayment(attempt, event))
    return parkAnotherPayment(draft, attempt, event);
  if (isAnotherReservation(attempt, toldBy(event))) return parkAnotherPayment(draft, attempt, event);
  if (closesAnother(attempt, event)) return keepAside(draft, attempt, event);
  if (namesAnother(attempt, event)) {
    if (ENDS_A_PAYMENT.has(event.type)) return keepAside(draft, attempt, event);
    if (provesAnother(attempt, event)) return parkAnotherPayment(draft, attempt, event);
  }
  believeOwn(draft, attempt, event);
}

/** It is about this very attempt: believed, unless it contradicts the order. */
export function believeOwn(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  const mismatch = mismatchOf(draft, attempt, event);
  if (mismatch !== null) {
    tell(draft, 'event_quarantined', `${event.processor} sent ${event.type} with ${mismatch}: not believed`, {
      actor: 'processor',
      attempt,
      evidence: event.eventId,
    });
    const text = `A notice of ${event.processor} disagrees with the order: ${mismatch}`;
    const before = attempt.money.captured === 0 ? { beforeMoney: true as const } : {};
    askPerson(draft, 'event_mismatch', attempt, text, paymentOf(event), before);
    return;
  }
  if (!isAnotherPayment(attempt, event)) learnNames(draft, attempt, event.cardNames);
  const isNews = !hasMoney(attempt);
  believe(draft, attempt, event);
  if (attempt.lookupSince != null && isNews && hasMoney(attempt)) attempt.lookupOutdated = true;
}

const ENDS_A_PAYMENT = new Set<ProcessorEvent['type']>(['payment_failed', 'payment_cancelled', 'session_closed']);

/**
 * Money that came, or that left a payment which is not the attempt's. What goes back by hand has a key that is none of ours, and
 * names the payment: while nobody has told which one is the attempt's, it may be the first to say so.
 */
function provesAnother(attempt: Attempt, event: ProcessorEvent): boolean {
  if (tellsOfPayment(event)) return true;
  return event.type !== 'unknown_type' && event.reference !== undefined && isPaymentNamed(attempt);
}

function attemptOfEvent(draft: Draft, event: ProcessorEvent): Attempt | undefined {
  const own = draft.order.attempts.filter((attempt) => attempt.processor === event.processor);
  return (
    own.find((attempt) => event.key !== undefined && attempt.operations.some((each) => each.key === event.key)) ??
    own.find((attempt) => isOwnPayment(attempt, event)) ??
    (event.attempt === undefined
      ? undefined
      : own.find((attempt) => attempt === attemptNumbered(draft.order, event.attempt ?? 0)))
  );
}

/** Payments must be for the order's amount and currency; refunds, returns and disputes may be for a part. */
function mismatchOf(draft: Draft, attempt: Attempt, event: ProcessorEvent): string | null {
  const { amount, merchantId, orderId } = draft.order.facts;
  if (event.merchantId !== merchantId || event.orderId !== orderId) return 'another order';
  if (event.account !== undefined && event.account !== attempt.account) return `account ${event.account}`;
  if (event.currency !== undefined && event.currency !== amount.currency) return `currency ${event.currency}`;
  if (!tellsOfPayment(event) || event.amountMinor === undefined || event.amountMinor === amount.minor) return null;
  return isKnown(attempt, event) ? null : `amount ${event.amountMinor}`;
}

/** Another amount than the order's, which is known already, and was weighed when it became known; or a person has said another one. */
function isKnown(attempt: Attempt, { type, reference, amountMinor = 0 }: ProcessorEvent): boolean {
  const { money, moneySaid } = attempt;
  if (moneySaid === true && isReferenceOf(attempt, reference)) return true;
  return amountMinor > 0 && amountMinor === (type === 'payment_authorized' ? money.authorized : money.captured);
}

function believe(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  switch (event.type) {
    case 'payment_succeeded':
    case 'payment_authorized':
      return believeSuccess(draft, attempt, event);
    case 'payment_failed':
      return believeFailure(draft, attempt, event);
    case 'payment_cancelled':
    case 'session_closed':
      return believeClosed(draft, attempt, event);
    case 'refund_succeeded':
      return believeRefund(draft, attempt, event);
    case 'payment_returned':
      return believeMoneyLeft(draft, attempt, event, 'returned');
    case 'dispute_opened':
      return believeMoneyLeft(draft, attempt, event, 'disputed');
    case 'refund_failed':
      return believeFailedRefund(draft, attempt, event);
    case 'unknown_type':
      return tell(draft, 'event_kept', `${event.processor} sent a notice of a type that we do not know`, {
        actor: 'processor',
        attempt,
        evidence: event.eventId,
      });
    default:
      return event.type satisfies never;
  }
}

function believeSuccess(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  learn(draft, attempt, {
    outcome: 'succeeded',
    failureClass: null,
    forbidsInstrument: false,
    retryAfterMs: null,
    source: 'webhook',
    reference: event.reference,
    key: event.key,
    amountMinor: event.amountMinor,
    currency: event.currency,
    authorizedOnly: event.type === 'payment_authorized',
    authentication: event.authentication,
    network: event.network,
  });
}

/**
 * A failure ends only an attempt that is not settled; what it says of the card is news of a settled one too. A declined try on
 * a processor's page leaves the page open.
 */
function believeFailure(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  const { outcome } = attempt;
  const open = outcome === null || outcome === 'unknown' || outcome === 'pending' || outcome === 'requires_action';
  if (attempt.kind !== 'card') {
    tell(draft, 'page_try_declined', `A try on ${event.processor}'s page was declined`, {
      actor: 'buyer',
      attempt,
      evidence: event.code ?? event.eventId,
    });
    return;
  }
  const failureClass = event.failureClass ?? 'unclassified';
  const truth: Truth = {
    outcome: PROVES_NOTHING.has(failureClass) ? 'unknown' : 'declined',
    failureClass,
    forbidsInstrument: event.forbidsInstrument ?? false,
    forbidsEverywhere: event.forbidsEverywhere,
    retryAfterMs: event.retryAfterMs ?? null,
    source: 'webhook',
    reference: event.reference,
    code: event.code,
    networkCode: event.networkCode,
    adviceCode: event.adviceCode,
    authentication: event.authentication,
  };
  if (open && attempt.fencedAt === null) learn(draft, attempt, truth);
  else learnOfCard(draft, attempt, truth);
}

/** Classes that leave open whether money has moved, even in a notice of failure. */
const PROVES_NOTHING = new Set<FailureClass>(['unknown_outcome', 'in_flight', 'duplicate']);

function believeClosed(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  // A page closes once it is paid; a card's payment that took money cannot be cancelled any more.
  const denies = event.type === 'payment_cancelled' && attempt.kind === 'card' && netOf(attempt.money) > 0;
  if (denies) return askAboutClosed(draft, attempt, { ...event, source: event.eventId });
  if (attempt.fencedAt !== null || attempt.money.captured > 0) return;
  if (attempt.outcome === 'declined' || attempt.outcome === 'not_executed') return;
  // Whatever closes beside it: a reservation ends when its payment is cancelled.
  if (event.type === 'session_closed' && isAuthorized(attempt)) return tellPageClosed(draft, attempt, event.eventId);
  confirmFence(draft, attempt, `webhook ${event.eventId}`);
}

/** Money that left a payment had been taken: whatever we believed of the attempt, this proves it. */
function believeMoneyLeft(draft: Draft, attempt: Attempt, event: ProcessorEvent, fact: MoneyFact): void {
  if (!hasMoney(attempt)) {
    learn(draft, attempt, {
      outcome: 'succeeded',
      failureClass: null,
      forbidsInstrument: false,
      retryAfterMs: null,
      source: `webhook ${event.type}`,
    });
  }
  believeMoneyFact(draft, attempt, event, fact);
}

/** One that we sent is proved by its notice as by its answer, whichever comes first. */
function believeRefund(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  const own = ownRefund(attempt, event);
  if (own === undefined) return believeMoneyLeft(draft, attempt, event, 'refunded');
  concludeGiveBack(draft, attempt, own, { outcome: 'succeeded', source: `webhook ${event.eventId}` });
}

function believeFailedRefund(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  const own = ownRefund(attempt, event);
  if (own !== undefined) {
    const code = event.code === undefined ? {} : { code: event.code };
    return concludeGiveBack(draft, attempt, own, { outcome: 'declined', source: `webhook ${event.eventId}`, ...code });
  }
  uncountRefund(attempt, refundId(attempt, event));
  const evidence = event.eventId;
  tell(draft, 'refund_failed', `${event.processor} could not refund`, { actor: 'processor', attempt, evidence });
  askPerson(draft, 'refund_failed', attempt, `A refund at ${event.processor}, not made by us, failed`);
}

function ownRefund(attempt: Attempt, { key }: ProcessorEvent): Operation | undefined {
  return attempt.operations.find((each) => each.operation === 'refund' && each.key !== '' && each.key === key);
}
