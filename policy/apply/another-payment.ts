import type { ProcessorEvent } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import { hasMoney } from '../facts.ts';
import type { Attempt } from '../order.ts';
import { paymentNamed, remember, tellsOfPayment } from './aside.ts';

/**
 * One attempt, two payments. An attempt's money is one payment, known by the reference under which its processor first
 * told that it was taken. Told under another one, it is another payment: nobody's yet, never counted as this one, never silent.
 */

/** What a processor says of money that it took. `key`: of notices, the operation that they name. */
interface Told {
  reference?: string | undefined;
  key?: string | undefined;
  /** It is only reserved. */
  authorizedOnly?: boolean | undefined;
}

/** Only what was taken is compared: a page and a refund may have references of their own, and a charge one for what it reserves. */
export function isAnotherPayment(attempt: Attempt, { reference, key }: Told): boolean {
  if (attempt.money.captured === 0 || reference === undefined || isReferenceOf(attempt, reference)) return false;
  if (namesCapture(attempt, { reference, key })) return false;
  if (attempt.tookAs !== undefined) return true;
  // Nobody has named its money yet (a person's word, the answer to a capture): what names neither the attempt nor us does not.
  return namesAnother(attempt, { reference, key });
}

/** It reserved the amount once more, for another payment than the one that the attempt has reserved. */
export function isAnotherReservation(attempt: Attempt, { reference, authorizedOnly }: Told): boolean {
  if (authorizedOnly !== true || attempt.money.authorized === 0 || attempt.reservedAs === undefined) return false;
  return reference !== undefined && !isReferenceOf(attempt, reference);
}

/** It is closed, and it is not the payment that the attempt has or has reserved. What closes that may have a reference of its own. */
export function closesAnother(attempt: Attempt, { type, reference, key }: ProcessorEvent): boolean {
  const { money, tookAs, reservedAs, operations } = attempt;
  const isNamed = (tookAs ?? reservedAs) !== undefined && money.captured + money.authorized > 0;
  if (type !== 'payment_cancelled' || !isNamed || reference === undefined) return false;
  return !isReferenceOf(attempt, reference) && !operations.slice(1).some((each) => each.key !== '' && each.key === key);
}

/**
 * A capture takes what the attempt had reserved, whatever reference it has, unless that is known as another payment's. (A charge
 * may have been executed twice.)
 */
function namesCapture({ operations, others = [] }: Attempt, { reference = '', key }: Told): boolean {
  if (others.includes(reference)) return false;
  return operations.some((each) => each.operation === 'capture' && each.key !== '' && each.key === key);
}

/**
 * It names an operation that is none of the attempt's, and no payment that is. Whatever attempt number it carries, it neither
 * ends, proves nor pays that attempt.
 */
export function namesAnother(attempt: Attempt, { reference, key }: Told): boolean {
  if (key === undefined || key === attempt.tookUnder || isReferenceOf(attempt, reference)) return false;
  return !isKeyOf(attempt, key);
}

function isKeyOf(attempt: Attempt, key: string): boolean {
  return attempt.operations.some((each) => each.key === key);
}

/** Under which its processor knows the attempt's own payment. */
export function isReferenceOf(attempt: Names, reference: string | undefined): boolean {
  if (reference === undefined) return false;
  return reference === attempt.reference || reference === attempt.tookAs || reference === attempt.reservedAs;
}

type Names = Pick<Attempt, 'reference' | 'tookAs' | 'reservedAs'>;

/** By its name alone: whatever was believed of it before, this payment is the attempt's. */
export function isOwnPayment(attempt: Attempt, { reference, key }: Told): boolean {
  if (reference !== undefined) return isReferenceOf(attempt, reference);
  return key !== undefined && key === attempt.tookUnder;
}

/** Is it known under which reference its payment stands at the processor? That of a page is not the payment's. */
export function isPaymentNamed({ kind, reference, tookAs }: Attempt): boolean {
  return tookAs !== undefined || (kind === 'card' && reference !== null);
}

