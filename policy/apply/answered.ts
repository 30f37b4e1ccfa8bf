import type { OperationResult } from '../answers.ts';
import { askPerson, type Draft, sheetOf, tell } from '../draft.ts';
import { attemptNumbered, primaryOperation } from '../facts.ts';
import type { Attempt, Operation } from '../order.ts';
import { planProof } from '../plan/proof-times.ts';
import { learn, type Truth } from './end-attempt.ts';

/** An operation came back: write down what it proves. What follows from it is planned afterwards, from the state alone. */
export function applyAnswer(draft: Draft, result: OperationResult): void {
  const attempt = attemptNumbered(draft.order, result.attempt);
  if (attempt === undefined) return;
  if (result.operation === 'lookup') return applyLookup(draft, attempt, result);
  const operation = attempt.operations.find((each) => each.operation === result.operation);
  if (operation === undefined) return;
  operation.endedAt = result.endedAt;
  if (result.claim === 'conflict') return applyConflict(draft, attempt, operation);
  if (!result.sent && result.claim === 'none') return applyNeverSent(draft, attempt, operation, result);
  if (result.provedNotExecuted) operation.sendsNotExecuted += 1;
  const outcome = outcomeOfAllSends(operation, result);
  operation.outcome = outcome;
  switch (result.operation) {
    case 'charge':
    case 'authorize':
    case 'open_hosted':
    case 'open_invoice':
    case 'continue_authentication':
      return applyCollecting(draft, attempt, operation, { ...result, outcome });
    case 'capture':
      return applyCapture(draft, attempt, { ...result, outcome });
    case 'void':
    case 'close_hosted':
    case 'close_invoice':
      return applyFence(draft, attempt, { ...result, outcome });
    case 'refund':
      return applyRefund(draft, attempt, { ...result, outcome });
    default:
      return result.operation satisfies never;
  }
}

/**
 * One send that did nothing does not undo another whose answer was lost: `not_executed` counts only when
 * every send of the key is proved so.
 */
function outcomeOfAllSends(operation: Operation, result: OperationResult): OperationResult['outcome'] {
  if (result.outcome !== 'not_executed') return result.outcome;
  return operation.sendsNotExecuted >= operation.sends ? 'not_executed' : 'unknown';
}

function applyConflict(draft: Draft, attempt: Attempt, operation: Operation): void {
  operation.outcome = 'unknown';
  attempt.outcome ??= 'unknown';
  const text = 'The store holds another claim for this attempt: nothing was sent, a person has to look';
  askPerson(draft, 'claim_conflict', attempt, text);
}

/** Nothing left the house: too late for this buyer, the store was down, or no worker took it in time. */
function applyNeverSent(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): void {
  operation.sendsNotExecuted += 1;
  const everySend = operation.sendsNotExecuted >= operation.sends;
  operation.outcome = everySend ? 'not_executed' : 'unknown';
  if (operation !== primaryOperation(attempt)) return;
  if (!everySend) {
    planProof(draft, attempt, sheetOf(draft, attempt.processor));
    return;
  }
  const late = result.evidence === 'late';
  learn(draft, attempt, { ...truthOf(result), outcome: 'not_executed', failureClass: late ? null : 'transient' });
  if (late) draft.order.askedBuyer = true;
  else planProof(draft, attempt, sheetOf(draft, attempt.processor));
}

function applyCollecting(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): void {
  const sheet = sheetOf(draft, attempt.processor);
  learn(draft, attempt, truthOf(result));
  if (attempt.outcome === 'unknown' && attempt.proof !== null) {
    attempt.proof.absentAt = [];
    const useless = result.evidence.startsWith('http_5') && sheet?.idempotency?.cachesErrors === true;
    if (useless || result.claim === 'expired') operation.resendUntil = null;
  }
  planProof(draft, attempt, sheet);
}

function applyCapture(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (result.outcome === 'succeeded') {
    attempt.money.captured = result.amountMinor ?? attempt.money.authorized;
    attempt.proof = null;
    tell(draft, 'captured', `Captured at ${attempt.processor}`, { actor: 'processor', attempt });
    return;
  }
  if (result.outcome === 'declined') {
    askPerson(
      draft,
      'capture_declined',
      attempt,
      `${attempt.processor} refused the capture (${result.code ?? result.evidence})`,
    );
    return;
  }
  followUp(draft, attempt);
}

function applyFence(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (result.found === 'closed' || result.outcome === 'succeeded') return confirmFence(draft, attempt, result.evidence);
  tell(draft, 'fence_unconfirmed', `${attempt.processor} has not confirmed that attempt ${attempt.number} is closed`, {
    attempt,
    evidence: result.evidence,
  });
  followUp(draft, attempt);
}

