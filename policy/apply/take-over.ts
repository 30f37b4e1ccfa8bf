import type { ProcessorEvent } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import type { Attempt, OrderState, Review } from '../order.ts';
import { isAboutNotice } from '../review-codes.ts';
import { keepReviews, openReviews } from '../reviews.ts';
import { isOwnPayment, mayBeNamedBy, nameOf } from './another-payment.ts';
import {
  askAboutDropped,
  isMoneyThatLeft,
  paymentNamed,
  paymentOf,
  REMEMBERED_NOTICES,
  tellsOfPayment,
} from './aside.ts';
import { believeOwn } from './processor-event.ts';

/**
 * A payment that was put aside proves to be an attempt's own, by whatever named it: an answer, a lookup, a notice, a person. It
 * is no other payment from then on, and what had been told of it counts as if that had been known.
 */
export function takeOver(draft: Draft): void {
  const { aside = [], asideDropped = [], attempts } = draft.order;
  const heard = aside.length + asideDropped.length > 0 || attempts.some(({ others = [] }) => others.length > 0);
  // Most orders never hear of another payment.
  if (!heard) return;
  for (const attempt of draft.order.attempts) {
    takeOverOwn(draft, attempt);
    askAboutDropped(draft, attempt);
  }
}

function takeOverOwn(draft: Draft, attempt: Attempt): void {
  const { order } = draft;
  const isOwn = (event: ProcessorEvent) => event.processor === attempt.processor && isOwnPayment(attempt, event);
  const told = order.aside?.filter(isOwn) ?? [];
  const named = attempt.others?.filter((name) => isNameOf(attempt, name)) ?? [];
  const names = [...named, ...namesToldElsewhere(order, attempt)];
  if (told.length === 0 && names.length === 0) return;
  if (told.length > 0) order.aside = order.aside?.filter((event) => !told.includes(event)) ?? [];
  if (named.length > 0) forgetOthers(attempt, named);
  answerWhose(draft, attempt, new Set([...names, ...told.map(nameOf)]));
  for (const event of told) believeOwn(draft, attempt, event);
}

function forgetOthers(attempt: Attempt, named: string[]): void {
  const { others = [], othersReserved } = attempt;
  attempt.others = others.filter((name) => !named.includes(name));
  if (othersReserved !== undefined) attempt.othersReserved = othersReserved.filter((name) => !named.includes(name));
}

/** It was told under another attempt at the processor, and stays none of that one's. */
function namesToldElsewhere({ attempts }: OrderState, attempt: Attempt): string[] {
  const others = attempts.filter((each) => each !== attempt && each.processor === attempt.processor);
  return others.flatMap((each) => each.others ?? []).filter((name) => isNameOf(attempt, name));
}

function isNameOf(attempt: Attempt, name: string): boolean {
  return isOwnPayment(attempt, { reference: name }) || isOwnPayment(attempt, { key: name });
}

/** Nobody has to say any more whose payment it is. */
function answerWhose(draft: Draft, attempt: Attempt, names: ReadonlySet<string>): void {
  const { order } = draft;
  const about = new Set([...names].map((name) => paymentNamed(attempt.processor, name)));
  const isAnswered = (review: Review) => review.code === 'event_unmatched' && about.has(review.about ?? '');
  if (!openReviews(order).some(isAnswered)) return;
  keepReviews(order, (review) => !isAnswered(review));
  tell(draft, 'review_answered', `The payment is attempt ${attempt.number}'s own: nobody has to decide any more`, {
    attempt,
  });
}

/** The payment of the notice that a person was asked about, by its names at the attempt's processor. */
export function paymentAskedAbout(
  { aside = [] }: OrderState,
  attempt: Attempt,
  answers: Review[],
): Partial<Pick<ProcessorEvent, 'reference' | 'key' | 'type'>> {
  const about = answers.find(isAboutNotice)?.about;
  const told = aside.find((event) => event.processor === attempt.processor && paymentOf(event) === about);
  if (told !== undefined) return told;
  // Nothing is kept of it (any more): its name is there.
  const reference = attempt.others?.find((name) => paymentNamed(attempt.processor, name) === about);
  return reference === undefined ? {} : { reference };
}

/**
 * Money left a payment that nobody knows, at a processor where an attempt took money under no name. It may be that one’s: nothing
 * counts before a person has said so, and they are asked once.
 */
export function askWhoseMoneyLeft(draft: Draft): void {
  const { order } = draft;
  for (const event of order.aside ?? []) {
    const about = paymentOf(event);
    if (!isMoneyThatLeft(event) || wasAskedAbout(order, event)) continue;
    const nameless = order.attempts.filter(
      (attempt) => attempt.processor === event.processor && mayBeNamedBy(attempt, event),
    );
    if (nameless.length === 0) continue;
    order.askedWhose = [...(order.askedWhose ?? []), about].slice(-REMEMBERED_NOTICES);
    const numbers = nameless.map(({ number }) => number).join(' or ');
    const text = `Money left a payment at ${event.processor} that nobody knows, and that of attempt ${numbers} has no name there: a person has to look`;
    askPerson(draft, 'event_unmatched', null, text, about);
  }
}

/** Also as a payment that was told of: what is put aside then stays aside. */
function wasAskedAbout({ aside = [], attempts, askedWhose = [] }: OrderState, event: ProcessorEvent): boolean {
  const about = paymentOf(event);
  if (askedWhose.includes(about) || aside.some((each) => tellsOfPayment(each) && paymentOf(each) === about))
    return true;
  return attempts.some((each) => each.processor === event.processor && each.others?.includes(nameOf(event)) === true);
}
