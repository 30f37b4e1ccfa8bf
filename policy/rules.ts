import type { Instrument } from './instrument.ts';
import type { OrderFacts } from './order.ts';
import type { Condition, Rule, Rulebook } from './rulebook.ts';

export { checkRulebook } from './rulebooks/check.ts';
export { scaleClassification, scaleRulebook, scaleSheet } from './rulebooks/scale.ts';

export interface ChosenRule {
  rule: Rule;
  /** One line a rule, in the order in which they were read, the last one for the rule that matched. */
  why: string[];
}

/** A condition's truth; `unknown` counts as false, and the explanation says so. */
type Truth = 'holds' | 'does not hold' | 'unknown';

/**
 * The first rule whose conditions all hold. Depends on nothing but its arguments, so that every machine chooses alike.
 * Throws for a rulebook without fallback, which `checkRulebook` keeps from being published.
 */
export function chooseRule(rulebook: Rulebook, facts: OrderFacts, instrument: Instrument | null): ChosenRule {
  const why: string[] = [];
  for (const rule of rulebook.rules) {
    const obstacle = firstObstacle(rule, facts, instrument);
    if (obstacle === null) {
      const because = rule.when.length === 0 ? 'it has no conditions' : rule.when.map(describeCondition).join(', and ');
      why.push(`rule "${rule.name}" applies: ${because}`);
      return { rule, why };
    }
    why.push(`rule "${rule.name}" does not apply: ${obstacle}`);
  }
  throw new RangeError(
    `No rule of rulebook ${rulebook.id} version ${rulebook.version} applies: its last rule must have no conditions.`,
  );
}

/** The same rule as `chooseRule`, without saying why: decisions are made far more often than they are explained. */
export function ruleFor(rulebook: Rulebook, facts: OrderFacts, instrument: Instrument | null): Rule {
  const rule = rulebook.rules.find(({ when }) =>
    when.every((condition) => truthOf(condition, facts, instrument) === 'holds'),
  );
  return rule ?? chooseRule(rulebook, facts, instrument).rule;
}

function firstObstacle(rule: Rule, facts: OrderFacts, instrument: Instrument | null): string | null {
  for (const condition of rule.when) {
    const truth = truthOf(condition, facts, instrument);
    if (truth === 'unknown') return `${nameOf(condition)} is not known, which counts as not fulfilled`;
    if (truth === 'does not hold') return `not so that ${describeCondition(condition)}`;
  }
  return null;
}

function truthOf(condition: Condition, facts: OrderFacts, instrument: Instrument | null): Truth {
  switch (condition.fact) {
    case 'amountMinor': {
      const { minor } = facts.amount;
      return toTruth(condition.op === 'gte' ? minor >= condition.value : minor < condition.value);
    }
    case 'buyerPresent':
      return toTruth(facts.buyer.present === condition.value);
    case 'feature':
      return toTruth(facts.features.includes(condition.value) === (condition.op === 'has'));
    case 'percentage':
      return toTruth(splitPoint(facts.merchantId, facts.orderId) < condition.value);
    case 'metadata': {
      // Only the merchant's own keys: `constructor` is no metadata.
      const value = Object.hasOwn(facts.metadata, condition.key) ? facts.metadata[condition.key] : undefined;
      return membership(value, condition);
    }
    default:
      return membership(namedFact(condition.fact, facts, instrument), condition);
  }
}

function namedFact(
  fact: 'currency' | 'country' | 'brand' | 'funding' | 'issuerCountry' | 'method',
  facts: OrderFacts,
  instrument: Instrument | null,
): string | undefined {
  switch (fact) {
    case 'currency':
      return facts.amount.currency;
    case 'country':
      return facts.buyer.country;
    case 'brand':
      return instrument?.network;
    case 'funding':
      return instrument?.funding;
    case 'issuerCountry':
      return instrument?.issuerCountry;
    case 'method':
      return instrument === null ? undefined : 'card';
    default:
      return fact satisfies never;
  }
}

function membership(value: string | undefined, condition: { op: 'in' | 'not_in'; value: string[] }): Truth {
  if (value === undefined) return 'unknown';
  return toTruth(condition.value.includes(value) === (condition.op === 'in'));
}

function toTruth(holds: boolean): Truth {
  return holds ? 'holds' : 'does not hold';
}

function nameOf(condition: Condition): string {
  return condition.fact === 'metadata' ? `metadata.${condition.key}` : condition.fact;
}

function describeCondition(condition: Condition): string {
  const name = nameOf(condition);
  switch (condition.op) {
    case 'gte':
      return `${name} is at least ${condition.value}`;
    case 'lt':
      return `${name} is below ${condition.value}`;
    case 'is':
      return `${name} is ${condition.value}`;
    case 'has':
      return `the order has the feature ${condition.value}`;
    case 'has_not':
      return `the order lacks the feature ${condition.value}`;
    case 'in':
      return `${name} is one of ${condition.value.join(', ')}`;
    case 'not_in':
      return `${name} is none of ${condition.value.join(', ')}`;
    default:
      return condition satisfies never;
  }
}

/**
 * Where an order stands in a percentage split: from 0 up to, not including, 100, in steps of 0.01. The same order always
 * stands at the same point, so that a growing share only ever adds orders.
 */
export function splitPoint(merchantId: string, orderId: string): number {
  return (fnv1a32(`${merchantId}/${orderId}`) % 10_000) / 100;
}

/** FNV-1a, 32 bits. Merchant and order ids are ASCII by contract, so that a character is a byte. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
