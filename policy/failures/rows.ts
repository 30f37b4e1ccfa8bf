import type { FailureClass } from '../terms.ts';

/**
 * One line of a failure table: what a code means for us, and which public document says so. Tables are data, so that
 * a processor is added or a network's rule renewed without touching code.
 */
export interface FailureRow {
  /** Who speaks: a processor's API (`simulator`, `stripe` …), a network (`visa`), or `transport`. */
  source: string;
  /** As it is on the wire, case included. */
  code: string;
  /** Only for cards of this network. Lower case. */
  network?: string;
  /** Only for issuers of this region. Lower case: `europe`, `cemea`, `ap`, `lac`, `us`, `canada`. */
  region?: string;
  /** `null`: the code informs and neither allows nor forbids anything (Mastercard 40, 41, 43). */
  class: FailureClass | null;
  /** No attempt that we submit may use this instrument again (I4). */
  forbidsInstrument?: true;
  /** Exact wait before the next try, in milliseconds. */
  retryAfterMs?: number;
  document: string;
  /** Date or version of the document. */
  edition: string;
  /** `primary`: the code's owner wrote the document. `secondary`: somebody who relays it. */
  evidence: 'primary' | 'secondary';
  /** What the code says, in the document's sense. */
  note: string;
}

export interface RowScope {
  network?: string | undefined;
  region?: string | undefined;
}

export interface FailureTables {
  rows: readonly FailureRow[];
  sources: ReadonlySet<string>;
  byKey: ReadonlyMap<string, FailureRow>;
}

/** (source, network, code, region) is the identity of a row: the same digits mean different things elsewhere. */
export function rowKey(source: string, code: string, scope: RowScope): string {
  return JSON.stringify([source, code, scope.network ?? null, scope.region ?? null]);
}

export function buildTables(rows: readonly FailureRow[]): FailureTables {
  const byKey = new Map<string, FailureRow>();
  for (const row of rows) byKey.set(rowKey(row.source, row.code, row), row);
  return { rows, sources: new Set(rows.map((row) => row.source)), byKey };
}

/** The most particular row that applies: network and region, then network, then region, then neither. */
export function findRow(tables: FailureTables, source: string, code: string, scope: RowScope): FailureRow | undefined {
  const network = scope.network?.toLowerCase();
  const region = scope.region?.toLowerCase();
  return (
    tables.byKey.get(rowKey(source, code, { network, region })) ??
    tables.byKey.get(rowKey(source, code, { network })) ??
    tables.byKey.get(rowKey(source, code, { region })) ??
    tables.byKey.get(rowKey(source, code, {}))
  );
}
