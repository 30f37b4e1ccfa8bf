import { describe, expect, test } from 'vitest';
import type { Instrument } from '../../policy/instrument.ts';
import type { Condition, Rulebook } from '../../policy/rulebook.ts';
import { chooseRule, ruleFor, splitPoint } from '../../policy/rules.ts';
import * as make from './decide/fixtures.ts';

const { facts } = make.newOrder({
  facts: { features: ['x'], metadata: { shop: 'north' }, buyer: { present: true, country: 'DE' } },
});
const card = make.card('ins_1', { network: 'visa', funding: 'credit', issuerCountry: 'FR' });

/** The first rule has these conditions, the second none. */
function bookOf(...when: Condition[]): Rulebook {
  const book = make.ruledBy({});
  const fallback = book.rules.at(-1);
  if (fallback === undefined) throw new Error('a rulebook has rules');
  return { ...book, rules: [{ ...fallback, name: 'particular', when }, fallback] };
}

/** Decisions and explanations choose alike. */
function applies(when: Condition[], order = facts, instrument: Instrument | null = card): boolean {
  const book = bookOf(...when);
  const [decided, explained] = [ruleFor(book, order, instrument), chooseRule(book, order, instrument).rule];
  expect(decided).toBe(explained);
  return decided.name === 'particular';
}

describe('the rule by which an order is decided', () => {
  test.each([
    [
      { fact: 'amountMinor', op: 'gte', value: 4_999 },
      { fact: 'amountMinor', op: 'gte', value: 5_000 },
    ],
    [
      { fact: 'amountMinor', op: 'lt', value: 5_000 },
      { fact: 'amountMinor', op: 'lt', value: 4_999 },
    ],
    [
      { fact: 'buyerPresent', op: 'is', value: true },
      { fact: 'buyerPresent', op: 'is', value: false },
    ],
    [
      { fact: 'feature', op: 'has', value: 'x' },
      { fact: 'feature', op: 'has_not', value: 'x' },
    ],
    [
      { fact: 'currency', op: 'in', value: ['EUR'] },
      { fact: 'currency', op: 'not_in', value: ['EUR'] },
    ],
    [
      { fact: 'country', op: 'in', value: ['DE'] },
      { fact: 'country', op: 'in', value: ['FR'] },
    ],
    [
      { fact: 'brand', op: 'in', value: ['visa'] },
      { fact: 'brand', op: 'in', value: ['credit'] },
    ],
    [
      { fact: 'funding', op: 'in', value: ['credit'] },
      { fact: 'funding', op: 'in', value: ['FR'] },
    ],
    [
      { fact: 'issuerCountry', op: 'in', value: ['FR'] },
      { fact: 'issuerCountry', op: 'in', value: ['DE'] },
    ],
    [
      { fact: 'method', op: 'in', value: ['card'] },
      { fact: 'method', op: 'not_in', value: ['card'] },
    ],
    [
      { fact: 'metadata', key: 'shop', op: 'in', value: ['north'] },
      { fact: 'metadata', key: 'till', op: 'not_in', value: ['north'] },
    ],
  ] as [Condition, Condition][])('is particular where %o holds, and not where %o does not', (holds, fails) => {
    expect([applies([holds]), applies([fails])]).toEqual([true, false]);
    expect([applies([holds, fails]), applies([fails, holds])]).toEqual([false, false]);
  });

  test('splits orders by their own number: below the share, and not at it', () => {
    const point = splitPoint(facts.merchantId, facts.orderId);
    const below = (value: number) => applies([{ fact: 'percentage', op: 'lt', value }]);
    expect([below(point), below(point + 0.001), below(0), below(100)]).toEqual([false, true, false, true]);
  });

  test('is not one about a payment method where none is known', () => {
    expect(applies([{ fact: 'method', op: 'in', value: ['card'] }], facts, null)).toBe(false);
    expect(applies([{ fact: 'method', op: 'not_in', value: ['card'] }], facts, null)).toBe(false);
  });

  test('says of what is true by which conditions it applies', () => {
    const book = bookOf(
      { fact: 'amountMinor', op: 'gte', value: 1 },
      { fact: 'buyerPresent', op: 'is', value: true },
      { fact: 'feature', op: 'has', value: 'x' },
      { fact: 'currency', op: 'in', value: ['EUR', 'USD'] },
      { fact: 'brand', op: 'not_in', value: ['amex'] },
    );
    expect(chooseRule(book, facts, card).why).toEqual([
      'rule "particular" applies: amountMinor is at least 1, and buyerPresent is true, and the order has the feature x, ' +
        'and currency is one of EUR, USD, and brand is none of amex',
    ]);
  });
});
