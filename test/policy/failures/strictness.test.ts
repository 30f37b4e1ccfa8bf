import { describe, expect, it } from 'vitest';
import { classify, classifyEvent } from '../../../policy/failures/classify.ts';
import { explainCode } from '../../../policy/failures/explain-code.ts';
import { buildTables, type FailureRow } from '../../../policy/failures/rows.ts';
import { codeSourceOf } from '../../../policy/failures/sources.ts';
import { permitsOf, stricter } from '../../../policy/failures/strictness.ts';
import type { FailureClass } from '../../../policy/terms.ts';
import { SIMULATOR_SHEETS } from '../../../processors/simulator/sheets.ts';

const { alpha } = SIMULATOR_SHEETS;

/** What we may do by ourselves, class by class, and what is left for the buyer. */
const BY_CLASS: Record<FailureClass, [string, string]> = {
  transient: ['here, elsewhere', 'none'],
  processor_decline: ['here, elsewhere', 'choose_method'],
  soft_decline: ['elsewhere, later', 'choose_method'],
  issuer_decline_unspecified: ['elsewhere', 'choose_method'],
  unsupported: ['elsewhere', 'none'],
  misconfigured: ['elsewhere', 'none'],
  blocked: ['elsewhere', 'choose_method'],
  authentication_required: ['', 'authenticate'],
  instrument_problem: ['', 'fix_method'],
  unclassified: ['', 'choose_method'],
  authentication_failed: ['', 'choose_method'],
  hard_decline: ['', 'new_method'],
  blocked_for_good: ['', 'new_method'],
  unknown_outcome: ['', 'wait_confirming'],
  in_flight: ['', 'wait_confirming'],
  duplicate: ['', 'wait_confirming'],
};

const row = (code: string, more: Partial<FailureRow>): FailureRow => ({
  ...{ source: 'simulator', code, class: 'unclassified', document: 'd', edition: 'e', evidence: 'primary', note: '' },
  ...more,
});

describe('a class', () => {
  it.each(Object.entries(BY_CLASS))('%s permits exactly: %j', (name, [permitted, buyerAction]) => {
    const { sameProcessor, otherProcessor, later } = permitsOf(name as FailureClass);
    const said = [sameProcessor && 'here', otherProcessor && 'elsewhere', later && 'later'].filter(Boolean).join(', ');
    expect(said).toBe(permitted);
    const tables = buildTables([row('x', { class: name as FailureClass })]);
    expect(explainCode('simulator', 'x', {}, tables)).toMatchObject({
      autoRetrySameProcessor: sameProcessor,
      autoRetryOtherProcessor: otherProcessor,
      retryLater: later,
      buyerAction,
    });
    const waits = buildTables([row('x', { class: name as FailureClass, retryAfterMs: 1 })]);
    expect(explainCode('simulator', 'x', {}, waits)).toMatchObject({
      autoRetrySameProcessor: false,
      autoRetryOtherProcessor: false,
      retryLater: later,
    });
  });

  it('of which one allows a try here and the other a later one leaves what both allow', () => {
    for (const here of ['transient', 'processor_decline'] as const) {
      expect(stricter(here, 'soft_decline')).toBe('issuer_decline_unspecified');
      expect(stricter('soft_decline', here)).toBe('issuer_decline_unspecified');
    }
  });

  it('that is null informs and allows nothing by itself', () => {
    expect(explainCode('mastercard_mac', '41')).toMatchObject({ known: true, class: null, buyerAction: 'none' });
    expect(permitsOf(null)).toEqual({ sameProcessor: false, otherProcessor: false, later: false });
  });
});

describe('a classification names what decided', () => {
  const declined = (fields: object) =>
    classify({ kind: 'result', status: 'declined', ...fields }, alpha, { operation: 'charge' });

  it('the stricter row, and not the one that was read last', () => {
    expect(declined({ code: 'stolen_card', network: 'visa', networkCode: '51' }).document).toBe(
      'Recoup simulator, README',
    );
    expect(declined({ code: 'do_not_honor', network: 'visa', networkCode: '14' }).document).toContain('Visa');
  });

  it('that nobody mapped the code, shortened, or that there was none', () => {
    expect(declined({}).document).toBe('simulator: declined without a code');
    expect(declined({ code: 'brand_new' }).document).toBe('simulator: brand_new is not mapped');
    expect(declined({ code: 'x'.repeat(80) }).document).toBe(`simulator: ${'x'.repeat(64)} is not mapped`);
  });

  it('the sheet, where that says that a status was not executed', () => {
    const said = { outcome: 'not_executed', failureClass: 'transient', forbidsInstrument: false, retryAfterMs: null };
    const document = 'alpha: the sheet lists HTTP 503 as not executed';
    const answer = { kind: 'http_error', httpStatus: 503 } as const;
    expect(classify(answer, alpha, { operation: 'charge' })).toEqual({ ...said, document, edition: '' });
    const coded = classify({ ...answer, code: 'down' }, alpha, { operation: 'charge' });
    expect(coded).toEqual({ ...said, document, edition: '0.1.0' });
  });

  it('nothing, where nothing went wrong', () => {
    expect(classify({ kind: 'result', status: 'succeeded' }, alpha, { operation: 'charge' })).toEqual({
      ...{ outcome: 'succeeded', failureClass: null, forbidsInstrument: false, retryAfterMs: null },
      ...{ document: '', edition: '' },
    });
  });
});

