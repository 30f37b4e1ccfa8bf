import type { ProcessorEvent } from '../answers.ts';
import { askPerson, type Draft, tell } from '../draft.ts';
import type { Attempt } from '../order.ts';

/**
 * One attempt, two payments. An attempt's money is one payment, known by the reference under which its processor first
 * told that it was taken. Told under another one, it is another payment: nobody's yet, never counted as this one, never silent.
 */

/** What a processor says of money that it took. `key`: of notices, the operation that they name. */
interface Told {
  reference?: string | undefined;
  key?: string | undefined;
}

/** Only what was taken is compared: a reservation, a page and a refund may have references of their own. */
export function isAnotherPayment(attempt: Attempt, { reference, key }: Told): boolean {
  if (attempt.money.captured === 0 || reference === undefined || isReferenceOf(attempt, reference)) return false;
  if (namesCapture(attempt, key)) return false;
  if (attempt.tookAs !== undefined) return true;
  // Nobody has named its money yet (a person's word, the answer to a capture): what names neither the attempt nor us does not.
  return namesAnother(attempt, { reference, key });
}

/** A capture takes what the attempt had reserved, whatever reference it has. (A charge may have been executed twice.) */
function namesCapture(attempt: Attempt, key: string | undefined): boolean {
  return attempt.operations.some((each) => each.operation === 'capture' && each.key !== '' && each.key === key);
}

/**
 * It names an operation that is none of the attempt's, and no payment that is. Whatever attempt number it carries, it neither
 * ends, proves nor pays that attempt.
 */
export function namesAnother(attempt: Attempt, { reference, key }: Told): boolean {
  if (key === undefined || isReferenceOf(attempt, reference)) return false;
  return attempt.operations.every((each) => each.key !== key);
}

/** Under which its processor knows the attempt's own payment. */
export function isReferenceOf(attempt: Attempt, reference: string | undefined): boolean {
  return reference !== undefined && (reference === attempt.reference || reference === attempt.tookAs);
}

/** Is it known under which reference its payment stands at the processor? That of a page is not the payment's. */
export function isPaymentNamed({ kind, reference, tookAs }: Attempt): boolean {
  return tookAs !== undefined || (kind === 'card' && reference !== null);
}

/** `source`: where this is known from. The same payment told again is no news. */
export function tellAnotherPayment(draft: Draft, attempt: Attempt, told: Told, source: string): void {
  const name = nameOf(told);
  if (attempt.others?.includes(name) === true) return;
  attempt.others = [...(attempt.others ?? []), name];
  const { processor, number, money } = attempt;
  const whose = money.captured > 0 ? 'which has its money' : 'by a key that is none of ours';
  const text = `${processor} tells of another payment under attempt ${number}, ${whose}`;
  tell(draft, 'event_parked', text, { actor: 'processor', attempt, evidence: `${source}, payment ${name}` });
  askPerson(draft, 'event_unmatched', attempt, `${text}: a person has to look`, `${processor} ${name}`);
}

/** What tells of no reference is known by its key. */
function nameOf({ reference, key = '' }: Told): string {
  return reference ?? key;
}

/** A notice about another payment that was told under this attempt: what becomes of that one says nothing of this one. */
export function isOfAnotherPayment({ others }: Attempt, told: Told): boolean {
  return others?.includes(nameOf(told)) === true;
}

export function keepAside(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  if (event.type === 'payment_succeeded') return;
  const text = `${event.processor} sent ${event.type} of another payment under attempt ${attempt.number}: not counted here`;
  const evidence = `${event.eventId}, payment ${nameOf(event)}`;
  tell(draft, 'event_kept', text, { actor: 'processor', attempt, evidence });
}
