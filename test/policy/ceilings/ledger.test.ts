import { describe, expect, test } from 'vitest';
import { latestReadings, markedBy, NOTHING_READ, orderMarkedBy } from '../../../policy/ceilings/ledger.ts';
import type { CeilingReading } from '../../../policy/decision.ts';
import { card, newOrder } from '../decide/fixtures.ts';

const reading = (identity: string, name: string, used: number): CeilingReading => ({
  identity,
  name,
  used,
  limit: 10,
  windowEndsAt: '2026-11-23T10:00:00.000Z',
  document: 'a document',
  edition: '1',
});
const mark = (identity: string, orderId: string) => ({
  identity,
  orderId,
  since: '2026-11-22T10:00:00.000Z',
  attempt: 1,
  failureClass: 'hard_decline' as const,
  source: 'a table (1)',
});

describe('readings that come one after the other', () => {
  test('the latest of each identity and ceiling is kept', () => {
    const known = { ceilings: [reading('a', 'x', 1), reading('a', 'y', 1), reading('b', 'x', 1)], forbidden: [] };
    const kept = latestReadings(known, { ceilings: [reading('a', 'x', 2)] });
    expect(kept.ceilings.map(({ identity, name, used }) => `${identity} ${name} ${used}`).sort()).toEqual([
      'a x 2',
      'a y 1',
      'b x 1',
    ]);
  });

  test('several that come at once each take the place of their own', () => {
    const known = { ceilings: [reading('a', 'x', 9), reading('a', 'y', 9), reading('b', 'x', 9)], forbidden: [] };
    const fresh = [reading('a', 'x', 10), reading('a', 'y', 10)];
    expect(latestReadings(known, { ceilings: fresh }).ceilings).toEqual([reading('b', 'x', 9), ...fresh]);
  });

  test('a later reading takes a reached ceiling back; nothing takes a mark back', () => {
    const full = { ceilings: [reading('a', 'x', 10)], forbidden: [mark('a', 'o-1')] };
    const kept = latestReadings(full, {
      ceilings: [reading('a', 'x', 9)],
      forbidden: [mark('a', 'o-2'), mark('b', 'o-3')],
    });
    expect(kept.ceilings).toEqual([reading('a', 'x', 9)]);
    expect(kept.forbidden.map(({ identity, orderId }) => `${identity} ${orderId}`)).toEqual(['a o-1', 'b o-3']);
  });

  test('nothing new is nothing new', () => {
    expect(latestReadings(NOTHING_READ, {})).toBe(NOTHING_READ);
  });
});

describe('a mark of another order', () => {
  test('is put on the payment method with that identity, once', () => {
    const marked = markedBy([mark('card-a', 'o-9')], card('a'));
    expect(marked.forbidden).toMatchObject({ orderId: 'o-9', attempt: 1, source: 'a table (1)' });
    expect(markedBy([mark('card-a', 'o-10')], marked)).toBe(marked);
    expect(markedBy([mark('card-b', 'o-9')], card('a'))).not.toHaveProperty('forbidden');
    expect(markedBy([mark('card-b', 'o-9')], card('a', { aliases: ['card-b'] })).forbidden?.orderId).toBe('o-9');
  });

  test('is on every payment method of an order that is only asked about', () => {
    const order = newOrder({ instruments: [card('a'), card('b', { origin: 'saved' })] });
    expect(
      orderMarkedBy([mark('card-b', 'o-9')], order).instruments.map(({ forbidden }) => forbidden?.orderId),
    ).toEqual([undefined, 'o-9']);
    expect(orderMarkedBy([], order)).toBe(order);
  });
});
