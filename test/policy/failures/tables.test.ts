import { describe, expect, it } from 'vitest';
import { buildTables, findRow, rowKey } from '../../../policy/failures/rows.ts';
import { FAILURE_TABLES } from '../../../policy/failures/tables.ts';

const rowsOf = (source: string) => FAILURE_TABLES.rows.filter((row) => row.source === source);
const codesOf = (source: string, keep: (note: string) => boolean) => [
  ...new Set(rowsOf(source).flatMap((row) => (keep(row.note) ? [row.code] : []))),
];

describe('the failure tables', () => {
  it('name a document, an edition and a note in every row', () => {
    const unsourced = FAILURE_TABLES.rows.filter((row) => !row.document || !/^\d/.test(row.edition) || !row.note);
    expect(unsourced).toEqual([]);
  });

  it('have one row for a source, network, code and region', () => {
    const keys = FAILURE_TABLES.rows.map((row) => rowKey(row.source, row.code, row));
    expect(keys).toHaveLength(new Set(keys).size);
  });

  it('say networks and regions in lower case, as they are looked up', () => {
    const words = FAILURE_TABLES.rows.flatMap((row) => [row.network, row.region]).filter((word) => word !== undefined);
    expect(words).toEqual(words.map((word) => word.toLowerCase()));
  });

  it('forbid the instrument in every row of a class that forbids it, and in no other', () => {
    const wrong = FAILURE_TABLES.rows.filter(
      (row) => (row.class === 'hard_decline' || row.class === 'blocked_for_good') !== (row.forbidsInstrument === true),
    );
    expect(wrong).toEqual([]);
  });

  it('take the most particular row', () => {
    const base = { source: 's', code: '1', document: 'd', edition: '1', evidence: 'primary', note: 'n' } as const;
    const tables = buildTables([
      { ...base, class: 'soft_decline' },
      { ...base, class: 'hard_decline', network: 'visa' },
      { ...base, class: 'authentication_required', region: 'europe' },
      { ...base, class: 'blocked', network: 'visa', region: 'europe' },
    ]);
    const classOf = (network?: string, region?: string) => findRow(tables, 's', '1', { network, region })?.class;
    expect(classOf()).toBe('soft_decline');
    expect(classOf('Visa')).toBe('hard_decline');
    expect(classOf('amex', 'Europe')).toBe('authentication_required');
    expect(classOf('visa', 'europe')).toBe('blocked');
    expect(classOf('amex', 'ap')).toBe('soft_decline');
  });
});

describe('the Visa table', () => {
  it('forbids exactly the codes of category 1 of the edition of 18 April 2026', () => {
    const forbidden = rowsOf('visa').flatMap((row) => (row.forbidsInstrument ? [row.code] : []));
    expect(forbidden.sort()).toEqual(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3']);
    expect(codesOf('visa', (note) => note.startsWith('Category 1:')).sort()).toEqual(forbidden);
  });

  it('keeps 03, 62, 78, 93 in category 2 since 2021 and 83 since July 2026', () => {
    const category2 = codesOf('visa', (note) => note.startsWith('Category 2:'));
    expect(category2).toEqual(expect.arrayContaining(['03', '62', '78', '93', '83']));
  });

  it('knows that 1A and 70 are data quality in Europe and CEMEA and generic elsewhere', () => {
    for (const code of ['1A', '70']) {
      expect(findRow(FAILURE_TABLES, 'visa', code, { region: 'europe' })?.note).toMatch(/^Category 3/);
      expect(findRow(FAILURE_TABLES, 'visa', code, { region: 'cemea' })?.note).toMatch(/^Category 3/);
      expect(findRow(FAILURE_TABLES, 'visa', code, {})?.note).toMatch(/^Category 4/);
    }
  });
});

describe('the Mastercard advice table', () => {
  it('waits exactly as long as advice 24 to 30 says', () => {
    const waits = rowsOf('mastercard_mac').flatMap((row) =>
      row.retryAfterMs === undefined ? [] : [[row.code, row.retryAfterMs / 3_600_000]],
    );
    expect(Object.fromEntries(waits)).toEqual({ 24: 1, 25: 24, 26: 48, 27: 96, 28: 144, 29: 192, 30: 240 });
  });

  it('forbids after 03 and 21, and takes 40, 41, 43 as mere information', () => {
    for (const code of ['03', '21'])
      expect(findRow(FAILURE_TABLES, 'mastercard_mac', code, {})?.forbidsInstrument).toBe(true);
    for (const code of ['40', '41', '43'])
      expect(findRow(FAILURE_TABLES, 'mastercard_mac', code, {})?.class).toBeNull();
  });
});