describe('a refusal over HTTP', () => {
  const refused = (httpStatus: number, code: string, more: object = {}, tables?: ReturnType<typeof buildTables>) =>
    classify({ kind: 'http_error', httpStatus, code, ...more }, alpha, { operation: 'charge' }, tables);

  it('forbids the instrument, or makes it wait, only where its row says so', () => {
    expect(refused(402, 'insufficient_funds')).toMatchObject({ forbidsInstrument: false, retryAfterMs: null });
    const tables = buildTables([row('later', { class: 'soft_decline', retryAfterMs: 7 })]);
    expect(refused(402, 'later', {}, tables).retryAfterMs).toBe(7);
  });

  it('with a 500 proves nothing, whatever decline it names; unless it says that nothing was executed', () => {
    expect(refused(500, 'insufficient_funds')).toMatchObject({ outcome: 'unknown', failureClass: 'unknown_outcome' });
    expect(refused(500, 'brand_new', { executed: false })).toMatchObject({
      outcome: 'not_executed',
      failureClass: 'transient',
    });
  });

  it('that was not executed is not called unknown by its code', () => {
    expect(refused(503, 'internal_error', { executed: false }).outcome).toBe('not_executed');
    const strict = { ...alpha, notExecutedStatuses: [] };
    const answer = { kind: 'http_error', httpStatus: 503, code: 'internal_error', executed: false } as const;
    expect(classify(answer, strict, { operation: 'charge' })).toMatchObject({
      outcome: 'not_executed',
      failureClass: 'transient',
    });
  });

  it('that a table itself calls unclassified leaves the outcome unknown', () => {
    const tables = buildTables([row('odd', { class: 'unclassified' })]);
    expect(refused(402, 'odd', {}, tables).outcome).toBe('unknown');
  });
});

describe('a row for some cards only', () => {
  it('is read by the network and the issuer’s region, whatever their case, in answers and in notices', () => {
    const europe = row('70', { source: 'visa', class: 'authentication_required', region: 'europe' });
    const tables = buildTables([
      row('x', { class: 'soft_decline' }),
      row('70', { source: 'visa', class: 'blocked' }),
      europe,
    ]);
    const fields = { code: 'x', network: 'Visa', networkCode: '70' };
    const said = (region: object) =>
      classify({ kind: 'result', status: 'declined', ...fields }, alpha, { operation: 'charge', ...region }, tables)
        .failureClass;
    expect([said({ issuerRegion: 'Europe' }), said({ issuerRegion: 'us' }), said({})]).toEqual([
      'authentication_required',
      'blocked',
      'blocked',
    ]);
    const event = { eventId: 'e', processor: 'alpha', merchantId: 'default', orderId: 'o', occurredAt: '' } as const;
    const notice = (region: object) =>
      classifyEvent({ ...event, type: 'payment_failed', ...fields }, alpha, region, tables).failureClass;
    expect([notice({ issuerRegion: 'europe' }), notice({})]).toEqual(['authentication_required', 'blocked']);
  });

  it('is preferred to one for every card, the more particular the better', () => {
    const tables = buildTables([
      row('x', { class: 'soft_decline' }),
      row('x', { class: 'blocked', region: 'europe' }),
      row('x', { class: 'hard_decline', network: 'visa' }),
      row('x', { class: 'duplicate', network: 'visa', region: 'europe' }),
    ]);
    const classOf = (network?: string, issuerRegion?: string) =>
      classify(
        { kind: 'result', status: 'declined', code: 'x', ...(network === undefined ? {} : { network }) },
        alpha,
        { operation: 'charge', ...(issuerRegion === undefined ? {} : { issuerRegion }) },
        tables,
      ).failureClass;
    expect([classOf(), classOf(undefined, 'europe'), classOf('visa'), classOf('visa', 'europe')]).toEqual([
      'soft_decline',
      'blocked',
      'hard_decline',
      'duplicate',
    ]);
  });
});

it('the simulated processors share one table of codes; any other has its own', () => {
  expect(['alpha', 'beta', 'gamma', 'stripe'].map(codeSourceOf)).toEqual([
    'simulator',
    'simulator',
    'simulator',
    'stripe',
  ]);
});
