/** What goes in and out of the card ledger: who a card is, what a try counts as, how a card stands. */
import type { Ceiling } from '../policy/ceilings/ceilings.ts';
import type { LedgerReading } from '../policy/ceilings/ledger.ts';
import type { IdentitySource, Instrument } from '../policy/instrument.ts';
import type { Instant, StartedBy } from '../policy/terms.ts';

/** A card by all its names: two that share one are the same card. */
export interface CardNames {
  identity: string;
  aliases: string[];
  /** As the caller said; what a processor reported wins. */
  network: string | null;
}

export interface CountedCard extends CardNames {
  identityFrom: IdentitySource;
  startedBy: StartedBy;
}

export interface ReadCardsInput {
  merchantId: string;
  cards: CardNames[];
  amountMinor: number;
  currency: string;
  ceilings: Ceiling[];
  now: Instant;
}

/** How a card stands under the identity that it was asked for by. */
export interface CardReading extends LedgerReading {
  identity: string;
  network: string | null;
}

/** One line of the card ledger. */
export interface CardTry {
  orderId: string;
  attempt: number;
  key: string;
  processor: string;
  identity: string;
  /** `processor`: a try on its own page, where it names the card. */
  identityFrom: IdentitySource | 'processor';
  network: string | null;
  amountMinor: number;
  currency: string;
  /** `processor`: by itself, under the same key. `page`: the buyer on a processor's own page, which nobody of us submits. */
  startedBy: StartedBy | 'processor' | 'page';
  /** `reserved`: under way or unknown; `released`: proved that nothing was executed. */
  state: 'reserved' | 'declined' | 'succeeded' | 'released';
  countedAt: Instant;
}

/** By what the card ledger knows an instrument. */
export function cardNamesOf({ identity, aliases = [], network }: Instrument): CardNames {
  return { identity, aliases, network: network ?? null };
}

/** The readings of several cards as the one value that planning takes; ceilings of which nothing is used are left out. */
export function joinReadings(cards: readonly CardReading[]): LedgerReading {
  return {
    ceilings: cards.flatMap(({ ceilings }) => ceilings.filter(({ used }) => used > 0)),
    forbidden: cards.flatMap(({ forbidden }) => forbidden),
  };
}