/**
 * It took money, and its processor has not told under which name: what is told under a name that nobody knows may be about it.
 * `told`: under which.
 */
export function mayBeNamedBy(attempt: Attempt, { reference, key }: Told): boolean {
  if (!hasMoney(attempt) || isPaymentNamed(attempt)) return false;
  return reference !== undefined || (key !== undefined && attempt.tookUnder === undefined);
}

/** `source`: where this is known from. The same payment told again is no news, unless money was only reserved before. */
export function tellAnotherPayment(draft: Draft, attempt: Attempt, told: Told, source: string): void {
  const name = nameOf(told);
  const { processor, number, others = [], othersReserved = [] } = attempt;
  const took = told.authorizedOnly !== true && othersReserved.includes(name);
  if (others.includes(name) && !took) return;
  if (!took) attempt.others = [...others, name];
  if (took) attempt.othersReserved = othersReserved.filter((each) => each !== name);
  else if (told.authorizedOnly === true) attempt.othersReserved = [...othersReserved, name];
  const text = took
    ? `${processor} took the money of another payment under attempt ${number}, which was only reserved before`
    : `${processor} tells of another payment under attempt ${number}, ${whose(attempt, told)}`;
  tell(draft, 'event_parked', text, { actor: 'processor', attempt, evidence: `${source}, payment ${name}` });
  askPerson(draft, 'event_unmatched', attempt, `${text}: a person has to look`, paymentNamed(processor, name));
}

/**
 * Another payment than the one that was reserved was taken: what the attempt had reserved before is another payment's from then
 * on, and a person's. Nothing voids it by itself: whether the other one pays the order, only that person knows.
 */
export function giveUpReservation(draft: Draft, attempt: Attempt, source: string): void {
  const { tookAs, reservedAs, others = [], money } = attempt;
  if (tookAs === undefined || reservedAs === undefined || tookAs === reservedAs) return;
  const isToldAside = (draft.order.aside ?? []).some(
    (each) => each.processor === attempt.processor && each.reference === tookAs && tellsOfPayment(each),
  );
  if (!others.includes(tookAs) && !isToldAside) return;
  attempt.reference = tookAs;
  attempt.reservedAs = tookAs;
  if (money.voided === 0) tellAnotherPayment(draft, attempt, { reference: reservedAs, authorizedOnly: true }, source);
}

function whose(attempt: Attempt, told: Told): string {
  if (attempt.money.captured > 0) return 'which has its money';
  return isAnotherReservation(attempt, told) ? 'which has its reservation' : 'by a key that is none of ours';
}

/** What tells of no reference is known by its key. */
export function nameOf({ reference, key = '' }: Told): string {
  return reference ?? key;
}

/**
 * A notice about another payment that was told under this attempt: what becomes of that one says nothing of this one. Our own
 * key says that it is this one after all, unless this one has another name.
 */
export function isOfAnotherPayment(attempt: Attempt, told: Told): boolean {
  if (attempt.others?.includes(nameOf(told)) !== true || isOwnPayment(attempt, told)) return false;
  return told.key === undefined || !isKeyOf(attempt, told.key) || isAnotherPayment(attempt, told);
}

/** A notice that money of another payment was taken or reserved, or went back. */
export function parkAnotherPayment(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  remember(draft, event);
  tellAnotherPayment(draft, attempt, toldBy(event), event.eventId);
}

export function toldBy({ reference, key, type }: ProcessorEvent): Told {
  return { reference, key, authorizedOnly: type === 'payment_authorized' };
}

export function keepAside(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  if (event.type === 'payment_succeeded') return parkAnotherPayment(draft, attempt, event);
  if (event.type === 'payment_authorized' && attempt.othersReserved?.includes(nameOf(event)) === true) return;
  remember(draft, event);
  const text = `${event.processor} sent ${event.type} of another payment under attempt ${attempt.number}: not counted here`;
  const evidence = `${event.eventId}, payment ${nameOf(event)}`;
  tell(draft, 'event_kept', text, { actor: 'processor', attempt, evidence });
}
