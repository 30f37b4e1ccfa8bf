import type { CeilingReading } from '../decision.ts';
import type { Instant } from '../terms.ts';
import { CEILINGS, type Ceiling } from './rows.ts';

export type { Ceiling } from './rows.ts';

/** What was counted of a card under one ceiling, as the card ledger answers. */
export interface CeilingCount {
  name: string;
  used: number;
  /** When the count falls below the limit again if nothing is added; below it, when the oldest leaves the window. */
  windowEndsAt: Instant;
}

/** The ceilings of every network at a time: of each name the newest edition that is in force. */
export function ceilingsInForce(at: Instant, rows: readonly Ceiling[] = CEILINGS): Ceiling[] {
  const byName = new Map<string, Ceiling>();
  for (const row of rows) {
    if (Date.parse(row.from) > Date.parse(at)) continue;
    const known = byName.get(row.name);
    if (known === undefined || Date.parse(known.from) < Date.parse(row.from)) byName.set(row.name, row);
  }
  return [...byName.values()];
}

export function ceilingsOf(network: string | null | undefined, ceilings: readonly Ceiling[]): Ceiling[] {
  return ceilings.filter((each) => each.network === network?.toLowerCase());
}

/** Test mode divides windows. Rounded up: never shorter than what the scale makes of it. */
export function scaleCeilings(ceilings: readonly Ceiling[], scale: number): Ceiling[] {
  return ceilings.map((each) => ({ ...each, windowMs: Math.max(1, Math.ceil(each.windowMs / scale)) }));
}

/** What the ledger counted, with the limit and the document that sets it; counts of ceilings that we don't know are dropped. */
export function readingsOf(
  identity: string,
  counts: readonly CeilingCount[],
  ceilings: readonly Ceiling[],
): CeilingReading[] {
  return counts.flatMap(({ name, used, windowEndsAt }) => {
    const ceiling = ceilings.find((each) => each.name === name);
    if (ceiling === undefined) return [];
    const { limit, document, edition } = ceiling;
    return [{ identity, name, used, limit, windowEndsAt, document, edition }];
  });
}

/** No further attempt fits at this time. A window that has ended holds nobody back; the claim counts anew. */
export function isReached(reading: CeilingReading, nowMs: number): boolean {
  return reading.used >= reading.limit && Date.parse(reading.windowEndsAt) > nowMs;
}

/** `mastercard declines in 24 hours: 10 of 10 used until 2026-11-23T10:00:00.000Z`. */
export function ceilingText({ name, used, limit, windowEndsAt }: CeilingReading): string {
  return `${name}: ${used} of ${limit} used${used < limit ? '' : ` until ${windowEndsAt}`}`;
}
