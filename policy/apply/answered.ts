import type { OperationResult } from '../answers.ts';
import { askPerson, type Draft, sheetOf, tell } from '../draft.ts';
import { attemptNumbered, hasMoney, isPayable, operationOf, primaryOperation } from '../facts.ts';
import { downReading } from '../health/readings.ts';
import type { Attempt, Operation } from '../order.ts';
import { followUp, planProof } from '../plan/proof-times.ts';
import { PROCESSOR_DOWN } from '../sheet.ts';
import type { FailureClass, Instant } from '../terms.ts';
import { instantText, minorText } from '../words.ts';
import { isAnotherPayment, isAnotherReservation, tellAnotherPayment } from './another-payment.ts';
import { doubtAbsence, doubtEarlier, doubtFence } from './doubt.ts';
import { learn } from './end-attempt.ts';
import { applyFence, confirmFence, isOfPageAlone, tellPageClosed } from './fence.ts';
import { applyConfirmation, applyGiveBackAnswer, applyGiveBackLookup, refundLookedUp } from './give-back.ts';
import { takeMoney } from './money-facts.ts';
import { correctName } from './name-said.ts';
import { isCredentialUnreadable, park } from './park.ts';
import { learnNames, tellNativeTries, tellRefusedCard } from './tries.ts';
import { truthOf } from './truth.ts';

