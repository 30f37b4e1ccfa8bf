import { describe, expect, test } from 'vitest';
import { findCardData, looksLikeCardNumber } from '../../contract/card-data.ts';

const CARDS = [
  '4242424242424242',
  '4222222222222',
  '378282246310005',
  '5555555555554444',
  '2223003122003222',
  '6011111111111117',
  '30569309025904',
  '3530111333300000',
  '6304000000000000000',
];

describe('card numbers', () => {
  test.each(CARDS)('a number of a network is found: %#', (card) => {
    expect(looksLikeCardNumber(card)).toBe(true);
    expect(looksLikeCardNumber(`please use ${card}, thanks`)).toBe(true);
    expect(looksLikeCardNumber(card.replace(/(.{4})/g, '$1 '))).toBe(true);
    expect(looksLikeCardNumber(card.replace(/(.{4})/g, '$1-'))).toBe(true);
    expect(looksLikeCardNumber(card.replace(/(.{4})/g, '$1 – '))).toBe(true);
    expect(looksLikeCardNumber(card.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d))))).toBe(true);
  });

  test.each(['4242 4242 4242 4241', '1763851234567', '1763851234567890', '20261122101500', 'order 12 of 3456'])(
    'what is none is let through: %s',
    (text) => {
      expect(looksLikeCardNumber(text)).toBe(false);
    },
  );

  test('a hex id or UUID whose digits pass for a card is none, but a card glued to a word is', () => {
    expect(looksLikeCardNumber('a4242424242424242f')).toBe(false);
    expect(looksLikeCardNumber('c0ffee42-4242-4242-8424-2424242bead0')).toBe(false);
    expect(looksLikeCardNumber('order4242424242424242')).toBe(true);
    expect(looksLikeCardNumber('4242-4242-4242-4242')).toBe(true);
  });

  test('a card among other groups of digits is found', () => {
    expect(looksLikeCardNumber('2026 4242 4242 4242 4242 12')).toBe(true);
  });

  test('found anywhere in a value, and the path repeats nothing', () => {
    expect(findCardData({ metadata: { note: ['a', { deep: '4242-4242-4242-4242' }] } })).toEqual([
      'metadata',
      'note',
      1,
      'deep',
    ]);
    expect(findCardData({ metadata: { '4242424242424242': 'x' } })).toEqual(['metadata']);
    expect(findCardData({ amount: 4242424242424242 })).toEqual(['amount']);
    expect(findCardData({ card: { security_code: '1' } })).toEqual(['card']);
    expect(findCardData({ description: 'CVC: 123' })).toEqual(['description']);
    expect(findCardData({ description: 'three pairs, size 42' })).toBeNull();
  });
});
