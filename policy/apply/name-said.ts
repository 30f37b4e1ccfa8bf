import { askPerson, type Draft, tell } from '../draft.ts';
import { primaryOperation } from '../facts.ts';
import type { Attempt } from '../order.ts';
import { paymentNamed } from './aside.ts';

/**
 * A person said under which name the attempt's payment stands at its processor, and may have erred. The processor's own word,
 * under the key by which the attempt collects, is better, whenever it comes. The name that was said is then asked about: it may
 * be another payment of the same key.
 */
export function correctName(
  draft: Draft,
  attempt: Attempt,
  { reference, key }: { reference?: string | undefined; key?: string | undefined },
): void {
  const { nameSaid, processor, number } = attempt;
  if (nameSaid === undefined || reference === undefined || key !== primaryOperation(attempt)?.key) return;
  delete attempt.nameSaid;
  if (reference === nameSaid) return;
  for (const name of ['reference', 'tookAs', 'reservedAs'] as const) {
    if (attempt[name] === nameSaid) attempt[name] = reference;
  }
  const text = `${processor} knows the payment of attempt ${number} as ${reference}, and a person had said ${nameSaid}`;
  tell(draft, 'payment_named', text, { actor: 'processor', attempt });
  askPerson(draft, 'event_unmatched', attempt, `${text}: a person has to look`, paymentNamed(processor, nameSaid));
}
