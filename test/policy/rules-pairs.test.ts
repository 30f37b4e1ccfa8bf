import { expect, it } from 'vitest';
import type { Instrument } from '../../policy/instrument.ts';
import type { OrderFacts } from '../../policy/order.ts';
import type { Condition, Rule } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { checkRulebook, chooseRule } from '../../policy/rules.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';

const FALLBACK = DEFAULT_RULEBOOK.rules[1] as Rule;
const book = (...rules: [string, ...Condition[]][]) => ({
  ...DEFAULT_RULEBOOK,
  rules: [...rules.map(([name, ...when]) => ({ ...FALLBACK, name, when })), FALLBACK],
});

const memberships = (fact: 'currency' | 'brand', lists: string[][]): Condition[] =>
  lists.flatMap((value) => (['in', 'not_in'] as const).map((op) => ({ fact, op, value })));
const CONDITIONS: Condition[] = [
  ...[5, 10].flatMap((value) => (['gte', 'lt'] as const).map((op) => ({ fact: 'amountMinor', op, value }) as const)),
  ...[true, false].map((value) => ({ fact: 'buyerPresent', op: 'is', value }) as const),
  ...['a', 'b'].flatMap((value) =>
    (['has', 'has_not'] as const).map((op) => ({ fact: 'feature', op, value }) as const),
  ),
  ...[10, 50].map((value) => ({ fact: 'percentage', op: 'lt', value }) as const),
  ...memberships('currency', [['EUR'], ['USD'], ['EUR', 'USD']]),
  ...memberships('brand', [['visa'], ['amex'], ['visa', 'amex']]),
  ...['route', 'shop'].flatMap((key) =>
    [['x'], ['x', 'y']].flatMap((value) =>
      (['in', 'not_in'] as const).map((op) => ({ fact: 'metadata', key, op, value }) as const),
    ),
  ),
];

/** What an order may be like, one thing a row. */
const ALIKE: Record<string, unknown>[][] = [
  [4, 5, 9, 10].map((minor) => ({ minor })),
  ['EUR', 'USD', 'GBP'].map((currency) => ({ currency })),
  [true, false].map((present) => ({ present })),
  [[], ['a'], ['b'], ['a', 'b']].map((features) => ({ features })),
  [undefined, 'visa', 'amex', 'jcb'].map((network) => ({ network })),
  [{}, { route: 'x' }, { route: 'y' }, { route: 'z' }].map((metadata) => ({ metadata })),
  [{}, { shop: 'x' }, { shop: 'y' }, { shop: 'z' }].map((more) => ({ more })),
  // At 8.23, 27.28 and 84.42 of a hundred.
  ['o-4', 'o-1', 'o-7'].map((orderId) => ({ orderId })),
];
const BASE = { minor: 5, currency: 'EUR', present: true, features: [], metadata: {}, more: {}, orderId: 'o-4' };

/** Two conditions are about two things at most: every two things in every combination tell any two apart. */
const FACTS = ALIKE.flatMap((one, at) =>
  ALIKE.slice(at + 1).flatMap((other) => one.flatMap((a) => other.map((b) => orderOf({ ...BASE, ...a, ...b })))),
);

function orderOf(like: typeof BASE & { network?: string }): [OrderFacts, Instrument] {
  const { minor, currency, present, features, orderId, network } = like;
  const facts = {
    ...{ merchantId: 'm', orderId, amount: { minor, currency }, capture: 'automatic' as const, buyer: { present } },
    ...{ features, metadata: { ...like.metadata, ...like.more }, requestHash: '', notAfter: '' },
    rulebook: { id: 'r', version: 1, hash: '' },
  };
  const card: Instrument = { id: 'i', identity: 'c', origin: 'order', credentials: [] };
  return [facts, network === undefined ? card : { ...card, network }];
}

/** Which of the orders a condition takes, as a string of bits. */
const takenBy = new Map(
  CONDITIONS.map((condition) => {
    const rules = book(['one', condition]);
    return [condition, FACTS.map(([facts, card]) => chooseRule(rules, facts, card).rule.name === 'one')] as const;
  }),
);
const taken = (condition: Condition) => takenBy.get(condition) ?? [];
const problems = (...rules: [string, ...Condition[]][]) =>
  checkRulebook(book(...rules), Object.values(SIMULATOR_SHEETS)).map(({ code, path }) => `${code} ${path}`);
const say = (one: Condition, other: Condition) => `${JSON.stringify(one)} and ${JSON.stringify(other)}`;
const pairs = CONDITIONS.flatMap((one) => CONDITIONS.map((other) => [one, other] as const));

it('two conditions are refused together exactly when no order fulfils both', () => {
  for (const [one, other] of pairs) {
    const both = taken(one).some((is, at) => is && taken(other)[at]);
    expect(problems(['a', one, other]), say(one, other)).toEqual(both ? [] : ['never_matches rules[0].when']);
  }
});

it('a rule is never reached exactly when one before it takes every order that it would take', () => {
  for (const [one, other] of pairs) {
    const covered = taken(other).every((is, at) => !is || taken(one)[at]);
    expect(problems(['a', one], ['b', other]), say(one, other)).toEqual(covered ? ['unreachable_rule rules[1]'] : []);
  }
});

it('a rule with more conditions is covered by one with fewer of them, and not the other way round', () => {
  const big = { fact: 'amountMinor', op: 'gte', value: 5 } as const;
  const present = { fact: 'buyerPresent', op: 'is', value: true } as const;
  expect(problems(['a', big], ['b', present, big])).toEqual(['unreachable_rule rules[1]']);
  expect(problems(['a', present, big], ['b', big])).toEqual([]);
  expect(problems(['a', present, big], ['b', big], ['c', big, present])).toEqual(['unreachable_rule rules[2]']);
});
