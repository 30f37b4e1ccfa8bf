import { namesOf } from '../cards.ts';
import type { CeilingReading } from '../decision.ts';
import type { OrderEvent } from '../events.ts';
import type { Instrument } from '../instrument.ts';
import type { OrderState } from '../order.ts';
import type { FailureClass, Instant } from '../terms.ts';

/** A card that an outcome forbade for every order of its merchant. */
export interface ForbiddenReading {
  /** Counting identity under which it was asked for. */
  identity: string;
  since: Instant;
  /** The order, and its attempt, whose outcome forbade it. */
  orderId: string;
  attempt: number;
  failureClass: FailureClass | null;
  /** Document and edition of the rule. */
  source: string;
}

/**
 * What the card ledger said of payment methods, for planning: one plain value that travels with the order. It may be old;
 * the claim's transaction counts anew and has the last word.
 */
export interface LedgerReading {
  ceilings: CeilingReading[];
  forbidden: ForbiddenReading[];
}

export const NOTHING_READ: LedgerReading = { ceilings: [], forbidden: [] };

/** The latest reading of each identity and ceiling, fresh ones last; what was forbidden once stays forbidden. */
export function latestReadings(known: LedgerReading, fresh: Partial<LedgerReading>): LedgerReading {
  const { ceilings = [], forbidden = [] } = fresh;
  if (ceilings.length === 0 && forbidden.length === 0) return known;
  const isFresh = ({ identity, name }: CeilingReading) =>
    ceilings.some((each) => each.identity === identity && each.name === name);
  return {
    ceilings: [...known.ceilings.filter((each) => !isFresh(each)), ...ceilings],
    forbidden: [
      ...known.forbidden,
      ...forbidden.filter(({ identity }) => !known.forbidden.some((each) => each.identity === identity)),
    ],
  };
}

/** What an event brings of the card ledger: the claim's and outcome's readings, or what a command's sender read. */
export function readingsIn(event: OrderEvent): Partial<LedgerReading> {
  switch (event.type) {
    case 'answered': {
      const { ceilings, forbidden } = event.result;
      return { ...(ceilings === undefined ? {} : { ceilings }), ...(forbidden === undefined ? {} : { forbidden }) };
    }
    case 'recovery_chosen':
    case 'retry_requested':
      return event.ledger ?? {};
    default:
      return {};
  }
}

/** The instrument with the mark of another order's outcome on it, or as it is. */
export function markedBy(forbidden: readonly ForbiddenReading[], instrument: Instrument): Instrument {
  if (instrument.forbidden !== undefined) return instrument;
  const names = namesOf(instrument);
  const mark = forbidden.find(({ identity }) => names.includes(identity));
  if (mark === undefined) return instrument;
  const { identity: _identity, ...forbids } = mark;
  return { ...instrument, forbidden: forbids };
}

/** The order as it would be with every mark on its payment methods: for who only asks. */
export function orderMarkedBy(forbidden: readonly ForbiddenReading[], order: OrderState): OrderState {
  if (forbidden.length === 0) return order;
  return { ...order, instruments: order.instruments.map((each) => markedBy(forbidden, each)) };
}
