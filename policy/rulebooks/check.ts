import type { Condition } from '../rulebook.ts';
import type { Sheet } from '../sheet.ts';
import { checkConditions, implies } from './check-conditions.ts';
import { Report, type RulebookProblem } from './report.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Visa allows 20 reattempts in 30 days (ID# 0030640, edition 2026-04-18); a rule above it could never be followed. */
const MOST_ATTEMPTS = 20;
const MOST_RULES = 100;

/** No `=`, `+`, `-` or `@` in front: names end up in spreadsheets. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 _.:,()-]{0,79}$/;
const RECOVERY_PATHS = ['authenticate', 'saved_method', 'new_method', 'hosted_checkout', 'invoice'];
const RULE_FIELDS = [
  'name',
  'when',
  'processors',
  'extraTry',
  'onBlocked',
  'onProcessorDown',
  'transient',
  'automaticAttempts',
  'laterTriesMs',
  'recoveryPaths',
  'windows',
  'onLateSuccess',
];

/** Least and most of each window, in milliseconds. */
const WINDOWS: Record<string, readonly [number, number]> = {
  answerWithinMs: [1_000, 5 * MINUTE_MS],
  authenticationMs: [MINUTE_MS, 24 * HOUR_MS],
  buyerMs: [MINUTE_MS, YEAR_MS],
  hostedMs: [MINUTE_MS, YEAR_MS],
  invoiceMs: [MINUTE_MS, YEAR_MS],
  buyerPatienceMs: [1_000, HOUR_MS],
  unknownBuyerLimitMs: [MINUTE_MS, 24 * HOUR_MS],
  // Sending a key again is an attempt to pay, and a buyer who has left is not charged late.
  resendMs: [1_000, 2 * MINUTE_MS],
};

interface ReadRule {
  name: string | null;
  conditions: Condition[] | null;
}

/**
 * Everything that keeps a rulebook from being published; an empty list means that it may be. Takes any value, because a
 * draft comes from outside.
 */
export function checkRulebook(rulebook: unknown, sheets: readonly Sheet[]): RulebookProblem[] {
  const report = new Report();
  const book = report.object(rulebook, 'rulebook', ['id', 'version', 'rules']);
  if (book === null) return report.problems;
  report.text(book.id, 'id', /^[A-Za-z0-9_-]{1,40}$/, '1 to 40 letters, digits, _ -');
  report.integer(book.version, 'version', 1, 1_000_000);
  const list = report.list(book.rules, 'rules', MOST_RULES);
  if (list === null) return report.problems;
  if (list.length === 0) report.add('empty', 'rules', 'A rulebook needs at least the fallback rule.');
  const rules = list.map((rule, at) => checkRule(report, rule, `rules[${at}]`, sheets));
  checkTogether(report, rules);
  return report.problems;
}

function checkTogether(report: Report, rules: ReadRule[]): void {
  rules.forEach((rule, at) => {
    if (rule.name !== null && rules.findIndex((other) => other.name === rule.name) < at) {
      report.add('duplicate_name', `rules[${at}].name`, `There are two rules called "${rule.name}".`);
    }
    const blocker = rules.slice(0, at).find((earlier) => covers(earlier, rule));
    if (blocker !== undefined) {
      const message = `Rule ${at} is never reached: "${blocker.name}" takes every order before it.`;
      report.add('unreachable_rule', `rules[${at}]`, message);
    }
  });
  const last = rules.at(-1);
  if (last?.conditions != null && last.conditions.length > 0) {
    report.add(
      'no_fallback',
      `rules[${rules.length - 1}].when`,
      'The last rule must have no conditions: the fallback.',
    );
  }
}

/** True when every order that the later rule would take is taken by the earlier one. */
function covers(earlier: ReadRule, later: ReadRule): boolean {
  const { conditions } = later;
  if (earlier.conditions === null || conditions === null) return false;
  return earlier.conditions.every((needed) => conditions.some((given) => implies(given, needed)));
}