/** The processor says that this attempt can take no money any more. */
export function confirmFence(draft: Draft, attempt: Attempt, evidence: string): void {
  const abandoned = attempt.kind === 'card' && attempt.outcome === 'requires_action';
  attempt.fencedAt = draft.now;
  attempt.proof = null;
  attempt.endedAt = draft.now;
  attempt.action = null;
  if (attempt.money.authorized > 0 && attempt.money.captured === 0) attempt.money.voided = attempt.money.authorized;
  else {
    attempt.outcome = 'not_executed';
    attempt.failureClass = abandoned ? 'authentication_failed' : null;
    if (abandoned) attempt.authentication = 'abandoned';
  }
  const primary = primaryOperation(attempt);
  if (primary !== undefined && primary.outcome === 'unknown') primary.outcome = 'not_executed';
  draft.evidence.push(`attempt ${attempt.number} at ${attempt.processor}: closed, confirmed`);
  tell(
    draft,
    'fence_confirmed',
    `${attempt.processor} confirmed: attempt ${attempt.number} can take no money any more`,
    {
      actor: 'processor',
      attempt,
      evidence,
    },
  );
}

function applyRefund(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (result.outcome !== 'succeeded') return;
  attempt.money.refunded += result.amountMinor ?? 0;
  tell(draft, 'refunded', `Refunded at ${attempt.processor}`, { actor: 'processor', attempt });
}

function applyLookup(draft: Draft, attempt: Attempt, result: OperationResult): void {
  const sheet = sheetOf(draft, attempt.processor);
  const { proof } = attempt;
  if (proof !== null) proof.lookups += 1;
  switch (result.found) {
    case 'payment':
      settleByLookup(draft, attempt, result);
      break;
    case 'closed':
      confirmFence(draft, attempt, 'lookup');
      break;
    case 'absent':
      if (proof !== null) proof.absentAt.push(draft.now);
      tell(draft, 'lookup', `${attempt.processor} does not know this payment`, { attempt, evidence: 'absent' });
      believeAbsence(draft, attempt);
      break;
    default:
      if (proof !== null) proof.absentAt = [];
      tell(draft, 'lookup', `${attempt.processor} has no answer yet`, {
        attempt,
        evidence: result.found ?? result.evidence,
      });
  }
  if (attempt.proof !== null) planProof(draft, attempt, sheet);
}

function settleByLookup(draft: Draft, attempt: Attempt, result: OperationResult): void {
  const primary = primaryOperation(attempt);
  const known = attempt.outcome === result.outcome && result.outcome !== 'succeeded';
  if (primary !== undefined && result.outcome !== 'unknown') primary.outcome = result.outcome;
  if (!known && attempt.outcome !== 'succeeded') return learn(draft, attempt, { ...truthOf(result), source: 'lookup' });
  if (result.outcome === 'succeeded' && result.authorizedOnly !== true && attempt.money.captured === 0) {
    learn(draft, attempt, { ...truthOf(result), source: 'lookup' });
  }
}

/** Absence is believed only as the sheet says: so many answers, so far apart, all after the last send. */
function believeAbsence(draft: Draft, attempt: Attempt): void {
  const rule = sheetOf(draft, attempt.processor)?.lookup?.absence;
  if (rule === null || rule === undefined || attempt.proof === null || attempt.outcome !== 'unknown') return;
  const first = attempt.proof.absentAt[0];
  if (first === undefined || attempt.proof.absentAt.length < rule.answers) return;
  if (draft.nowMs - Date.parse(first) < rule.settleMs) return;
  const primary = primaryOperation(attempt);
  if (primary !== undefined) {
    primary.outcome = 'not_executed';
    primary.sendsNotExecuted = primary.sends;
  }
  if (attempt.failureClass === 'duplicate') {
    const text = `${attempt.processor} called it a duplicate, and knows no payment of ours: a person has to look`;
    learn(draft, attempt, { ...ABSENT, failureClass: 'duplicate' });
    askPerson(draft, 'duplicate_unexplained', attempt, text);
    return;
  }
  learn(draft, attempt, ABSENT);
}

const ABSENT: Truth = {
  outcome: 'not_executed',
  failureClass: 'transient',
  forbidsInstrument: false,
  retryAfterMs: null,
  source: 'absent, proved by lookups across the settle window',
};

/** A capture or fence without a clear answer: look, and send its key again while that is allowed. */
function followUp(draft: Draft, attempt: Attempt): void {
  attempt.proof ??= { since: draft.now, lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null };
  planProof(draft, attempt, sheetOf(draft, attempt.processor));
}

export function truthOf(result: OperationResult): Truth {
  return {
    outcome: result.outcome,
    failureClass: result.failureClass,
    forbidsInstrument: result.forbidsInstrument,
    retryAfterMs: result.retryAfterMs,
    source: result.evidence,
    ...(result.document === '' ? {} : { document: `${result.document} (${result.edition})` }),
    reference: result.reference,
    amountMinor: result.amountMinor,
    currency: result.currency,
    authorizedOnly: result.authorizedOnly,
    code: result.code,
    network: result.network,
    networkCode: result.networkCode,
    adviceCode: result.adviceCode,
    authentication: result.authentication,
    action: result.action,
    last4: result.last4,
  };
}