/** An operation came back: write down what it proves. What follows from it is planned afterwards, from the state alone. */
export function applyAnswer(draft: Draft, result: OperationResult): void {
  const attempt = attemptNumbered(draft.order, result.attempt);
  if (attempt === undefined) return;
  if (result.outcome === 'succeeded') correctName(draft, attempt, result);
  if (!isAnotherPayment(attempt, result) && !isAnotherReservation(attempt, result))
    learnNames(draft, attempt, result.cardNames);
  if (result.operation === 'lookup') {
    const askedAt = attempt.lookupSince ?? result.startedAt;
    attempt.lookupSince = null;
    const refund = refundLookedUp(attempt, result);
    if (refund !== undefined) return applyGiveBackLookup(draft, attempt, refund, result, askedAt);
    if (!hasMoney(attempt)) return applyLookup(draft, attempt, result, askedAt);
    const isOutdated = attempt.lookupOutdated === true;
    if (isOutdated) attempt.lookupOutdated = false;
    return applyConfirmation(draft, attempt, result, isOutdated);
  }
  const operation = operationOf(attempt, result.operation);
  // An answer is owed once for each send; a second one would count a send twice.
  if (operation === undefined || operation.endedAt !== null) return;
  if (result.operation === 'refund') return applyGiveBackAnswer(draft, attempt, operation, result);
  operation.endedAt = result.endedAt;
  if (result.claim === 'conflict') return applyConflict(draft, attempt, operation);
  if (!result.sent && NEVER_SENT.has(result.claim)) return applyNeverSent(draft, attempt, operation, result);
  if (result.provedNotExecuted) operation.sendsNotExecuted += 1;
  const outcome = outcomeOfAllSends(operation, result);
  if (!isToldMeanwhile(operation) || outcome === 'succeeded' || outcome === 'declined') operation.outcome = outcome;
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

/** A webhook may have told the end while the call was out: no answer is no news then. */
function isToldMeanwhile({ outcome }: Operation): boolean {
  return outcome === 'succeeded' || outcome === 'declined';
}

function applyConflict(draft: Draft, attempt: Attempt, operation: Operation): void {
  operation.outcome = 'unknown';
  attempt.outcome ??= 'unknown';
  const text = 'The store holds another claim for this attempt: nothing was sent, a person has to look';
  askPerson(draft, 'claim_conflict', attempt, text);
}

/** Nothing left the house: too late for this buyer, the store was down, or no worker took it in time. */
function applyNeverSent(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): void {
  if (result.evidence === PROCESSOR_DOWN) return applyHeldBack(draft, attempt, operation);
  operation.sendsNotExecuted += 1;
  const everySend = operation.sendsNotExecuted >= operation.sends;
  if (!isToldMeanwhile(operation)) operation.outcome = everySend ? 'not_executed' : 'unknown';
  const isDone = operation === primaryOperation(attempt) && everySend && attempt.outcome !== 'succeeded';
  if (!isDone) return followUp(draft, attempt);
  if (isCredentialUnreadable(result)) return park(draft, attempt, operation, result);
  if (result.claim === 'ceiling' || result.claim === 'forbidden') tellRefusedCard(draft, attempt, result);
  learn(draft, attempt, { ...truthOf(result), outcome: 'not_executed', failureClass: classOfUnsent(result) });
  if (result.evidence === 'late') draft.order.askedBuyer = true;
}

/** The breaker of its processor held it back: this send never was. Only sends that can prove nothing are held back. */
function applyHeldBack(draft: Draft, attempt: Attempt, operation: Operation): void {
  const { processor, number } = attempt;
  operation.sends -= 1;
  if (attempt.outcome === 'succeeded') return;
  operation.outcome = 'not_executed';
  attempt.outcome = 'not_executed';
  attempt.failureClass = 'transient';
  attempt.endedAt = draft.now;
  const until = downReading(draft.health, processor, draft.nowMs)?.downUntil;
  const text = `${processor} is down${until === undefined ? '' : ` until ${instantText(until)}`}: attempt ${number} was held back`;
  draft.evidence.push(text);
  tell(draft, 'attempt_held_back', text, { attempt, evidence: PROCESSOR_DOWN });
}

/** The claim was not asked for, or it refused the card: a ceiling is reached, or another order's outcome forbids it. */
const NEVER_SENT = new Set<OperationResult['claim']>(['none', 'ceiling', 'forbidden']);

/** No class: nothing failed, and nothing may be concluded for another processor. What is refused is the card. */
function classOfUnsent({ evidence, claim }: OperationResult): FailureClass | null {
  if (evidence === 'late' || claim === 'ceiling' || claim === 'forbidden') return null;
  return evidence === 'processor_missing' ? 'misconfigured' : 'transient';
}

function applyCollecting(draft: Draft, attempt: Attempt, operation: Operation, result: OperationResult): void {
  tellNativeTries(draft, attempt, result);
  const sheet = sheetOf(draft, attempt.processor);
  if (result.failureClass === 'duplicate' && doubtEarlier(draft, attempt, operation, result)) return;
  doubtAbsence(attempt, result.outcome);
  learn(draft, attempt, truthOf(result));
  if (attempt.outcome === 'unknown' && attempt.proof !== null) {
    attempt.proof.absentAt = [];
    const cached = result.evidence.startsWith('http_5') && !result.provedNotExecuted;
    const useless = cached && sheet?.idempotency?.cachesErrors === true;
    if (useless || result.claim === 'expired') operation.resendUntil = null;
  }
  planProof(draft, attempt, sheet);
}

function applyCapture(draft: Draft, attempt: Attempt, result: OperationResult): void {
  if (result.outcome === 'succeeded') {
    if (isAnotherPayment(attempt, result)) return tellAnotherPayment(draft, attempt, result, 'capture');
    const minor = result.amountMinor ?? attempt.money.authorized;
    const isNews = attempt.money.captured === 0;
    // The reference may be the capture's own: what the payment is known by is told by a notice, under the capture's key or not.
    takeMoney(draft, attempt, minor);
    attempt.outcome = 'succeeded';
    attempt.proof = null;
    const text = `${minorText(draft.order, minor)} captured at ${attempt.processor}`;
    if (isNews) tell(draft, 'captured', text, { actor: 'processor', attempt });
    return;
  }
  if (result.outcome === 'declined') {
    const text = `${attempt.processor} refused the capture (${result.code ?? result.evidence})`;
    askPerson(draft, 'capture_declined', attempt, text);
  }
  followUp(draft, attempt);
}

function applyLookup(draft: Draft, attempt: Attempt, result: OperationResult, askedAt: Instant): void {
  const { proof } = attempt;
  if (proof !== null) proof.lookups += 1;
  switch (result.found) {
    case 'payment':
      // Asked about our own key, "a duplicate of another" says that nothing was collected under this one.
      if (result.failureClass === 'duplicate') {
        believeAbsence(draft, attempt, askedAt);
        break;
      }
      doubtAbsence(attempt, result.outcome);
      doubtFence(attempt, result);
      learn(draft, attempt, { ...truthOf(result), source: 'lookup' });
      break;
    case 'closed':
      if (isOfPageAlone(attempt, result)) tellPageClosed(draft, attempt, 'lookup');
      else if (isPayable(attempt)) confirmFence(draft, attempt, 'lookup');
      break;
    case 'absent':
      tell(draft, 'lookup', `${attempt.processor} does not know this payment`, { attempt, evidence: 'absent' });
      believeAbsence(draft, attempt, askedAt);
      break;
    default:
      if (proof !== null) proof.absentAt = [];
      tell(draft, 'lookup', `${attempt.processor} has no answer yet`, {
        attempt,
        evidence: result.found ?? result.evidence,
      });
  }
  planProof(draft, attempt, sheetOf(draft, attempt.processor));
}

/**
 * Absence is believed only as the sheet says: so many answers, so far apart, all after the last send. The distance is from
 * the end of the first question to the start of the last, whatever the questions themselves took, and on one clock: the
 * workers that asked may have others.
 */
function believeAbsence(draft: Draft, attempt: Attempt, askedAt: Instant): void {
  const rule = sheetOf(draft, attempt.processor)?.lookup?.absence;
  if (rule === null || rule === undefined || attempt.proof === null || attempt.outcome !== 'unknown') return;
  attempt.proof.absentAt.push(draft.now);
  const [first] = attempt.proof.absentAt;
  if (first === undefined || attempt.proof.absentAt.length < rule.answers) return;
  if (Date.parse(askedAt) - Date.parse(first) < rule.settleMs) return;
  const primary = primaryOperation(attempt);
  if (primary !== undefined) primary.sendsNotExecuted = primary.sends;
  learn(draft, attempt, {
    outcome: 'not_executed',
    failureClass: attempt.failureClass === 'duplicate' ? 'duplicate' : 'transient',
    forbidsInstrument: false,
    retryAfterMs: null,
    source: 'absent, proved by lookups across the settle window',
  });
}
