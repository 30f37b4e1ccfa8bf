import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Rule, Rulebook } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { checkRulebook } from '../../policy/rules.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';

const SHEETS = Object.values(SIMULATOR_SHEETS);
const FALLBACK = DEFAULT_RULEBOOK.rules[1] as Rule;
const DAY_MS = 86_400_000;

const problemsOf = (rulebook: unknown) => checkRulebook(rulebook, SHEETS).map(({ code, path }) => `${code} ${path}`);
const withRules = (...rules: unknown[]) => problemsOf({ ...DEFAULT_RULEBOOK, rules });
const withFallback = (fields: object) => withRules({ ...FALLBACK, ...fields });
const rule = (name: string, ...when: unknown[]) => ({ ...FALLBACK, name, when });

it('the default rulebook is sound', () => {
  expect(problemsOf(DEFAULT_RULEBOOK)).toEqual([]);
});

describe('a rulebook is refused', () => {
  it('when it is empty or no rulebook at all', () => {
    expect(withRules()).toEqual(['empty rules']);
    for (const nothing of [null, 3, 'x', []]) expect(problemsOf(nothing)).toEqual(['not_an_object rulebook']);
    expect(problemsOf({})).toEqual(['invalid_value id', 'not_an_integer version', 'not_a_list rules']);
  });

  it('without a fallback', () => {
    const when = { fact: 'currency', op: 'in', value: ['EUR'] };
    expect(withRules(rule('a', when))).toEqual(['no_fallback rules[0].when']);
  });

  it('with a rule that nothing can reach', () => {
    const big = { fact: 'amountMinor', op: 'gte', value: 100 };
    const bigger = { fact: 'amountMinor', op: 'gte', value: 500 };
    const euro = { fact: 'currency', op: 'in', value: ['EUR'] };
    const euroOrDollar = { fact: 'currency', op: 'in', value: ['USD', 'EUR'] };
    expect(withRules(FALLBACK, rule('late'))).toEqual(['unreachable_rule rules[1]']);
    expect(withRules(rule('a', big), rule('b', euro, bigger), FALLBACK)).toEqual(['unreachable_rule rules[1]']);
    expect(withRules(rule('a', euroOrDollar), rule('b', euro), FALLBACK)).toEqual(['unreachable_rule rules[1]']);
    expect(withRules(rule('a', bigger), rule('b', big), FALLBACK)).toEqual([]);
    expect(withRules(rule('a', euro), rule('b', euroOrDollar), FALLBACK)).toEqual([]);
  });

  it('with conditions that can never hold', () => {
    const never = (...when: unknown[]) => withRules(rule('a', ...when), FALLBACK)[0]?.split(' ')[0];
    expect(never({ fact: 'currency', op: 'in', value: [] })).toBe('never_matches');
    expect(never({ fact: 'amountMinor', op: 'gte', value: 5 }, { fact: 'amountMinor', op: 'lt', value: 5 })).toBe(
      'never_matches',
    );
    expect(
      never({ fact: 'brand', op: 'in', value: ['visa'] }, { fact: 'brand', op: 'not_in', value: ['visa', 'amex'] }),
    ).toBe('never_matches');
    expect(
      never({ fact: 'buyerPresent', op: 'is', value: true }, { fact: 'buyerPresent', op: 'is', value: false }),
    ).toBe('never_matches');
  });

  it('with something else than going round or waiting where a processor is down; left out, it goes round', () => {
    for (const word of ['next_processor', 'wait', undefined])
      expect(withFallback({ onProcessorDown: word })).toEqual([]);
    for (const word of ['stop', '', null, 1]) {
      expect(withFallback({ onProcessorDown: word })).toEqual(['invalid_value rules[0].onProcessorDown']);
    }
  });

  it('once for each thing that is wrong, and for nothing that follows from it', () => {
    expect(withRules({ ...FALLBACK, name: 3 }, { ...rule('a'), name: 4 })).toEqual([
      'invalid_value rules[0].name',
      'invalid_value rules[1].name',
      'unreachable_rule rules[1]',
    ]);
    expect(withRules(FALLBACK, { ...FALLBACK, name: 'b', when: 3 })).toEqual(['not_a_list rules[1].when']);
    expect(withFallback({ recoveryPaths: 'invoice' })).toEqual(['not_a_list rules[0].recoveryPaths']);
    expect(withFallback({ laterTriesMs: [DAY_MS, 'x'] })).toEqual(['not_an_integer rules[0].laterTriesMs[1]']);
    expect(withFallback({ laterTriesMs: [DAY_MS, DAY_MS] })).toEqual(['not_increasing rules[0].laterTriesMs[1]']);
    const windows = (fields: object) => withFallback({ windows: { ...FALLBACK.windows, ...fields } });
    const least = { buyerPatienceMs: 60_000, unknownBuyerLimitMs: 60_000 };
    expect(windows(least)).toEqual([]);
    for (const field of ['buyerPatienceMs', 'unknownBuyerLimitMs']) {
      for (const value of ['1', '9999999', null]) {
        expect(windows({ ...least, [field]: value })).toEqual([`not_an_integer rules[0].windows.${field}`]);
      }
    }
  });

  it('with conditions of the wrong shape', () => {
    const wrong = (condition: unknown) => withRules(rule('a', condition), FALLBACK);
    const at = 'rules[0].when[0]';
    expect(wrong(3)).toEqual([`not_an_object ${at}`]);
    expect(wrong({ fact: 'mood', op: 'in', value: 3 })).toEqual([`invalid_value ${at}.fact`]);
    expect(wrong({ fact: 'currency', key: 'x', op: 'in', value: ['EUR'] })).toEqual([`unknown_field ${at}.key`]);
    expect(wrong({ fact: 'buyerPresent', op: 'is', value: 'true' })).toEqual([`invalid_value ${at}.value`]);
    expect(wrong({ fact: 'feature', op: 'in', value: 'x' })).toEqual([`invalid_value ${at}.op`]);
    expect(wrong({ fact: 'feature', op: 'has', value: '=x' })).toEqual([`invalid_value ${at}.value`]);
    expect(wrong({ fact: 'currency', op: 'in', value: 'EUR' })).toEqual([`not_a_list ${at}.value`]);
    expect(wrong({ fact: 'currency', op: 'in', value: ['EUR', 'eur'] })).toEqual([`invalid_value ${at}.value[1]`]);
    for (const key of ['', '-x', 'x y', `x\n`, 'x'.repeat(41)]) {
      expect(wrong({ fact: 'metadata', key, op: 'in', value: ['x'] })).toEqual([`invalid_value ${at}.key`]);
    }
  });

  it('with a percentage that is none', () => {
    const wrong = (value: unknown) => withRules(rule('a', { fact: 'percentage', op: 'lt', value }), FALLBACK);
    for (const value of [0, -1, 100.01, 0.001, 33.333, '50', null, Number.NaN]) {
      expect(wrong(value)).toEqual(['out_of_range rules[0].when[0].value']);
    }
    for (const value of [0.01, 33.33, 100]) expect(wrong(value)).toEqual([]);
    expect(withRules(rule('a', { fact: 'percentage', op: 'gte', value: 5 }), FALLBACK)).toEqual([
      'invalid_value rules[0].when[0].op',
    ]);
  });

  it('in words that teach, and that repeat no long text', () => {
    const said = (rulebook: unknown) => checkRulebook(rulebook, SHEETS).map(({ message }) => message);
    const unknown = { ...DEFAULT_RULEBOOK, rules: [{ ...FALLBACK, processors: ['delta'] }] };
    expect(said(unknown)).toEqual(['rules[0].processors[0] must be one of alpha, beta, gamma.']);
    const [problem] = checkRulebook({ ...DEFAULT_RULEBOOK, ['x'.repeat(80)]: 1 }, SHEETS);
    expect(problem).toEqual({
      code: 'unknown_field',
      path: `rulebook.${'x'.repeat(60)}`,
      message: 'rulebook takes id, version, rules.',
    });
  });

  it('with an id of other characters', () => {
    for (const id of ['', 'a b', 'a!', '!a', 'x'.repeat(41)]) {
      expect(problemsOf({ ...DEFAULT_RULEBOOK, id })).toEqual(['invalid_value id']);
    }
  });

  it('with more of anything than the most', () => {
    const paths = ['authenticate', 'saved_method', 'new_method', 'hosted_checkout', 'invoice'];
    expect(withFallback({ recoveryPaths: paths })).toEqual([]);
    expect(withFallback({ recoveryPaths: [...paths, 'invoice'] })).toEqual(['too_many rules[0].recoveryPaths']);
  });

  it('with two rules of one name', () => {
    const when = { fact: 'currency', op: 'in', value: ['EUR'] };
    expect(withRules(rule('same', when), rule('same'))).toEqual(['duplicate_name rules[1].name']);
  });

  it('with no, unknown or repeated processors', () => {
    expect(withFallback({ processors: [] })).toEqual(['empty rules[0].processors']);
    expect(withFallback({ processors: ['alpha', 'delta'] })).toEqual(['unknown_processor rules[0].processors[1]']);
    expect(withFallback({ processors: ['alpha', 'beta', 'alpha'] })).toEqual([
      'duplicate_processor rules[0].processors[2]',
    ]);
  });

  it('with extra tries beyond 1 to 3, or for a processor that the rule does not use', () => {
    for (const tries of [0, -1, 4, 1e9, 1.5, '3', null]) {
      expect(withFallback({ extraTry: { alpha: tries } })).toHaveLength(1);
    }
    expect(withFallback({ extraTry: { alpha: 3 } })).toEqual([]);
    expect(withFallback({ extraTry: { gamma: 1 } })[0]).toBe('unknown_field rules[0].extraTry.gamma');
  });

  it('with absurd numbers', () => {
    for (const attempts of [0, -1, 1e9, 21, 1.5, '3', Number.NaN, null, undefined]) {
      expect(withFallback({ automaticAttempts: attempts })).toHaveLength(1);
    }
    for (const delay of [-1, 0, 100 * 365 * DAY_MS, 366 * DAY_MS, '3', Number.POSITIVE_INFINITY]) {
      expect(withFallback({ laterTriesMs: [delay] })).toHaveLength(1);
    }
    expect(withFallback({ laterTriesMs: [3 * DAY_MS, DAY_MS] })).toEqual(['not_increasing rules[0].laterTriesMs[1]']);
    expect(withFallback({ transient: { sameKeyBackoffMs: [-1] } })).toHaveLength(1);
    expect(withFallback({ transient: { sameKeyBackoffMs: new Array(1e6).fill(1) } })).toHaveLength(1);
    const windows = (fields: object) => withFallback({ windows: { ...FALLBACK.windows, ...fields } });
    expect(windows({ resendMs: 120_001 })).toEqual(['out_of_range rules[0].windows.resendMs']);
    expect(windows({ hostedMs: '3' })).toEqual(['not_an_integer rules[0].windows.hostedMs']);
    expect(windows({ buyerPatienceMs: 1_900_000 })).toEqual(['windows_disordered rules[0].windows.buyerPatienceMs']);
  });

  it('with words that do not exist', () => {
    expect(withFallback({ onBlocked: 'pray' })).toEqual(['invalid_value rules[0].onBlocked']);
    expect(withFallback({ onLateSuccess: 'keep' })).toEqual(['invalid_value rules[0].onLateSuccess']);
    expect(withFallback({ recoveryPaths: ['cash'] })).toEqual(['invalid_value rules[0].recoveryPaths[0]']);
    expect(withFallback({ recoveryPaths: ['invoice', 'invoice'] })).toEqual([
      'duplicate_path rules[0].recoveryPaths[1]',
    ]);
    expect(withFallback({ retryHardDeclines: true })).toEqual(['unknown_field rules[0].retryHardDeclines']);
    expect(withRules(rule('a', { fact: 'mood', op: 'in', value: ['x'] }), FALLBACK)).toHaveLength(1);
    expect(withRules(rule('a', { fact: 'metadata', op: 'in', value: ['x'] }), FALLBACK)).toHaveLength(1);
  });

  it('with a name that a spreadsheet would run', () => {
    for (const name of ['=1+1', '+1', '-1', '@SUM(A1)', '', 'a\nb', 'x'.repeat(81), 3]) {
      expect(withFallback({ name })).toEqual(['invalid_value rules[0].name']);
    }
  });
});

test.prop([fc.jsonValue()])('any value at all gets an answer and no exception', (value) => {
  expect(Array.isArray(checkRulebook(value, SHEETS))).toBe(true);
  expect(Array.isArray(checkRulebook({ ...DEFAULT_RULEBOOK, rules: [value, FALLBACK] }, SHEETS))).toBe(true);
  const broken = { ...FALLBACK, when: [value], windows: value, processors: value } as unknown as Rule;
  const rulebook: Rulebook = { ...DEFAULT_RULEBOOK, rules: [broken] };
  expect(checkRulebook(rulebook, SHEETS).length).toBeGreaterThan(0);
});
