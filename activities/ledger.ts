import type { OperationResult } from '../policy/answers.ts';
import { type Ceiling, ceilingsInForce, scaleCeilings } from '../policy/ceilings/ceilings.ts';
import type { LedgerReading } from '../policy/ceilings/ledger.ts';
import type { OrderState } from '../policy/order.ts';
import { type CardReading, cardNamesOf, joinReadings } from '../store/card-ledger.ts';
import type { ClaimAnswer } from '../store/store.ts';
import type { ActivityContext } from './context.ts';

/** Every network's ceilings as they are in force now, windows divided in test mode. */
export function ceilingsNow({ nowMs, timeScale }: Pick<ActivityContext, 'nowMs' | 'timeScale'>): Ceiling[] {
  return scaleCeilings(ceilingsInForce(new Date(nowMs()).toISOString()), timeScale);
}

/** How an order's payment methods stand, for a run that starts from the store. */
export async function readLedger(context: ActivityContext, { facts, instruments }: OrderState): Promise<LedgerReading> {
  const cards = await context.store.readCards({
    merchantId: facts.merchantId,
    cards: instruments.map(cardNamesOf),
    amountMinor: facts.amount.minor,
    currency: facts.amount.currency,
    ceilings: ceilingsNow(context),
    now: new Date(context.nowMs()).toISOString(),
  });
  return joinReadings(cards);
}

/** How a card stands, as an answer carries it. */
export function readingOf({ ceilings, forbidden }: CardReading): Pick<OperationResult, 'ceilings' | 'forbidden'> {
  return { ...(ceilings.length === 0 ? {} : { ceilings }), ...(forbidden.length === 0 ? {} : { forbidden }) };
}

/**
 * How the card stands after this answer, told from its claim's reading: what was proved not to be executed gives its place
 * back. Not read again, because the decision on the answer is written in the commit of the answer itself.
 */
export function readingsAfter(
  claim: ClaimAnswer,
  { outcome, provedNotExecuted }: OperationResult,
): Pick<OperationResult, 'ceilings' | 'forbidden'> {
  if (!('card' in claim) || claim.card === undefined) return {};
  const { ceilings } = claim.card;
  const released = claim.kind === 'granted' && outcome === 'not_executed' && provedNotExecuted;
  return readingOf({
    ...claim.card,
    ceilings: released ? ceilings.map((each) => ({ ...each, used: Math.max(0, each.used - 1) })) : ceilings,
  });
}
