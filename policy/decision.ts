import type { ForbiddenReading } from './ceilings/ledger.ts';
import type { Explanation, MerchantEvent, OrderEvent, SendCommand, TimelineEntry } from './events.ts';
import type { OrderState } from './order.ts';
import type { Rulebook } from './rulebook.ts';
import type { ProcessorHealth, Sheet } from './sheet.ts';
import type { Instant } from './terms.ts';

/** What was read from the card ledger for an instrument, for planning; the claim's transaction has the last word. */
export interface CeilingReading {
  /** Counting identity of the instrument. */
  identity: string;
  /** Which ceiling: `mastercard declines in 24 hours`. */
  name: string;
  /** Attempts in the window that count, and the limit. */
  used: number;
  limit: number;
  windowEndsAt: Instant;
  document: string;
  edition: string;
}

/** What was read of the world for a decision, and may be other the next time. */
export interface Readings {
  ceilings: CeilingReading[];
  /** Cards that other orders' outcomes forbade; decided on like this order's own. */
  forbidden?: ForbiddenReading[];
  health: ProcessorHealth[];
}

/** All that a decision rests on beside the order, the event and the clock. */
export interface Basis extends Readings {
  rulebook: Rulebook;
  sheets: Sheet[];
}

export interface DecideInput extends Basis {
  order: OrderState;
  event: OrderEvent;
  now: Instant;
  /** More messages wait: write this one down, and plan when the last of them is known. */
  moreToCome?: boolean;
}

export interface Decision {
  order: OrderState;
  /** At most one operation at a time: the workflow answers with an `answered` event. */
  command: SendCommand | null;
  /** When to call `decide` with a `clock` event if nothing else happens, and why. */
  wake: { at: Instant; summary: string } | null;
  entries: TimelineEntry[];
  events: MerchantEvent[];
  explanation: Explanation | null;
}
