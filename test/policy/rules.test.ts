import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Instrument } from '../../policy/instrument.ts';
import type { OrderFacts } from '../../policy/order.ts';
import type { Condition, Rule, Rulebook } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { chooseRule, splitPoint } from '../../policy/rules.ts';

const FALLBACK = DEFAULT_RULEBOOK.rules[1] as Rule;
const FACTS: OrderFacts = {
  merchantId: 'default',
  orderId: 'o-1',
  amount: { minor: 4999, currency: 'EUR' },
  capture: 'automatic',
  buyer: { present: true },
  features: ['on_behalf_of'],
  metadata: { shop: 'north' },
  rulebook: { id: 'default', version: 1, hash: 'h' },
  requestHash: 'h',
  notAfter: '2026-01-01T00:00:15.000Z',
};
const VISA: Instrument = { id: 'ins_1', identity: 'card', origin: 'order', credentials: [], network: 'visa' };

const bookOf = (...when: Condition[]): Rulebook => ({
  id: 'test',
  version: 1,
  rules: [
    { ...FALLBACK, name: 'particular', when },
    { ...FALLBACK, name: 'fallback', when: [] },
  ],
});
const chosen = (condition: Condition, facts = FACTS, instrument: Instrument | null = VISA) =>
  chooseRule(bookOf(condition), facts, instrument).rule.name;

describe('the default rulebook', () => {
  it('sends orders with metadata.route gamma to gamma alone', () => {
    const { rule } = chooseRule(DEFAULT_RULEBOOK, { ...FACTS, metadata: { route: 'gamma' } }, VISA);
    expect(rule.processors).toEqual(['gamma']);
  });

  it('sends all others to alpha, then beta', () => {
    const { rule, why } = chooseRule(DEFAULT_RULEBOOK, FACTS, VISA);
    expect(rule.processors).toEqual(['alpha', 'beta']);
    expect(why).toEqual([
      'rule "gamma by metadata" does not apply: metadata.route is not known, which counts as not fulfilled',
      'rule "everything else" applies: it has no conditions',
    ]);
  });
});

describe('a condition', () => {
  it('compares amounts, buyer and features', () => {
    expect(chosen({ fact: 'amountMinor', op: 'gte', value: 4999 })).toBe('particular');
    expect(chosen({ fact: 'amountMinor', op: 'lt', value: 4999 })).toBe('fallback');
    expect(chosen({ fact: 'buyerPresent', op: 'is', value: false })).toBe('fallback');
    expect(chosen({ fact: 'feature', op: 'has', value: 'on_behalf_of' })).toBe('particular');
    expect(chosen({ fact: 'feature', op: 'has_not', value: 'on_behalf_of' })).toBe('fallback');
  });

  it('reads the instrument, the order and its metadata', () => {
    expect(chosen({ fact: 'brand', op: 'in', value: ['amex', 'visa'] })).toBe('particular');
    expect(chosen({ fact: 'brand', op: 'not_in', value: ['amex'] })).toBe('particular');
    expect(chosen({ fact: 'currency', op: 'in', value: ['EUR'] })).toBe('particular');
    expect(chosen({ fact: 'method', op: 'in', value: ['card'] })).toBe('particular');
    expect(chosen({ fact: 'metadata', key: 'shop', op: 'in', value: ['north'] })).toBe('particular');
  });

  it('on a fact that is not known is false, turned round too, and says so', () => {
    for (const op of ['in', 'not_in'] as const) {
      expect(chosen({ fact: 'funding', op, value: ['credit'] })).toBe('fallback');
      expect(chosen({ fact: 'country', op, value: ['DE'] })).toBe('fallback');
      expect(chosen({ fact: 'brand', op, value: ['visa'] }, FACTS, null)).toBe('fallback');
      expect(chosen({ fact: 'metadata', key: 'constructor', op, value: ['x'] })).toBe('fallback');
    }
    const { why } = chooseRule(bookOf({ fact: 'funding', op: 'in', value: ['credit'] }), FACTS, VISA);
    expect(why[0]).toContain('funding is not known');
  });

  it('must hold together with all others', () => {
    const both: Condition[] = [
      { fact: 'currency', op: 'in', value: ['EUR'] },
      { fact: 'amountMinor', op: 'lt', value: 100 },
    ];
    const { rule, why } = chooseRule(bookOf(...both), FACTS, VISA);
    expect(rule.name).toBe('fallback');
    expect(why[0]).toBe('rule "particular" does not apply: not so that amountMinor is below 100');
  });
});

describe('the percentage split', () => {
  it('takes about its share, and a larger share only adds orders', () => {
    const points = Array.from({ length: 20_000 }, (_, n) => splitPoint('default', `o-${n}`));
    for (const share of [1, 10, 50, 90]) {
      const taken = points.filter((point) => point < share).length / points.length;
      expect(Math.abs(taken * 100 - share)).toBeLessThan(2);
    }
  });

  it('is the same for ever', () => {
    expect(['o-1', 'o-2', 'order_42'].map((id) => splitPoint('default', id))).toEqual([67.18, 90.99, 74.92]);
  });
});

const anyFacts = fc
  .record({
    minor: fc.integer({ min: 1, max: 1_000_000 }),
    orderId: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
    metadata: fc.dictionary(fc.constantFrom('route', 'shop', 'tier'), fc.constantFrom('gamma', 'a', 'b'), {
      noNullPrototype: true,
    }),
  })
  .map(({ minor, orderId, metadata }) => ({ ...FACTS, amount: { minor, currency: 'EUR' }, orderId, metadata }));
const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    fact: fc.constant('amountMinor' as const),
    op: fc.constantFrom('gte', 'lt' as const),
    value: fc.integer(),
  }),
  fc.record({
    fact: fc.constant('percentage' as const),
    op: fc.constant('lt' as const),
    value: fc.integer({ max: 100 }),
  }),
  fc.record({
    fact: fc.constant('metadata' as const),
    key: fc.constantFrom('route', 'shop', 'tier'),
    op: fc.constantFrom('in', 'not_in' as const),
    value: fc.array(fc.constantFrom('gamma', 'a', 'b')),
  }),
);
const reversed = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;

test.prop([anyFacts, fc.array(anyCondition, { maxLength: 4 })])(
  'the choice does not depend on the order of keys',
  (facts, when) => {
    const straight = chooseRule(bookOf(...when), facts, VISA);
    const turned = { ...reversed(facts), metadata: reversed(facts.metadata) };
    const book = bookOf(...when.map(reversed));
    expect(chooseRule(reversed(book), turned, reversed(VISA))).toEqual(straight);
  },
);
