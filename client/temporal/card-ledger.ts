/** What the card ledger says of payment methods, read before an order starts or a command that uses one is sent. */
import { ceilingsInForce, scaleCeilings } from '../../policy/ceilings/ceilings.ts';
import { type LedgerReading, NOTHING_READ } from '../../policy/ceilings/ledger.ts';
import type { Instrument } from '../../policy/instrument.ts';
import type { OrderState } from '../../policy/order.ts';
import { cardNamesOf, joinReadings } from '../../store/card-ledger.ts';
import { StoreUnavailable } from '../../store/errors.ts';
import type { Deployment, Store } from '../../store/store.ts';

export class CardLedger {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** With the store away nothing is read, and nothing is lost: the claim counts anew before anything is sent. */
  async read(
    { facts }: OrderState,
    instruments: Instrument[],
    { timeScale }: Pick<Deployment, 'timeScale'>,
  ): Promise<LedgerReading> {
    const now = new Date().toISOString();
    try {
      const cards = await this.#store.readCards({
        merchantId: facts.merchantId,
        cards: instruments.map(cardNamesOf),
        amountMinor: facts.amount.minor,
        currency: facts.amount.currency,
        ceilings: scaleCeilings(ceilingsInForce(now), timeScale),
        now,
      });
      return joinReadings(cards);
    } catch (error) {
      if (error instanceof StoreUnavailable) return NOTHING_READ;
      throw error;
    }
  }
}
