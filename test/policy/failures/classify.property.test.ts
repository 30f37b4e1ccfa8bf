import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { ProcessorAnswer, ProcessorResult } from '../../../policy/answers.ts';
import { classify } from '../../../policy/failures/classify.ts';
import { explainCode } from '../../../policy/failures/explain-code.ts';
import { findRow } from '../../../policy/failures/rows.ts';
import { permitsOf, stricter } from '../../../policy/failures/strictness.ts';
import { FAILURE_TABLES } from '../../../policy/failures/tables.ts';
import type { FailureClass } from '../../../policy/terms.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';

const { alpha } = SIMULATOR_SHEETS;
const codesOf = (source: string) => FAILURE_TABLES.rows.flatMap((row) => (row.source === source ? [row.code] : []));
const code = (source: string) => fc.oneof(fc.constantFrom(...codesOf(source)), fc.string({ maxLength: 12 }));
const operation = fc.constantFrom('charge', 'authorize', 'capture', 'void', 'refund', 'lookup', 'open_hosted' as const);
const authentication = fc.constantFrom(
  'none',
  'exempt',
  'frictionless',
  'challenged',
  'abandoned',
  'failed',
  'unavailable' as const,
);

const decline = fc.record(
  {
    kind: fc.constant('result' as const),
    status: fc.constant('declined' as const),
    code: code('simulator'),
    network: fc.constantFrom('visa', 'mastercard', 'amex', 'constructor'),
    networkCode: code('visa'),
    adviceCode: code('mastercard_mac'),
    authentication,
  },
  { requiredKeys: ['kind', 'status'] },
);
const anyAnswer: fc.Arbitrary<ProcessorAnswer> = fc.oneof(
  decline,
  fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom('refused', 'timeout', 'cut' as const) }),
  fc.record(
    {
      kind: fc.constant('http_error' as const),
      httpStatus: fc.integer({ min: 100, max: 599 }),
      code: code('simulator'),
      executed: fc.constant(false as const),
    },
    { requiredKeys: ['kind', 'httpStatus'] },
  ),
  fc.record({
    kind: fc.constant('result' as const),
    status: fc.constantFrom<ProcessorResult['status']>(
      'succeeded',
      'requires_action',
      'pending',
      'in_flight',
      'absent',
      'closed',
    ),
  }),
);

const failureClass = fc.constantFrom(...FAILURE_TABLES.rows.map((row) => row.class).filter((name) => name !== null));
const rowOf = (source: string, name: string | undefined) =>
  name === undefined ? undefined : findRow(FAILURE_TABLES, source, name, {});
const within = (inner: FailureClass, outer: FailureClass) => {
  const [a, b] = [permitsOf(inner), permitsOf(outer)];
  return a.sameProcessor <= b.sameProcessor && a.otherProcessor <= b.otherProcessor && a.later <= b.later;
};

describe('for every answer', () => {
  test.prop([anyAnswer, operation])('there is a classification, the same each time', (answer, name) => {
    const first = classify(answer, alpha, { operation: name });
    expect(first.outcome).toBeTruthy();
    expect(classify(structuredClone(answer), alpha, { operation: name })).toEqual(first);
  });

  test.prop([anyAnswer, operation])(
    'an outcome that did not succeed has a class, unless it is closed',
    (answer, name) => {
      const { outcome, failureClass } = classify(answer, alpha, { operation: name });
      const closed = answer.kind === 'result' && answer.status === 'closed';
      const fine = outcome === 'succeeded' || outcome === 'requires_action' || outcome === 'pending' || closed;
      expect(failureClass === null).toBe(fine);
    },
  );

  test.prop([anyAnswer])('a lookup that brought no result never claims that nothing was executed', (answer) => {
    fc.pre(answer.kind !== 'result');
    expect(classify(answer, alpha, { operation: 'lookup' }).outcome).toBe('unknown');
  });

  test.prop([anyAnswer, operation])('only an explicit statement counts as not executed', (answer, name) => {
    fc.pre(classify(answer, { ...alpha, notExecutedStatuses: [] }, { operation: name }).outcome === 'not_executed');
    const said =
      (answer.kind === 'fault' && answer.fault === 'refused') ||
      (answer.kind === 'result' && answer.status === 'closed') ||
      (answer.kind === 'http_error' &&
        (answer.executed === false || [401, 403].includes(answer.httpStatus) || answer.code !== undefined));
    expect(said).toBe(true);
  });
});

describe('for every decline', () => {
  test.prop([decline])('the whole never allows what any part forbids', (answer) => {
    const whole = classify(answer, alpha, { operation: 'charge' });
    const { network, networkCode, adviceCode } = answer;
    const parts = [rowOf('simulator', answer.code)];
    if (network === 'visa') parts.push(rowOf('visa', networkCode));
    parts.push(rowOf('mastercard_mac', adviceCode));
    for (const part of parts) {
      if (part?.forbidsInstrument) expect(whole.forbidsInstrument).toBe(true);
      expect(whole.retryAfterMs ?? 0).toBeGreaterThanOrEqual(part?.retryAfterMs ?? 0);
      if (part?.class) expect(within(whole.failureClass as FailureClass, part.class)).toBe(true);
    }
    if (parts[0] === undefined || ['challenged', 'failed', 'abandoned'].includes(answer.authentication ?? '')) {
      expect(permitsOf(whole.failureClass)).toEqual({ sameProcessor: false, otherProcessor: false, later: false });
    }
  });

  test.prop([failureClass, failureClass, failureClass])(
    'the stricter class does not depend on the order',
    (a, b, c) => {
      expect(stricter(a, b)).toBe(stricter(b, a));
      expect(within(stricter(a, b), a) && within(stricter(a, b), b)).toBe(true);
      expect(permitsOf(stricter(stricter(a, b), c))).toEqual(permitsOf(stricter(a, stricter(b, c))));
    },
  );

  test.prop([fc.constantFrom(...FAILURE_TABLES.rows)])('explainCode agrees with the row', (row) => {
    const told = explainCode(row.source, row.code, row);
    expect(told).toMatchObject({ known: true, class: row.class, document: row.document, edition: row.edition });
    expect(told.sameInstrumentAllowed).toBe(row.forbidsInstrument !== true);
    if (row.forbidsInstrument) {
      expect([told.autoRetrySameProcessor, told.autoRetryOtherProcessor, told.retryLater]).toEqual([
        false,
        false,
        false,
      ]);
    }
  });
});
