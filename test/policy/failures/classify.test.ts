import { describe, expect, it } from 'vitest';
import type { ProcessorAnswer, ProcessorResult } from '../../../policy/answers.ts';
import { classify, classifyEvent } from '../../../policy/failures/classify.ts';
import type { OperationName } from '../../../policy/terms.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';

const { alpha } = SIMULATOR_SHEETS;

function said(answer: ProcessorAnswer, operation: OperationName = 'charge', issuerRegion?: string) {
  const context = { operation, ...(issuerRegion === undefined ? {} : { issuerRegion }) };
  const { outcome, failureClass } = classify(answer, alpha, context);
  return `${outcome}/${failureClass}`;
}
const declined = (fields: Partial<ProcessorResult>) =>
  classify({ kind: 'result', status: 'declined', ...fields }, alpha, { operation: 'charge' });
const classOf = (fields: Partial<ProcessorResult>) => declined(fields).failureClass;
const httpError = (httpStatus: number, code?: string, executed?: false): ProcessorAnswer => ({
  kind: 'http_error',
  httpStatus,
  ...(code === undefined ? {} : { code }),
  ...(executed === undefined ? {} : { executed }),
});

describe('faults on the wire', () => {
  it('prove nothing, except that a refused connection carried nothing', () => {
    expect(said({ kind: 'fault', fault: 'refused' })).toBe('not_executed/transient');
    expect(said({ kind: 'fault', fault: 'timeout' })).toBe('unknown/unknown_outcome');
    expect(said({ kind: 'fault', fault: 'cut' })).toBe('unknown/unknown_outcome');
  });

  it('of a lookup say nothing about the payment that was looked up', () => {
    const answers: ProcessorAnswer[] = [
      { kind: 'fault', fault: 'refused' },
      httpError(503, 'down', false),
      httpError(429),
      httpError(401),
      httpError(404, 'not_found', false),
    ];
    for (const answer of answers) expect(said(answer, 'lookup')).toBe('unknown/unknown_outcome');
  });
});

describe('HTTP errors', () => {
  it('are not executed where the sheet lists the status', () => {
    expect(said(httpError(429, 'rate_limited'))).toBe('not_executed/transient');
    expect(said(httpError(503, 'service_unavailable'))).toBe('not_executed/transient');
    const strict = { ...alpha, notExecutedStatuses: [] };
    expect(classify(httpError(503), strict, { operation: 'charge' }).outcome).toBe('unknown');
    expect(classify(httpError(429), strict, { operation: 'charge' }).outcome).toBe('unknown');
  });

  it('with a 500 leave the outcome unknown', () => {
    expect(said(httpError(500, 'internal_error'))).toBe('unknown/unknown_outcome');
    expect(said(httpError(502))).toBe('unknown/unknown_outcome');
    expect(said(httpError(502, 'x', false))).toBe('not_executed/transient');
  });

  it('skip a processor that lacks a feature or does not accept our credentials', () => {
    expect(said(httpError(422, 'unsupported_feature', false))).toBe('not_executed/unsupported');
    expect(said(httpError(405, 'not_supported'))).toBe('not_executed/unsupported');
    expect(said(httpError(401))).toBe('not_executed/misconfigured');
    expect(said(httpError(403))).toBe('not_executed/misconfigured');
    expect(said(httpError(400, 'invalid_request', false))).toBe('not_executed/misconfigured');
    expect(said(httpError(400, 'invalid_token', false))).toBe('not_executed/instrument_problem');
  });

  it('in flight are waited for', () => {
    expect(said(httpError(409, 'in_flight'))).toBe('unknown/in_flight');
    expect(said(httpError(409, 'payment_pending', false), 'void')).toBe('not_executed/in_flight');
  });

  it('that tell of something earlier leave the outcome to be proved', () => {
    expect(said(httpError(409, 'idempotency_key_reuse', false))).toBe('unknown/duplicate');
    expect(said(httpError(409, 'already_captured', false), 'void')).toBe('unknown/duplicate');
    expect(said(httpError(409, 'already_paid', false), 'close_hosted')).toBe('unknown/duplicate');
  });

  it('with a code that nobody mapped are unclassified, and unknown unless said to be not executed', () => {
    expect(said(httpError(400, 'brand_new'))).toBe('unknown/unclassified');
    expect(said(httpError(404))).toBe('unknown/unclassified');
    expect(said(httpError(400, 'brand_new', false))).toBe('not_executed/unclassified');
  });

  it('that carry a decline are declines', () => {
    expect(said(httpError(402, 'insufficient_funds'))).toBe('declined/soft_decline');
    expect(classify(httpError(402, 'stolen_card'), alpha, { operation: 'charge' }).forbidsInstrument).toBe(true);
  });

  it('that cannot be read are unknown', () => {
    expect(said(httpError(200))).toBe('unknown/unknown_outcome');
    expect(said(httpError(302))).toBe('unknown/unknown_outcome');
  });
});

describe('results', () => {
  const result = (status: ProcessorResult['status']): ProcessorAnswer => ({ kind: 'result', status });

  it('that went well have no class', () => {
    expect(said(result('succeeded'))).toBe('succeeded/null');
    expect(said(result('requires_action'))).toBe('requires_action/null');
    expect(said(result('pending'))).toBe('pending/null');
    expect(said(result('closed'), 'void')).toBe('not_executed/null');
  });

  it('of lookups do not decide absence: the workflow needs two answers', () => {
    expect(said(result('absent'), 'lookup')).toBe('unknown/unknown_outcome');
    expect(said(result('in_flight'), 'lookup')).toBe('unknown/in_flight');
  });
});

