import type { OperationResult } from '../answers.ts';
import { alsoNamed } from '../cards.ts';
import { ceilingText, isReached } from '../ceilings/ceilings.ts';
import { type Draft, tell } from '../draft.ts';
import type { Attempt } from '../order.ts';

/** What a processor tried by itself stands beside ours: it counts to the same ceilings. */
export function tellNativeTries(draft: Draft, attempt: Attempt, { nativeTries = [] }: OperationResult): void {
  if (nativeTries.length === 0) return;
  const times = nativeTries.length === 1 ? 'one try' : `${nativeTries.length} tries`;
  const text = `${attempt.processor} made ${times} by itself: they count to the ceilings too`;
  tell(draft, 'native_tries', text, { actor: 'processor', attempt });
}

/** The processor knows the card by further names: whoever comes with one of them comes with this card. */
export function learnNames({ order }: Draft, { instrumentId }: Attempt, names: readonly string[] = []): void {
  order.instruments = order.instruments.map((each) => (each.id === instrumentId ? alsoNamed(each, names) : each));
}

/** Planning had room, or knew no better: in the meantime other orders used it up. The claim has the last word. */
export function tellRefusedCard(
  draft: Draft,
  attempt: Attempt,
  { claim, ceilings = [], forbidden = [] }: OperationResult,
): void {
  const [mark] = forbidden;
  const reached = ceilings.find((each) => isReached(each, draft.nowMs)) ?? ceilings[0];
  const told =
    claim === 'forbidden' && mark !== undefined
      ? { why: `order ${mark.orderId} was declined with it for good`, source: mark.source }
      : reached === undefined
        ? { why: 'a ceiling is reached', source: claim }
        : { why: ceilingText(reached), source: `${reached.document} (${reached.edition})` };
  tell(draft, 'attempt_refused', `Attempt ${attempt.number} was not sent: ${told.why}`, {
    attempt,
    evidence: told.source,
  });
}
