import { describe, expect, it } from 'vitest';
import type { Classification, ProcessorAnswer } from '../../../policy/answers.ts';
import { outcomeOfAct } from '../../../policy/failures/acts.ts';
import { classify, classifyEvent } from '../../../policy/failures/classify.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';

const { alpha } = SIMULATOR_SHEETS;
const event = { eventId: 'e', processor: 'alpha', merchantId: 'default', orderId: 'o', occurredAt: '' } as const;

describe('a code that forbids a card', () => {
  const EVERYWHERE: [object, boolean | undefined][] = [
    [{ code: 'stolen_card' }, true],
    [{ code: 'insufficient_funds', adviceCode: '03' }, true],
    [{ code: 'blocked_for_good' }, undefined],
    [{ code: 'blocked_for_good', adviceCode: '03' }, true],
    [{ code: 'insufficient_funds' }, undefined],
  ];
  it.each(EVERYWHERE)('%j does so for every order: %s', (said, everywhere) => {
    const answered = classify({ kind: 'result', status: 'declined', ...said }, alpha, { operation: 'charge' });
    expect(answered.forbidsEverywhere).toBe(everywhere);
    const noticed = classifyEvent({ ...event, type: 'payment_failed', ...said }, alpha);
    expect([noticed.forbidsEverywhere, 'forbidsEverywhere' in noticed]).toEqual([everywhere, everywhere === true]);
  });

  it('does so in a refusal over HTTP too, where it is no block of one order', () => {
    const refused = (code: string) =>
      classify({ kind: 'http_error', httpStatus: 402, code }, alpha, { operation: 'charge' }).forbidsEverywhere;
    expect(['stolen_card', 'blocked_for_good', 'insufficient_funds'].map(refused)).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });
});

describe('an operation on something that exists', () => {
  const outcomeOf = (operation: 'refund' | 'void', answer: ProcessorAnswer, said: Partial<Classification> = {}) =>
    outcomeOfAct(operation, answer, { outcome: 'unknown', failureClass: null, ...said } as Classification);
  const http = (httpStatus: number, more: object = {}): ProcessorAnswer => ({
    kind: 'http_error',
    httpStatus,
    ...more,
  });

  it('that was refused with a 4xx got a definite no; with anything else what was said stays', () => {
    expect([outcomeOf('void', http(400)), outcomeOf('void', http(409)), outcomeOf('void', http(499))]).toEqual([
      'declined',
      'declined',
      'declined',
    ]);
    for (const status of [302, 399, 429, 500, 503]) expect(outcomeOf('void', http(status))).toBe('unknown');
    expect(outcomeOf('void', http(409), { failureClass: 'in_flight' })).toBe('unknown');
    expect(outcomeOf('void', { kind: 'fault', fault: 'timeout' })).toBe('unknown');
    expect(outcomeOf('void', { kind: 'result', status: 'closed' })).toBe('succeeded');
    expect(outcomeOf('void', { kind: 'result', status: 'pending' }, { outcome: 'pending' })).toBe('pending');
  });

  it('that is a refund got a no only from what names itself', () => {
    expect(outcomeOf('refund', http(400))).toBe('unknown');
    expect(outcomeOf('refund', http(400, { executed: false }))).toBe('declined');
    expect(outcomeOf('refund', http(400), { outcome: 'declined' })).toBe('declined');
    expect(outcomeOf('refund', http(400, { executed: false }), { outcome: 'not_executed' })).toBe('declined');
  });
});
