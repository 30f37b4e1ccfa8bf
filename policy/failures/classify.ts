import type { Classification, ProcessorAnswer, ProcessorEvent, ProcessorResult } from '../answers.ts';
import { scaleClassification } from '../rulebooks/scale.ts';
import type { Sheet } from '../sheet.ts';
import type { FailureClass, OperationName, Outcome } from '../terms.ts';
import { type FailureRow, type FailureTables, findRow } from './rows.ts';
import { codeSourceOf } from './sources.ts';
import { stricter } from './strictness.ts';
import { FAILURE_TABLES } from './tables.ts';

export interface ClassifyContext {
  operation: OperationName;
  /** Lower case, as in the tables: `europe`, `cemea` … Absent: unknown. */
  issuerRegion?: string;
}

type HttpError = Extract<ProcessorAnswer, { kind: 'http_error' }>;

/** Operations in which an instrument is tried; in the others a declined answer says nothing about authentication. */
const TRIES_INSTRUMENT: ReadonlySet<OperationName> = new Set([
  'charge',
  'authorize',
  'continue_authentication',
  'open_hosted',
  'open_invoice',
  'lookup',
]);

/** Classes that leave open whether money has moved. */
const UNPROVED: ReadonlySet<FailureClass> = new Set(['unknown_outcome', 'in_flight', 'duplicate']);

/** Classes that mean, in a refusal, that the request was not carried out, rather than that a payment was declined. */
const REFUSALS: ReadonlySet<FailureClass> = new Set(['transient', 'unsupported', 'misconfigured']);

/**
 * What an answer means: outcome, failure class, and the row that decided. Total: every answer has a classification.
 *
 * 1. A fault proves nothing, except a refused connection: then no byte was sent.
 * 2. A lookup that failed tells nothing of what it asked for.
 * 3. An HTTP error is "not executed" only if the sheet or the body says so, or its code is a documented refusal.
 * 4. A decline takes the strictest of code, network code, advice and authentication. Text is never read.
 */
export function classify(
  answer: ProcessorAnswer,
  sheet: Sheet,
  context: ClassifyContext,
  tables: FailureTables = FAILURE_TABLES,
): Classification {
  switch (answer.kind) {
    case 'fault':
      if (answer.fault === 'refused' && context.operation !== 'lookup') {
        return fromRow('not_executed', transportRow(tables, 'refused'));
      }
      return ofFault(tables, answer.fault);
    case 'http_error':
      return context.operation === 'lookup'
        ? ofFault(tables, 'http_other')
        : ofHttpError(answer, sheet, context, tables);
    case 'result':
      return ofResult(answer, sheet, context, tables);
    default:
      return answer satisfies never;
  }
}

