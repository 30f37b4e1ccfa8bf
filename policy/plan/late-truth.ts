import { askPerson, type Draft, tell } from '../draft.ts';
import { hasMoney, moneyOf } from '../facts.ts';
import { amountText } from '../words.ts';

/**
 * The order was closed when something new came. True when the order stays closed (or a person has it).
 * A paid order is never flipped; money on an unpaid one is accepted, or held for a person until it is given back.
 */
export function lateTruth(draft: Draft): boolean {
  const { order } = draft;
  if (order.closed === null) return false;
  if (order.closed.stage === 'paid') {
    if (moneyOf(order).held > 0) holdSurplus(draft);
    return true;
  }
  if (!order.attempts.some((attempt) => hasMoney(attempt) && attempt.money.refunded < attempt.money.captured))
    return true;
  const { stage } = order.closed;
  if (stage !== 'cancelled' && draft.rule.onLateSuccess === 'accept') {
    tell(draft, 'late_success', `The money came after the order was ${stage}: it is accepted`);
    order.closed = null;
    return false;
  }
  holdSurplus(draft);
  order.closed = null;
  order.ending = null;
  return true;
}

function holdSurplus(draft: Draft): void {
  const { held, net } = moneyOf(draft.order);
  const minor = held > 0 ? held : net;
  const text = `${amountText({ ...draft.order.facts.amount, minor })} is held that the order must not keep: give it back`;
  askPerson(draft, 'surplus', null, text);
  draft.decided = text;
}
