import type { ProcessorEvent } from '../answers.ts';
import { type Draft, tell } from '../draft.ts';
import { netOf, primaryOperation } from '../facts.ts';
import type { Attempt, MoneyFact } from '../order.ts';
import { minorText } from '../words.ts';

/**
 * Money that went back. It is told of in any order, more than once, by notices, by our own refunds and by lookups; each
 * counts once. Notices and refunds are counted by their id, a lookup gives totals, and the higher of both is believed:
 * neither takes back what the other has seen.
 */

/** The attempt took the money. Counted from the first moment that anybody told us. `as`: the payment's reference, where told. */
export function takeMoney(draft: Draft, attempt: Attempt, minor: number, as?: string): void {
  attempt.money.captured = minor;
  if (as !== undefined) attempt.tookAs = as;
  attempt.tookAt ??= draft.now;
}

/** Counts one refund, return or dispute; false when it was counted before. */
export function countOnce(attempt: Attempt, fact: MoneyFact, id: string, minor: number): boolean {
  const told = attempt.moneyTold ?? [];
  if (told.some((each) => each.fact === fact && each.id === id)) return false;
  attempt.moneyTold = [...told, { fact, id, minor }];
  recount(attempt);
  return true;
}

/** The processor's own totals, from a lookup or a notice that carries them. */
export function countTotals(attempt: Attempt, totals: Partial<Record<MoneyFact, number>>): void {
  const seen = attempt.moneySeen ?? {};
  const higher = { ...seen };
  for (const fact of FACTS) {
    const total = totals[fact] ?? 0;
    if (total > (seen[fact] ?? 0)) higher[fact] = total;
  }
  attempt.moneySeen = higher;
  recount(attempt);
}

/** A refund has failed: if it was counted, its money is here again, and a late notice of its success counts no more. */
export function uncountRefund(attempt: Attempt, id: string): void {
  const told = attempt.moneyTold ?? [];
  const counted = told.some((each) => each.fact === 'refunded' && each.id === id && each.minor > 0);
  const others = told.filter((each) => each.fact !== 'refunded' || each.id !== id);
  attempt.moneyTold = [...others, { fact: 'refunded', id, minor: 0 }];
  if (counted) {
    // Totals from before this news count the failed refund too.
    const { refunded: _refunded, ...seen } = attempt.moneySeen ?? {};
    attempt.moneySeen = seen;
  }
  recount(attempt);
}

const FACTS = ['refunded', 'returned', 'disputed'] as const satisfies MoneyFact[];

function recount(attempt: Attempt): void {
  for (const fact of FACTS) {
    const told = (attempt.moneyTold ?? []).filter((each) => each.fact === fact);
    const sum = told.reduce((total, { minor }) => total + minor, 0);
    attempt.money[fact] = Math.max(sum, attempt.moneySeen?.[fact] ?? 0);
  }
}

/** By the refund's own key where the notice has it, so that its failure takes back this very one. */
export function refundId(attempt: Attempt, event: ProcessorEvent, fact: MoneyFact = 'refunded'): string {
  const { key, eventId } = event;
  return fact !== 'refunded' || key === undefined || key === primaryOperation(attempt)?.key ? eventId : key;
}

/** A notice of money that went back without us: by hand at the processor, by the bank, by the cardholder. */
export function believeMoneyFact(draft: Draft, attempt: Attempt, event: ProcessorEvent, fact: MoneyFact): void {
  const before = attempt.money[fact];
  // A notice without an amount is about all of it.
  const minor = event.amountMinor ?? Math.max(0, netOf(attempt.money));
  if (event.total === true) countTotals(attempt, { [fact]: minor });
  else countOnce(attempt, fact, refundId(attempt, event, fact), minor);
  const more = attempt.money[fact] - before;
  if (more <= 0) return;
  const cause = `${event.processor} ${event.eventId}`;
  draft.events.push({ type: `order.${fact}`, at: draft.now, attempt: attempt.number, cause });
  tell(draft, fact, `${minorText(draft.order, more)} ${fact} at ${event.processor}`, {
    actor: 'processor',
    attempt,
    evidence: event.eventId,
  });
}