/** A verified webhook with the class of what it tells, filled in before anybody decides on it. */
export function classifyEvent(
  event: ProcessorEvent,
  sheet: Sheet,
  context: { issuerRegion?: string; timeScale?: number } = {},
  tables: FailureTables = FAILURE_TABLES,
): ProcessorEvent {
  if (event.type !== 'payment_failed') return event;
  const { code, network, networkCode, adviceCode, authentication } = event;
  const said = { code, network, networkCode, adviceCode, authentication };
  const answer = { kind: 'result', status: 'declined', ...withoutUndefined(said) } as const;
  const { timeScale = 1, ...region } = context;
  const classified = classify(answer, sheet, { operation: 'charge', ...region }, tables);
  const { failureClass, forbidsInstrument, forbidsEverywhere, retryAfterMs } = scaleClassification(
    classified,
    timeScale,
  );
  return {
    ...event,
    ...(failureClass === null ? {} : { failureClass }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    forbidsInstrument,
    ...(forbidsEverywhere === undefined ? {} : { forbidsEverywhere }),
  };
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function ofResult(
  result: ProcessorResult,
  sheet: Sheet,
  context: ClassifyContext,
  tables: FailureTables,
): Classification {
  switch (result.status) {
    case 'succeeded':
    case 'requires_action':
    case 'pending':
      return withoutClass(result.status);
    case 'closed':
      return withoutClass('not_executed');
    // One absent answer is no proof: the workflow counts them across the settle window of the sheet.
    case 'absent':
      return { ...withoutClass('unknown'), failureClass: 'unknown_outcome' };
    case 'in_flight':
      return { ...withoutClass('unknown'), failureClass: 'in_flight' };
    case 'declined':
      return ofDecline(result, sheet, context, tables);
    default:
      return result.status satisfies never;
  }
}

function ofHttpError(answer: HttpError, sheet: Sheet, context: ClassifyContext, tables: FailureTables): Classification {
  const row = answer.code === undefined ? undefined : processorRow(answer.code, sheet, undefined, context, tables);
  if (sheet.notExecutedStatuses.includes(answer.httpStatus)) {
    const document = `${sheet.processor}: the sheet lists HTTP ${answer.httpStatus} as not executed`;
    return { ...withoutClass('not_executed'), failureClass: 'transient', document, edition: row?.edition ?? '' };
  }
  if (answer.httpStatus === 401 || answer.httpStatus === 403) {
    return fromRow('not_executed', transportRow(tables, `http_${answer.httpStatus}`));
  }
  // "Not executed" is said of this request; a duplicate says that another one was.
  if (row?.class === 'duplicate') return fromRow('unknown', row);
  if (answer.executed === false) {
    if (row && row.class !== 'unknown_outcome') return fromRow('not_executed', row);
    const fallback = answer.httpStatus >= 500 ? 'http_not_executed' : 'http_4xx';
    return fromRow('not_executed', transportRow(tables, fallback));
  }
  if (answer.httpStatus >= 500) return ofFault(tables, 'http_5xx');
  if (answer.httpStatus < 400) return ofFault(tables, 'http_other');
  if (!row?.class) return fromRow('unknown', transportRow(tables, 'http_4xx'));
  return fromRow(outcomeOfRefusal(row.class), row);
}

/** A 4xx that names a known code: a refusal, a decline in the shape of an error, or something unproved. */
function outcomeOfRefusal(failureClass: FailureClass): Outcome {
  if (UNPROVED.has(failureClass) || failureClass === 'unclassified') return 'unknown';
  return REFUSALS.has(failureClass) ? 'not_executed' : 'declined';
}

function ofDecline(
  result: ProcessorResult,
  sheet: Sheet,
  context: ClassifyContext,
  tables: FailureTables,
): Classification {
  const parts = declineParts(result, sheet, context, tables);
  let decided = parts[0];
  let failureClass: FailureClass = parts[0]?.class ?? 'unclassified';
  for (const part of parts.slice(1)) {
    if (part.class === null) continue;
    const merged = stricter(failureClass, part.class);
    if (merged !== failureClass) decided = part;
    failureClass = merged;
  }
  const waits = parts.map((part) => part.retryAfterMs ?? 0);
  return {
    outcome: UNPROVED.has(failureClass) ? 'unknown' : 'declined',
    failureClass,
    forbidsInstrument: parts.some((part) => part.forbidsInstrument === true),
    ...(parts.some(isForEveryOrder) ? { forbidsEverywhere: true as const } : {}),
    retryAfterMs: waits.some((wait) => wait > 0) ? Math.max(...waits) : null,
    document: decided?.document ?? '',
    edition: decided?.edition ?? '',
  };
}

/** A processor's block list knows orders, not cards: `blocked_for_good` is said of the one order. */
function isForEveryOrder({ forbidsInstrument, class: failureClass }: FailureRow): boolean {
  return forbidsInstrument === true && failureClass !== 'blocked_for_good';
}

/** The rows that have a say in a decline: the processor's code first, then network, advice, authentication. */
function declineParts(
  result: ProcessorResult,
  sheet: Sheet,
  context: ClassifyContext,
  tables: FailureTables,
): FailureRow[] {
  const network = result.network?.toLowerCase();
  const scope = { network, region: context.issuerRegion };
  const parts = [
    (result.code === undefined ? undefined : processorRow(result.code, sheet, network, context, tables)) ??
      unmapped(codeSourceOf(sheet.processor), result.code ?? ''),
  ];
  // A network of which we have no table is silent; one that has a table and does not know the code forbids.
  if (result.networkCode !== undefined && network !== undefined && tables.sources.has(network)) {
    parts.push(findRow(tables, network, result.networkCode, scope) ?? unmapped(network, result.networkCode));
  }
  if (result.adviceCode !== undefined) {
    const source = 'mastercard_mac';
    parts.push(findRow(tables, source, result.adviceCode, scope) ?? unmapped(source, result.adviceCode));
  }
  if (TRIES_INSTRUMENT.has(context.operation) && failedAfterAuthentication(result)) parts.push(AFTER_AUTHENTICATION);
  return parts;
}

/** `unavailable` (technical reasons) and a frictionless pass are not a failure of the buyer to authenticate. */
function failedAfterAuthentication(result: ProcessorResult): boolean {
  const { authentication } = result;
  return authentication === 'failed' || authentication === 'abandoned' || authentication === 'challenged';
}

const AFTER_AUTHENTICATION: FailureRow = {
  source: 'authentication',
  code: 'declined_after_challenge',
  class: 'authentication_failed',
  document: 'Stripe docs, Cross-processor retries with Orchestration (private preview)',
  edition: '2026-11',
  evidence: 'primary',
  note: 'no other processor after 3DS failed, or succeeded and the payment failed',
};

function unmapped(source: string, code: string): FailureRow {
  const note = 'no table knows this code, so nothing is retried automatically';
  const document = code === '' ? `${source}: declined without a code` : `${source}: ${code.slice(0, 64)} is not mapped`;
  return { source, code, class: 'unclassified', document, edition: '', evidence: 'primary', note };
}

function processorRow(
  code: string,
  sheet: Sheet,
  network: string | undefined,
  context: ClassifyContext,
  tables: FailureTables,
): FailureRow | undefined {
  return findRow(tables, codeSourceOf(sheet.processor), code, { network, region: context.issuerRegion });
}

function transportRow(tables: FailureTables, code: string): FailureRow {
  return findRow(tables, 'transport', code, {}) ?? unmapped('transport', code);
}

function ofFault(tables: FailureTables, code: string): Classification {
  return { ...fromRow('unknown', transportRow(tables, code)), failureClass: 'unknown_outcome' };
}

function fromRow(outcome: Outcome, row: FailureRow): Classification {
  return {
    outcome,
    failureClass: row.class,
    forbidsInstrument: row.forbidsInstrument === true,
    ...(isForEveryOrder(row) ? { forbidsEverywhere: true as const } : {}),
    retryAfterMs: row.retryAfterMs ?? null,
    document: row.document,
    edition: row.edition,
  };
}

function withoutClass(outcome: Outcome): Classification {
  return { outcome, failureClass: null, forbidsInstrument: false, retryAfterMs: null, document: '', edition: '' };
}
