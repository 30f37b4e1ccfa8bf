import type { LedgerEntry } from './simulator-control.ts';

/** Money that one request of ours made move, and how long it stayed moved. Instants in ms. */
export interface Taking {
  processor: string;
  key: string;
  fromMs: number;
  /** When it was voided or refunded in full; `null`: it still is. */
  untilMs: number | null;
}

const STARTS: ReadonlySet<string> = new Set(['charge', 'authorize', 'open_hosted', 'open_invoice']);

export function isStart(entry: LedgerEntry): boolean {
  return STARTS.has(entry.operation);
}

/** Captured and not refunded, minor units. */
export function netCaptured(entries: LedgerEntry[]): number {
  return capturedOf(entries) - refundedOf(entries);
}

export function capturedOf(entries: LedgerEntry[]): number {
  return sum(entries.filter(({ effect }) => effect === 'captured'));
}

export function refundedOf(entries: LedgerEntry[]): number {
  return sum(entries.filter(({ effect }) => effect === 'refunded'));
}

/** What is reserved: authorized, neither captured nor voided. */
export function reservedOf(entries: LedgerEntry[]): number {
  return sum(entries.filter((entry) => entry.effect === 'authorized' && actionOn(entries, entry) === undefined));
}

function actionOn(entries: LedgerEntry[], entry: LedgerEntry): LedgerEntry | undefined {
  return entries.find(
    (other) =>
      other !== entry &&
      other.reference === entry.reference &&
      other.processor === entry.processor &&
      (other.effect === 'voided' || (other.effect === 'captured' && other.operation === 'capture')),
  );
}

function sum(entries: LedgerEntry[]): number {
  return entries.reduce((total, { amountMinor }) => total + amountMinor, 0);
}

/** Each payment or reservation that took place, with its beginning and end. */
export function takings(entries: LedgerEntry[]): Taking[] {
  return entries
    .filter((entry) => isStart(entry) && (entry.effect === 'captured' || entry.effect === 'authorized'))
    .map((entry) => ({
      processor: entry.processor,
      key: entry.key,
      fromMs: Date.parse(entry.at),
      untilMs: endOf(entries, entry),
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

function endOf(entries: LedgerEntry[], start: LedgerEntry): number | null {
  const back = entries.filter(
    (each) =>
      each.reference === start.reference &&
      each.processor === start.processor &&
      (each.effect === 'voided' || each.effect === 'refunded'),
  );
  const returned = back.some(({ effect }) => effect === 'voided') || sum(back) >= start.amountMinor;
  return back.length > 0 && returned ? Math.max(...back.map(({ at }) => Date.parse(at))) : null;
}

/** Stretches in which more than one taking of the order stood at the same time. */
export function surplusStretches(entries: LedgerEntry[], nowMs: number): { fromMs: number; untilMs: number }[] {
  const all = takings(entries);
  const stretches: { fromMs: number; untilMs: number }[] = [];
  for (const [index, later] of all.entries()) {
    const ends = all
      .slice(0, index)
      .map((earlier) => Math.min(earlier.untilMs ?? nowMs, later.untilMs ?? nowMs))
      .filter((untilMs) => untilMs > later.fromMs);
    if (ends.length > 0) stretches.push({ fromMs: later.fromMs, untilMs: Math.max(...ends) });
  }
  return stretches;
}
