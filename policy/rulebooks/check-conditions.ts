import type { Condition } from '../rulebook.ts';
import type { Report } from './report.ts';

const MOST_MINOR = 1_000_000_000_000;
const MOST_VALUES = 300;
const MEMBERSHIP_FACTS = ['currency', 'country', 'brand', 'funding', 'issuerCountry', 'method', 'metadata'];
const FACTS = ['amountMinor', 'buyerPresent', 'feature', 'percentage', ...MEMBERSHIP_FACTS];

/** Each pattern is linear in the length of what it reads. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$/;
const COUNTRY = /^[A-Z]{2}$/;
const VALUE_PATTERNS: Record<string, { pattern: RegExp; what: string }> = {
  currency: { pattern: /^[A-Z]{3}$/, what: 'an ISO 4217 code in capitals' },
  country: { pattern: COUNTRY, what: 'an ISO 3166 code of two capitals' },
  issuerCountry: { pattern: COUNTRY, what: 'an ISO 3166 code of two capitals' },
  metadata: { pattern: /^\P{Cc}{1,200}$/u, what: '1 to 200 printable characters' },
};
const PLAIN_VALUE = { pattern: PLAIN, what: '1 to 80 letters, digits, _ . : -' };

/** The conditions of a rule if they are sound; otherwise `null`, and the report says why. */
export function checkConditions(report: Report, value: unknown, path: string): Condition[] | null {
  const list = report.list(value, path, 20);
  if (list === null) return null;
  const before = report.problems.length;
  list.forEach((condition, at) => {
    checkCondition(report, condition, `${path}[${at}]`);
  });
  if (report.problems.length > before) return null;
  const conditions = list as Condition[];
  if (contradicts(conditions)) {
    report.add('never_matches', path, `${path} can never hold all at once, so that the rule would never be used.`);
  }
  return conditions;
}

function checkCondition(report: Report, value: unknown, path: string): void {
  const condition = report.object(value, path, ['fact', 'op', 'value', 'key']);
  if (condition === null) return;
  const fact = report.oneOf(condition.fact, `${path}.fact`, FACTS);
  if (fact === null) return;
  if ('key' in condition && fact !== 'metadata') report.add('unknown_field', `${path}.key`, 'Only metadata has keys.');
  switch (fact) {
    case 'amountMinor':
      report.oneOf(condition.op, `${path}.op`, ['gte', 'lt']);
      report.integer(condition.value, `${path}.value`, 0, MOST_MINOR);
      return;
    case 'buyerPresent':
      report.oneOf(condition.op, `${path}.op`, ['is']);
      if (typeof condition.value !== 'boolean') {
        report.add('invalid_value', `${path}.value`, `${path}.value must be true or false.`);
      }
      return;
    case 'feature':
      report.oneOf(condition.op, `${path}.op`, ['has', 'has_not']);
      report.text(condition.value, `${path}.value`, PLAIN, 'the name of a feature');
      return;
    case 'percentage':
      report.oneOf(condition.op, `${path}.op`, ['lt']);
      checkPercentage(report, condition.value, `${path}.value`);
      return;
    default:
      checkMembership(report, condition, fact, path);
  }
}

function checkPercentage(report: Report, value: unknown, path: string): void {
  const sound =
    typeof value === 'number' && value > 0 && value <= 100 && Number.isInteger(Math.round(value * 1e6) / 1e4);
  if (!sound) report.add('out_of_range', path, `${path} must be above 0 and up to 100, with at most two decimals.`);
}

function checkMembership(report: Report, condition: Record<string, unknown>, fact: string, path: string): void {
  report.oneOf(condition.op, `${path}.op`, ['in', 'not_in']);
  if (fact === 'metadata') {
    report.text(condition.key, `${path}.key`, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/, 'the name of a metadata field');
  }
  const values = report.list(condition.value, `${path}.value`, MOST_VALUES);
  if (values === null) return;
  if (values.length === 0) report.add('never_matches', `${path}.value`, `${path}.value names nothing.`);
  const { pattern, what } = VALUE_PATTERNS[fact] ?? PLAIN_VALUE;
  values.forEach((value, at) => {
    report.text(value, `${path}.value[${at}]`, pattern, what);
  });
}

/** True when no order can fulfil all of them. */
function contradicts(conditions: Condition[]): boolean {
  return conditions.some((one, at) => conditions.slice(at + 1).some((other) => excludes(one, other)));
}

function excludes(one: Condition, other: Condition): boolean {
  if (!sameFact(one, other)) return false;
  if (one.op === 'gte' && other.op === 'lt') return one.value >= other.value;
  if (one.op === 'lt' && other.op === 'gte') return other.value >= one.value;
  if (one.op === 'is' && other.op === 'is') return one.value !== other.value;
  if (one.fact === 'feature' && other.fact === 'feature') return one.op !== other.op && one.value === other.value;
  if (one.op === 'in' && other.op === 'in') return !one.value.some((value) => other.value.includes(value));
  if (one.op === 'in' && other.op === 'not_in') return one.value.every((value) => other.value.includes(value));
  if (one.op === 'not_in' && other.op === 'in') return excludes(other, one);
  return false;
}

/** True when every order that fulfils `one` fulfils `other` too. */
export function implies(one: Condition, other: Condition): boolean {
  if (!sameFact(one, other)) return false;
  if (one.op === 'gte' && other.op === 'gte') return one.value >= other.value;
  if (one.op === 'lt' && other.op === 'lt') return one.value <= other.value;
  if (one.op === 'is' && other.op === 'is') return one.value === other.value;
  if (one.fact === 'feature' && other.fact === 'feature') return one.op === other.op && one.value === other.value;
  if (one.op === 'in' && other.op === 'in') return one.value.every((value) => other.value.includes(value));
  if (one.op === 'in' && other.op === 'not_in') return !one.value.some((value) => other.value.includes(value));
  if (one.op === 'not_in' && other.op === 'not_in') return other.value.every((value) => one.value.includes(value));
  return false;
}

function sameFact(one: Condition, other: Condition): boolean {
  if (one.fact === 'metadata' && other.fact === 'metadata') return one.key === other.key;
  return one.fact === other.fact;
}
