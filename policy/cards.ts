import type { Instrument } from './instrument.ts';
import type { OrderState } from './order.ts';

/** Every name that a payment method is known by. */
export function namesOf({ identity, aliases = [] }: Instrument): string[] {
  return [identity, ...aliases];
}

/**
 * The order's payment methods that are the same card as this one, itself first. Names that came together once are one card
 * (decision 012), so two that share none may be the same by way of a third.
 */
export function ofOneCard({ instruments }: Pick<OrderState, 'instruments'>, instrument: Instrument): Instrument[] {
  const card = new Set([instrument]);
  // What is added meanwhile is looked at too.
  for (const known of card) {
    for (const each of instruments) if (sharesName(known, each)) card.add(each);
  }
  return [...card];
}

function sharesName(one: Instrument, other: Instrument): boolean {
  if (one.id === other.id) return true;
  const names = namesOf(other);
  return namesOf(one).some((name) => names.includes(name));
}

/** The payment method with further names of its card; the very same when none is new. */
export function alsoNamed(instrument: Instrument, names: readonly string[]): Instrument {
  const known = namesOf(instrument);
  const fresh = names.filter((name) => !known.includes(name));
  return fresh.length === 0 ? instrument : { ...instrument, aliases: [...(instrument.aliases ?? []), ...fresh] };
}
