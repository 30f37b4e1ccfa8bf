import type { Ceiling } from '../../policy/ceilings/ceilings.ts';
import type { CountedCard } from '../../store/card-ledger.ts';
import type { ClaimInput, Store } from '../../store/store.ts';
import { claim, NOW, newOrder } from './world.ts';

export const HOUR_MS = 3_600_000;

/** Small ceilings of pretend networks, so that a test reaches their edge in few steps. */
export function ceiling(over: Partial<Ceiling> = {}): Ceiling {
  return {
    network: 'testnet',
    name: 'testnet declines in an hour',
    counts: 'declines',
    sameAmount: false,
    limit: 3,
    windowMs: HOUR_MS,
    from: '2020-01-01T00:00:00.000Z',
    document: 'a test',
    edition: '2020-01-01',
    evidence: 'primary',
    note: 'for tests',
    ...over,
  };
}

let cards = 0;
/** A card that no other test uses. */
export function newCard(over: Partial<CountedCard> = {}): CountedCard {
  cards += 1;
  return {
    identity: `par:card-${cards}`,
    identityFrom: 'par',
    aliases: [],
    network: 'testnet',
    startedBy: 'rule',
    ...over,
  };
}

/** The first claim of a new order with this card. */
export function cardClaim(card: CountedCard, over: Partial<ClaimInput> = {}): ClaimInput {
  return claim(newOrder(), { card, ceilings: [ceiling()], ...over });
}

export function at(ms: number): string {
  return new Date(Date.parse(NOW) + ms).toISOString();
}

export async function triesOf(store: Store, card: CountedCard): Promise<string[]> {
  return (await store.listCardTries('default', card.identity)).map(({ state }) => state);
}
