import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  type Ceiling,
  ceilingsInForce,
  ceilingsOf,
  ceilingText,
  isReached,
  readingsOf,
  scaleCeilings,
} from '../../../policy/ceilings/ceilings.ts';
import { CEILINGS } from '../../../policy/ceilings/rows.ts';

const HOUR_MS = 3_600_000;
const limits = (at: string) =>
  Object.fromEntries(
    ceilingsInForce(at).map(({ name, limit, windowMs }) => [name, `${limit} in ${windowMs / HOUR_MS} h`]),
  );

describe('the ceilings', () => {
  test('name a document, an edition, where it comes from and what it says in every row', () => {
    const unsourced = CEILINGS.filter(
      ({ document, edition, note }) => !document || !/^\d{4}-\d\d-\d\d$/.test(edition) || !note,
    );
    expect(unsourced).toEqual([]);
  });

  test('say networks in lower case, and a limit and a window that can be counted', () => {
    for (const { network, name, limit, windowMs, from } of CEILINGS) {
      expect(network).toBe(network.toLowerCase());
      expect(name.startsWith(`${network} `)).toBe(true);
      expect(Number.isSafeInteger(limit) && limit > 0 && Number.isSafeInteger(windowMs) && windowMs > 0).toBe(true);
      expect(new Date(from).toISOString()).toBe(from);
    }
  });

  test('have one row for a name and date, and keep network and window from edition to edition', () => {
    const keys = CEILINGS.map(({ name, from }) => `${name} ${from}`);
    expect(keys).toHaveLength(new Set(keys).size);
    for (const row of CEILINGS) {
      const editions = CEILINGS.filter(({ name }) => name === row.name);
      expect(new Set(editions.map(({ network, windowMs }) => `${network} ${windowMs}`)).size).toBe(1);
    }
  });

  test('count no approval, as no document does', () => {
    expect(CEILINGS.filter(({ counts }) => counts === 'attempts')).toEqual([]);
  });
});

describe('editions by date', () => {
  test('today: Visa 20 in 30 days, Mastercard 10 in 24 hours and 35 in 30 days', () => {
    expect(limits('2026-11-23T00:00:00.000Z')).toEqual({
      'visa declines of one amount in 30 days': '20 in 720 h',
      'mastercard declines in 24 hours': '10 in 24 h',
      'mastercard declines of one amount in 30 days': '35 in 720 h',
    });
  });

  test('the older edition until the newer one is in force, to the millisecond', () => {
    const visa = 'visa declines of one amount in 30 days';
    expect(limits('2025-05-24T23:59:59.999Z')[visa]).toBe('15 in 720 h');
    expect(limits('2025-05-25T00:00:00.000Z')[visa]).toBe('20 in 720 h');
    expect(limits('2022-09-30T00:00:00.000Z')['mastercard declines in 24 hours']).toBe('20 in 24 h');
    expect(limits('2010-01-01T00:00:00.000Z')).toEqual({});
  });

  test('whatever the order in which the rows are written', () => {
    const at = '2026-11-23T00:00:00.000Z';
    const byName = (rows: Ceiling[]) => rows.sort((one, other) => one.name.localeCompare(other.name));
    expect(byName(ceilingsInForce(at, CEILINGS.toReversed()))).toEqual(byName(ceilingsInForce(at)));
  });

  test('by network: in any case of letters, and none for one that is not known', () => {
    const inForce = ceilingsInForce('2026-11-23T00:00:00.000Z');
    expect(ceilingsOf('Mastercard', inForce).map(({ network }) => network)).toEqual(['mastercard', 'mastercard']);
    expect(ceilingsOf('amex', inForce)).toEqual([]);
    expect(ceilingsOf(undefined, inForce)).toEqual([]);
    expect(ceilingsOf(null, inForce)).toEqual([]);
  });

  const instants = fc.date({ min: new Date('2015-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  property.prop([instants])('there is at most one row of each name, in force, and none newer is', (date) => {
    const at = date.toISOString();
    const inForce = ceilingsInForce(at);
    expect(new Set(inForce.map(({ name }) => name)).size).toBe(inForce.length);
    for (const row of inForce) {
      const started = CEILINGS.filter(({ name, from }) => name === row.name && Date.parse(from) <= date.getTime());
      expect(row.from).toBe(
        started
          .map(({ from }) => from)
          .sort()
          .at(-1),
      );
    }
  });

  property.prop([instants, instants])('a limit that was in force is replaced, never just dropped', (one, other) => {
    const [early, late] = [one, other].sort((a, b) => a.getTime() - b.getTime()) as [Date, Date];
    const names = (at: Date) => ceilingsInForce(at.toISOString()).map(({ name }) => name);
    expect(names(late)).toEqual(expect.arrayContaining(names(early)));
  });
});

describe('a reading', () => {
  const [row] = CEILINGS as [Ceiling];
  const ends = '2026-11-23T12:00:00.000Z';
  const read = (used: number) => readingsOf('par:x', [{ name: row.name, used, windowEndsAt: ends }], [row])[0];

  test('brings limit, document and edition of the very row that was counted with', () => {
    expect(read(3)).toEqual({
      identity: 'par:x',
      name: row.name,
      used: 3,
      limit: row.limit,
      windowEndsAt: ends,
      document: row.document,
      edition: row.edition,
    });
    expect(readingsOf('par:x', [{ name: 'unheard of', used: 1, windowEndsAt: ends }], [row])).toEqual([]);
  });

  test('is reached at the limit, and not any more when its window has ended', () => {
    const reached = (used: number, at: string) => isReached(read(used) as never, Date.parse(at));
    expect(reached(row.limit - 1, '2026-11-23T11:59:59.999Z')).toBe(false);
    expect(reached(row.limit, '2026-11-23T11:59:59.999Z')).toBe(true);
    expect(reached(row.limit + 5, '2026-11-23T11:59:59.999Z')).toBe(true);
    expect(reached(row.limit, ends)).toBe(false);
  });

  test('reads well', () => {
    expect(ceilingText(read(3) as never)).toBe(`${row.name}: 3 of ${row.limit} used`);
    expect(ceilingText(read(row.limit) as never)).toBe(`${row.name}: ${row.limit} of ${row.limit} used until ${ends}`);
  });

  test('in test mode has its window divided, rounded up, and never of no length', () => {
    const scaled = (windowMs: number, scale: number) => scaleCeilings([{ ...row, windowMs }], scale)[0]?.windowMs;
    expect(scaled(720 * HOUR_MS, 720)).toBe(HOUR_MS);
    expect([scaled(1_001, 1_000), scaled(1_000, 1_000), scaled(5, 100_000)]).toEqual([2, 1, 1]);
  });

  property.prop([fc.integer({ min: 1, max: 100_000_000 })])(
    'a scaled window is never shorter than the scale makes it',
    (scale) => {
      for (const [index, scaled] of scaleCeilings(CEILINGS, scale).entries()) {
        expect(scaled.windowMs).toBeGreaterThanOrEqual((CEILINGS[index]?.windowMs ?? 0) / scale);
        expect(scaled.limit).toBe(CEILINGS[index]?.limit);
      }
    },
  );
});
