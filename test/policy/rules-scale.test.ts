import { expect, it } from 'vitest';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { scaleClassification, scaleRulebook, scaleSheet } from '../../policy/rules.ts';
import { SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';

it('scale 1 changes nothing', () => {
  expect(scaleRulebook(DEFAULT_RULEBOOK, 1)).toEqual(DEFAULT_RULEBOOK);
  for (const sheet of Object.values(SIMULATOR_SHEETS)) expect(scaleSheet(sheet, 1)).toEqual(sheet);
});

it('windows and schedules shrink, the time for the first answer does not', () => {
  const rule = scaleRulebook(DEFAULT_RULEBOOK, 1000).rules[1];
  expect(rule?.windows).toEqual({
    answerWithinMs: 15_000,
    authenticationMs: 3_600,
    buyerMs: 86_400,
    hostedMs: 259_200,
    invoiceMs: 1_209_600,
    buyerPatienceMs: 60,
    unknownBuyerLimitMs: 1_800,
    resendMs: 120,
  });
  expect(rule?.laterTriesMs).toEqual([86_400, 259_200, 604_800]);
  expect(rule?.transient.sameKeyBackoffMs).toEqual([1, 2]);
});

it('key, settle and lookup times shrink, call timeouts do not', () => {
  const sheet = scaleSheet(SIMULATOR_SHEETS.alpha, 7);
  expect(sheet.callTimeoutMs).toBe(2_000);
  expect(sheet.idempotency?.windowMs).toBe(Math.floor(86_400_000 / 7));
  expect(sheet.lookup?.absence?.settleMs).toBe(Math.ceil(3_000 / 7));
  expect(sheet.lookup?.scheduleMs).toEqual([143, 429, 858, 1_715]);
  expect(scaleSheet(SIMULATOR_SHEETS.gamma, 7).lookup).toBeNull();
});

it('an exact wait is a schedule too', () => {
  const advice = {
    outcome: 'declined',
    failureClass: 'soft_decline',
    forbidsInstrument: false,
    retryAfterMs: 3_600_000,
    document: '',
    edition: '',
  } as const;
  expect(scaleClassification(advice, 3_600).retryAfterMs).toBe(1_000);
});

it('a scale that would stretch time is refused', () => {
  for (const scale of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => scaleSheet(SIMULATOR_SHEETS.alpha, scale)).toThrow(RangeError);
  }
});