function checkRule(report: Report, value: unknown, path: string, sheets: readonly Sheet[]): ReadRule {
  const rule = report.object(value, path, RULE_FIELDS);
  if (rule === null) return { name: null, conditions: null };
  const name = report.text(rule.name, `${path}.name`, NAME, '1 to 80 plain characters, a letter or digit first');
  const conditions = checkConditions(report, rule.when, `${path}.when`);
  const processors = checkProcessors(report, rule.processors, `${path}.processors`, sheets);
  checkExtraTries(report, rule.extraTry, `${path}.extraTry`, processors);
  report.oneOf(rule.onBlocked, `${path}.onBlocked`, ['retry', 'stop', 'retry_with_3ds']);
  if (rule.onProcessorDown !== undefined) {
    report.oneOf(rule.onProcessorDown, `${path}.onProcessorDown`, ['next_processor', 'wait']);
  }
  report.oneOf(rule.onLateSuccess, `${path}.onLateSuccess`, ['accept', 'give_back']);
  report.integer(rule.automaticAttempts, `${path}.automaticAttempts`, 1, MOST_ATTEMPTS);
  const transient = report.object(rule.transient, `${path}.transient`, ['sameKeyBackoffMs']);
  if (transient !== null) {
    const backoffPath = `${path}.transient.sameKeyBackoffMs`;
    checkDelays(report, transient.sameKeyBackoffMs, backoffPath, { entries: 10, leastMs: 0, mostMs: MINUTE_MS });
  }
  checkLaterTries(report, rule.laterTriesMs, `${path}.laterTriesMs`);
  const paths = report.list(rule.recoveryPaths, `${path}.recoveryPaths`, RECOVERY_PATHS.length);
  paths?.forEach((word, at) => {
    report.oneOf(word, `${path}.recoveryPaths[${at}]`, RECOVERY_PATHS);
  });
  report.distinct(paths ?? [], `${path}.recoveryPaths`, 'duplicate_path');
  checkWindows(report, rule.windows, `${path}.windows`);
  return { name, conditions };
}

function checkProcessors(report: Report, value: unknown, path: string, sheets: readonly Sheet[]): unknown[] {
  const processors = report.list(value, path, 10) ?? [];
  if (Array.isArray(value) && value.length === 0) report.add('empty', path, `${path} must name a processor.`);
  processors.forEach((processor, at) => {
    if (!sheets.some((sheet) => sheet.processor === processor)) {
      const known = sheets.map((sheet) => sheet.processor).join(', ');
      report.add('unknown_processor', `${path}[${at}]`, `${path}[${at}] must be one of ${known}.`);
    }
  });
  report.distinct(processors, path, 'duplicate_processor');
  return processors;
}

function checkExtraTries(report: Report, value: unknown, path: string, processors: readonly unknown[]): void {
  const names = processors.filter((processor) => typeof processor === 'string');
  const extraTry = report.object(value, path, names);
  for (const [processor, tries] of Object.entries(extraTry ?? {})) report.integer(tries, `${path}.${processor}`, 1, 3);
}

function checkLaterTries(report: Report, value: unknown, path: string): void {
  const delays = checkDelays(report, value, path, { entries: MOST_ATTEMPTS, leastMs: MINUTE_MS, mostMs: YEAR_MS });
  delays.forEach((delay, at) => {
    const before = delays[at - 1];
    if (before !== undefined && before >= delay) {
      report.add('not_increasing', `${path}[${at}]`, `${path} counts from the first decline, so that each is later.`);
    }
  });
}

function checkDelays(
  report: Report,
  value: unknown,
  path: string,
  limits: { entries: number; leastMs: number; mostMs: number },
): number[] {
  const list = report.list(value, path, limits.entries) ?? [];
  const read = list.map((delay, at) => report.integer(delay, `${path}[${at}]`, limits.leastMs, limits.mostMs));
  return read.filter((delay) => delay !== null);
}

function checkWindows(report: Report, value: unknown, path: string): void {
  const windows = report.object(value, path, Object.keys(WINDOWS));
  if (windows === null) return;
  for (const [name, [least, most]] of Object.entries(WINDOWS)) {
    report.integer(windows[name], `${path}.${name}`, least, most);
  }
  const { buyerPatienceMs, unknownBuyerLimitMs } = windows;
  if (
    typeof buyerPatienceMs === 'number' &&
    typeof unknownBuyerLimitMs === 'number' &&
    buyerPatienceMs > unknownBuyerLimitMs
  ) {
    const message = 'buyerPatienceMs must not be longer than unknownBuyerLimitMs, after which a person decides.';
    report.add('windows_disordered', `${path}.buyerPatienceMs`, message);
  }
}
