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
  if (attempt.money.captured === 0 || reference === undefined) return false;
  if (attempt.tookAs !== undefined) return reference !== attempt.tookAs;
  // Nobody has named its money yet (a person's word, the answer to a capture): what names neither the attempt nor us does not.
  return namesAnother(attempt, { reference, key });
}

/** It names an operation that is none of the attempt's, and no payment that is. */
export function namesAnother(attempt: Attempt, { reference, key }: Told): boolean {
  return key !== undefined && reference !== attempt.reference && attempt.operations.every((each) => each.key !== key);
}

/** `source`: where this is known from. The same payment told again is no news. */
export function tellAnotherPayment(draft: Draft, attempt: Attempt, { reference = '' }: Told, source: string): void {
  if (attempt.others?.includes(reference) === true) return;
  attempt.others = [...(attempt.others ?? []), reference];
  const { processor, number } = attempt;
  const text = `${processor} tells of another payment under attempt ${number}, which has its money`;
  tell(draft, 'event_parked', text, { actor: 'processor', attempt, evidence: `${source}, payment ${reference}` });
  askPerson(draft, 'event_unmatched', attempt, `${text}: a person has to look`, `${processor} ${reference}`);
}

/** A notice about another payment that was told under this attempt: what becomes of that one says nothing of this one. */
export function isOfAnotherPayment({ others }: Attempt, { reference }: ProcessorEvent): boolean {
  return reference !== undefined && others?.includes(reference) === true;
}

export function keepAside(draft: Draft, attempt: Attempt, event: ProcessorEvent): void {
  if (event.type === 'payment_succeeded') return;
  const text = `${event.processor} sent ${event.type} of another payment under attempt ${attempt.number}: not counted here`;
  const evidence = `${event.eventId}, payment ${event.reference}`;
  tell(draft, 'event_kept', text, { actor: 'processor', attempt, evidence });
}
