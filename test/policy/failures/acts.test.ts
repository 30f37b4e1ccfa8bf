import { describe, expect, test } from 'vitest';
import type { ProcessorAnswer } from '../../../policy/answers.ts';
import { outcomeOfAct } from '../../../policy/failures/acts.ts';
import { classify } from '../../../policy/failures/classify.ts';
import type { OperationName } from '../../../policy/terms.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';

const said = (operation: OperationName, answer: ProcessorAnswer) =>
  outcomeOfAct(operation, answer, classify(answer, SIMULATOR_SHEETS.alpha, { operation }));
const error = (httpStatus: number, more: object = {}): ProcessorAnswer => ({ kind: 'http_error', httpStatus, ...more });

describe('what became of a refund', () => {
  test.each([
    ['the processor says that it failed', { kind: 'result', status: 'declined', code: 'refund_failed' }, 'declined'],
    ['more than is left', error(409, { code: 'amount_too_large', executed: false }), 'declined'],
    ['its key is being worked on: it may yet be done', error(409, { code: 'in_flight' }), 'unknown'],
    ['a 4xx that nobody can read: it may have been done', error(408), 'unknown'],
    ['a 4xx with a code that nobody mapped', error(400, { code: 'whatever' }), 'unknown'],
    ['overload, not executed by the sheet', error(503), 'not_executed'],
    ['too many requests', error(429), 'not_executed'],
    ['a 500', error(500), 'unknown'],
    ['no connection', { kind: 'fault', fault: 'refused' }, 'not_executed'],
    ['silence', { kind: 'fault', fault: 'timeout' }, 'unknown'],
  ] as [string, ProcessorAnswer, string][])('%s', (_, answer, outcome) => {
    expect(said('refund', answer)).toBe(outcome);
  });
});

describe('what became of a fence or capture', () => {
  test.each(['void', 'capture', 'close_hosted'] as const)(
    '%s: a 4xx is a no, and the truth one lookup away',
    (operation) => {
      expect(said(operation, error(409, { code: 'already_captured', executed: false }))).toBe('declined');
      expect(said(operation, error(400))).toBe('declined');
      expect(said(operation, error(409, { code: 'in_flight' }))).toBe('unknown');
    },
  );

  test('a confirmation that nothing can be taken is a success', () => {
    expect(said('void', { kind: 'result', status: 'closed' })).toBe('succeeded');
  });
});
