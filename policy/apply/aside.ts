import type { ProcessorEvent } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import type { Attempt, OrderState } from '../order.ts';
import { isAboutNotice } from '../review-codes.ts';
import { openReviews } from '../reviews.ts';

/**
 * Notices of payments that are nobody's yet. Whose one is may be known only later, and what went back by then must not go back
 * again. So many are kept, and what is kept no longer is never silent.
 */

/** By this a question names the payment that it is about, and is found again when that proves to be somebody's. */
export function paymentNamed(processor: string, name: string): string {
  return `${processor} ${name}`;
}

/** By what a person can find it; a notice that names no payment stands for itself. */
export function paymentOf({ processor, reference, key, eventId }: ProcessorEvent): string {
  return paymentNamed(processor, reference ?? key ?? eventId);
}

/** Whatever speaks of money. */
export function remember(draft: Draft, event: ProcessorEvent): void {
  const { order } = draft;
  const { aside = [] } = order;
  if (!(tellsOfPayment(event) || isMoneyThatLeft(event)) || aside.some((each) => isSamePayment(each, event))) return;
  const dropped = aside.length < REMEMBERED_NOTICES ? undefined : leastMissed(order, aside);
  order.aside = [...aside.filter((each) => each !== dropped), event];
  if (dropped !== undefined) tellDropped(draft, dropped);
}

/** A payment has a handful of them. */
export const REMEMBERED_NOTICES = 30;

const MONEY_THAT_LEFT: ProcessorEvent['type'][] = [
  'refund_succeeded',
  'refund_failed',
  'payment_returned',
  'dispute_opened',
];

/** It left a payment, or came back to it. */
export function isMoneyThatLeft({ type }: ProcessorEvent): boolean {
  return MONEY_THAT_LEFT.includes(type);
}

/** A payment is taken or reserved once, however often that is told. What goes back may do so several times. */
function isSamePayment(one: ProcessorEvent, other: ProcessorEvent): boolean {
  const what = ({ type, processor, reference, key, amountMinor, currency }: ProcessorEvent) =>
    JSON.stringify([type, processor, reference, key, amountMinor, currency]);
  return tellsOfPayment(one) && what(one) === what(other);
}

export function tellsOfPayment({ type }: ProcessorEvent): boolean {
  return type === 'payment_succeeded' || type === 'payment_authorized';
}

/** The oldest of which nobody is asked any more, else the oldest that does not tell of the payment itself, else the oldest. */
function leastMissed(order: OrderState, aside: ProcessorEvent[]): ProcessorEvent | undefined {
  const asked = new Set(openReviews(order).flatMap((each) => (isAboutNotice(each) ? [each.about] : [])));
  return aside.find((each) => !asked.has(paymentOf(each))) ?? aside.find((each) => !tellsOfPayment(each)) ?? aside[0];
}

function tellDropped(draft: Draft, event: ProcessorEvent): void {
  const { order } = draft;
  const payment = paymentOf(event);
  const others = order.asideDropped?.filter((each) => each !== payment) ?? [];
  order.asideDropped = [...others, payment].slice(-REMEMBERED_NOTICES);
  const text = `More than ${REMEMBERED_NOTICES} notices of payments that are nobody’s: ${event.type} of ${payment} is kept no longer`;
  tell(draft, 'event_dropped', text, { actor: 'processor', evidence: event.eventId });
}

/** It is this attempt's own, and not all that was told of it is known any more. */
export function askAboutDropped(draft: Draft, attempt: Attempt): void {
  const { order } = draft;
  const { processor, reference, tookAs, reservedAs, tookUnder } = attempt;
  const own = [reference, tookAs, reservedAs, tookUnder].map((name) => paymentNamed(processor, name ?? ''));
  const missed = order.asideDropped?.filter((payment) => own.includes(payment)) ?? [];
  for (const payment of missed) {
    order.asideDropped = order.asideDropped?.filter((each) => each !== payment) ?? [];
    const text = `Attempt ${attempt.number} has the payment ${payment}, but not all that was told of it is known: a person has to look what went back`;
    askPerson(draft, 'event_mismatch', attempt, text, payment);
  }
}