describe('declines', () => {
  it('take their class from the table of the processor', () => {
    expect(classOf({ code: 'insufficient_funds' })).toBe('soft_decline');
    expect(classOf({ code: 'do_not_honor' })).toBe('issuer_decline_unspecified');
    expect(classOf({ code: 'processor_declined' })).toBe('processor_decline');
    expect(classOf({ code: 'expired_card' })).toBe('instrument_problem');
    expect(classOf({ code: 'blocked' })).toBe('blocked');
    expect(declined({ code: 'blocked_for_good' })).toMatchObject({
      failureClass: 'blocked_for_good',
      forbidsInstrument: true,
    });
    expect(declined({ code: 'stolen_card' })).toMatchObject({ outcome: 'declined', forbidsInstrument: true });
  });

  it('with a code that nobody mapped, or none, are unclassified', () => {
    expect(classOf({ code: 'brand_new' })).toBe('unclassified');
    expect(classOf({})).toBe('unclassified');
    expect(classOf({ code: 'Insufficient_Funds' })).toBe('unclassified');
    expect(classOf({ code: 'constructor' })).toBe('unclassified');
  });

  it('called duplicate are evidence of an earlier success, so the outcome is unknown', () => {
    expect(declined({ code: 'duplicate' })).toMatchObject({ outcome: 'unknown', failureClass: 'duplicate' });
    expect(declined({ code: 'duplicate', adviceCode: '03' })).toMatchObject({
      outcome: 'unknown',
      failureClass: 'duplicate',
      forbidsInstrument: true,
    });
  });

  it('of Visa category 1 forbid the instrument whatever the processor calls them', () => {
    const classified = declined({ code: 'do_not_honor', network: 'visa', networkCode: '14' });
    expect(classified).toMatchObject({ failureClass: 'hard_decline', forbidsInstrument: true, edition: '2026-04-18' });
  });

  it('do not read the digits of one network as those of another', () => {
    expect(classOf({ code: 'do_not_honor', network: 'mastercard', networkCode: '14' })).toBe(
      'issuer_decline_unspecified',
    );
  });

  it('are not softened by a milder network code', () => {
    expect(declined({ code: 'stolen_card', network: 'visa', networkCode: '51' }).forbidsInstrument).toBe(true);
    expect(classOf({ code: 'brand_new', network: 'visa', networkCode: '51' })).toBe('unclassified');
  });

  it('with a network code or advice that nobody mapped are not retried', () => {
    expect(classOf({ code: 'insufficient_funds', network: 'visa', networkCode: 'ZZ' })).toBe('unclassified');
    expect(classOf({ code: 'insufficient_funds', adviceCode: '99' })).toBe('unclassified');
  });

  it('follow the advice to stop, to wait, and ignore mere information', () => {
    expect(declined({ code: 'insufficient_funds', adviceCode: '03' })).toMatchObject({
      failureClass: 'hard_decline',
      forbidsInstrument: true,
    });
    expect(declined({ code: 'insufficient_funds', adviceCode: '24' })).toMatchObject({
      failureClass: 'soft_decline',
      retryAfterMs: 3_600_000,
    });
    expect(declined({ code: 'insufficient_funds', adviceCode: '41' })).toMatchObject({
      failureClass: 'soft_decline',
      retryAfterMs: null,
      forbidsInstrument: false,
    });
  });

  it('after a challenge, passed or not, go to no other processor', () => {
    for (const authentication of ['challenged', 'failed', 'abandoned'] as const) {
      expect(classOf({ code: 'insufficient_funds', authentication })).toBe('authentication_failed');
      expect(classOf({ code: 'authentication_required', authentication })).toBe('authentication_failed');
    }
    expect(declined({ code: 'stolen_card', authentication: 'challenged' }).forbidsInstrument).toBe(true);
  });

  it('after no, exempt, frictionless or unavailable authentication keep their class', () => {
    for (const authentication of ['none', 'exempt', 'frictionless', 'unavailable'] as const) {
      expect(classOf({ code: 'insufficient_funds', authentication })).toBe('soft_decline');
    }
    expect(classOf({ code: 'do_not_honor', network: 'visa', networkCode: '1A', authentication: 'frictionless' })).toBe(
      'authentication_required',
    );
  });

  it('of refunds have nothing to do with how the buyer authenticated', () => {
    const refund: ProcessorAnswer = {
      kind: 'result',
      status: 'declined',
      code: 'refund_failed',
      authentication: 'challenged',
    };
    expect(said(refund, 'refund')).toBe('declined/processor_decline');
  });
});

describe('webhooks', () => {
  const event = { eventId: 'e', processor: 'alpha', merchantId: 'default', orderId: 'o', occurredAt: '' } as const;

  it('of failed payments are classified like answers', () => {
    expect(classifyEvent({ ...event, type: 'payment_failed', code: 'stolen_card' }, alpha)).toMatchObject({
      failureClass: 'hard_decline',
      forbidsInstrument: true,
    });
  });

  it('of anything else are left as they are', () => {
    const success = { ...event, type: 'payment_succeeded' } as const;
    expect(classifyEvent(success, alpha)).toBe(success);
  });

  it('carries the wait that its advice names, divided in test mode', () => {
    const declined = { ...event, type: 'payment_failed', code: 'insufficient_funds', network: 'mastercard' } as const;
    expect(classifyEvent({ ...declined, adviceCode: '24' }, alpha).retryAfterMs).toBe(3_600_000);
    expect(classifyEvent({ ...declined, adviceCode: '24' }, alpha, { timeScale: 60 }).retryAfterMs).toBe(60_000);
    expect(classifyEvent(declined, alpha)).not.toHaveProperty('retryAfterMs');
  });
});
