import { type Draft, sheetOf, tell } from '../draft.ts';
import { operationOf } from '../facts.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt, Operation } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import type { MoneyOperationName, StartedBy } from '../terms.ts';
import { attemptText, OPERATION_TEXT } from '../words.ts';
import { resendUntil } from './proof-times.ts';

export interface NewAttempt {
  kind: Attempt['kind'];
  sheet: Sheet;
  instrument: Instrument | null;
  startedBy: StartedBy;
  challenge: boolean;
  /** What this attempt is to the rule: `main processor`, `retry processor`, `extra try`, `buyer’s choice` … */
  role: string;
}

/** Opens attempt n+1 and sends its collecting operation. Callers have checked that nothing is payable. */
export function startAttempt(draft: Draft, start: NewAttempt): void {
  const { order } = draft;
  const attempt: Attempt = {
    number: order.attempts.length + 1,
    round: order.round,
    kind: start.kind,
    startedBy: start.startedBy,
    processor: start.sheet.processor,
    account: start.sheet.account,
    instrumentId: start.instrument?.id ?? null,
    challenge: start.challenge,
    outcome: null,
    failureClass: null,
    processorCode: null,
    networkCode: null,
    adviceCode: null,
    authentication: 'none',
    action: null,
    reference: null,
    operations: [],
    proof: null,
    lookupSince: null,
    fencedAt: null,
    leave: null,
    retryNotBefore: null,
    money: { authorized: 0, captured: 0, voided: 0, refunded: 0, returned: 0, disputed: 0 },
    startedAt: draft.now,
    endedAt: null,
  };
  order.attempts.push(attempt);
  order.retryAt = null;
  draft.decided = `${start.role}: ${attemptText(order, attempt)}`;
  tell(draft, 'attempt_started', `${attemptText(order, attempt)} (${start.role})`, {
    actor: actorOf(start.startedBy),
    attempt,
  });
  send(draft, attempt, collectingOperation(draft, start.kind));
}

function actorOf(startedBy: StartedBy): 'system' | 'buyer' | 'support' {
  return startedBy === 'buyer' || startedBy === 'support' ? startedBy : 'system';
}

export function collectingOperation(draft: Draft, kind: Attempt['kind']): MoneyOperationName {
  if (kind === 'hosted_checkout') return 'open_hosted';
  if (kind === 'invoice') return 'open_invoice';
  return draft.order.facts.capture === 'manual' ? 'authorize' : 'charge';
}

/** Sends an operation of an attempt: for the first time, or once more with the same key. */
export function send(draft: Draft, attempt: Attempt, name: MoneyOperationName): void {
  const operation = operationOf(attempt, name);
  if (operation === undefined) sendNew(draft, attempt, name);
  else sendOperation(draft, attempt, operation);
}

/**
 * Sends an operation under a key of its own: the first of its name, or another one when the one before had a definite
 * outcome and what it was for is still to be done.
 */
export function sendNew(draft: Draft, attempt: Attempt, name: MoneyOperationName, amountMinor?: number): void {
  const sheet = sheetOf(draft, attempt.processor);
  const before = attempt.operations.filter((each) => each.operation === name).length;
  const operation: Operation = {
    operation: name,
    ...(before === 0 ? {} : { number: before + 1 }),
    ...(amountMinor === undefined ? {} : { amountMinor }),
    key: '',
    readableKey: '',
    outcome: null,
    startedAt: draft.now,
    endedAt: null,
    sends: 0,
    sendsNotExecuted: 0,
    resendUntil: sheet === undefined ? null : resendUntil(draft, sheet, name),
  };
  attempt.operations.push(operation);
  sendOperation(draft, attempt, operation);
}

/** The same operation with its own key, for the first time or once more. */
export function sendOperation(draft: Draft, attempt: Attempt, operation: Operation): void {
  const sheet = sheetOf(draft, attempt.processor);
  operation.sends += 1;
  operation.endedAt = null;
  if (operation.outcome === 'not_executed') operation.outcome = null;
  if (attempt.proof !== null) {
    attempt.proof.nextResendAt = null;
    attempt.proof.nextLookupAt = null;
    attempt.proof.absentAt = [];
    attempt.proof.lookups = 0;
  }
  draft.command = {
    attempt: attempt.number,
    operation: operation.operation,
    summary: summaryOf(draft, attempt, operation),
    timeoutMs: timeoutOf(draft, sheet),
  };
}

/** A buyer who waits has an answer in time: no call takes longer than the whole wait. */
function timeoutOf({ order, rule }: Draft, sheet: Sheet | undefined): number {
  const callMs = sheet?.callTimeoutMs ?? 2000;
  return order.facts.buyer.present ? Math.min(callMs, rule.windows.answerWithinMs) : callMs;
}

/** Asks the processor what became of the attempt, or of its refund. */
export function lookUp(draft: Draft, attempt: Attempt, of?: 'refund'): void {
  if (attempt.proof !== null) attempt.proof.nextLookupAt = null;
  attempt.lookupSince = draft.now;
  draft.command = {
    attempt: attempt.number,
    operation: 'lookup',
    ...(of === undefined ? {} : { of }),
    summary: `Attempt ${attempt.number}: ask ${attempt.processor} what became of ${of === undefined ? 'it' : 'its refund'}`,
    timeoutMs: sheetOf(draft, attempt.processor)?.callTimeoutMs ?? 2000,
  };
}

function summaryOf(draft: Draft, attempt: Attempt, { operation: name, sends, amountMinor }: Operation): string {
  const what = attemptText(draft.order, attempt, amountMinor);
  const text = name === 'charge' || name === 'authorize' ? what : `${what}: ${OPERATION_TEXT[name]}`;
  return sends === 1 ? text : `${text}; same key, send ${sends}`;
}

/**
 * When a hosted session or invoice has to close by itself: our window, never longer than the processor allows.
 * Counted from the attempt's start, so that the same key always carries the same request.
 */
export function pageExpiry(plan: Pick<Draft, 'rule' | 'sheets'>, attempt: Attempt): string {
  const sheet = sheetOf(plan, attempt.processor);
  const hosted = attempt.kind === 'hosted_checkout';
  const oursMs = hosted ? plan.rule.windows.hostedMs : plan.rule.windows.invoiceMs;
  const theirsMs = (hosted ? sheet?.hostedMaxMs : sheet?.invoiceMaxMs) ?? oursMs;
  return new Date(Date.parse(attempt.startedAt) + Math.min(oursMs, theirsMs)).toISOString();
}
