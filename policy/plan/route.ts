import { after, type Draft, refuse, sheetOf, tellNotTried } from '../draft.ts';
import { instrumentById, isHeldBack, lastAttempt, primaryOperation } from '../facts.ts';
import { downReading } from '../health/readings.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import { failureText } from '../words.ts';
import {
  answersInTime,
  firstUsable,
  isPastCaller,
  isPatient,
  isWaitingForProcessor,
  waitForProcessor,
} from './first-usable.ts';
import { routeHeldBack } from './held-back.ts';
import { send, startAttempt } from './send.ts';
import { advisedWait, canUse, isInBudget, mayChallenge, refusalOfInstrument, wasAsked } from './usable.ts';

/** What the system does by itself next, if the rule, the class and the time allow anything. */
export function routeAutomatically(draft: Draft): boolean {
  const { order } = draft;
  if (order.hold !== null) {
    // A planned resend is an automatic try too; after the release it is planned anew.
    if (order.retryAt?.reason === 'backoff') order.retryAt = null;
    refuse(draft, 'any automatic try', `held by ${order.hold.actor}: ${order.hold.reason}`);
    return false;
  }
  if (isWaitingForProcessor(draft)) return true;
  const last = lastAttempt(order);
  if (last === undefined || last.round !== order.round) return startRound(draft);
  if (isHeldBack(last)) return routeHeldBack(draft, last);
  if (last.failureClass === 'transient' && resendTransient(draft, last)) return true;
  return last.kind === 'card' && routeAfter(draft, last);
}

/** A round begins at the main processor, with the instrument that the order came with. */
function startRound(draft: Draft): boolean {
  const { order } = draft;
  if (isPastCaller(order, draft.nowMs)) {
    const why = 'whoever waited for it has left, or `collect` was never accepted (notAfter)';
    refuse(draft, 'the first attempt', why);
    tellNotTried(draft, why);
    return false;
  }
  const instrument = order.instruments.find((each) => each.origin === 'order');
  if (instrument === undefined) return false;
  const refusal = refusalOfInstrument(draft, instrument);
  if (refusal !== null) {
    refuse(draft, 'the first attempt', refusal.why, refusal.source);
    tellNotTried(draft, refusal.why);
    return false;
  }
  return tryFirstUsable(draft, draft.rule.processors, instrument, 'main processor', false);
}

/** The same operation with the same key, while every send of it is proved not executed and the time allows. */
function resendTransient(draft: Draft, attempt: Attempt): boolean {
  const { order } = draft;
  const operation = primaryOperation(attempt);
  if (operation === undefined || operation.sendsNotExecuted < operation.sends) return false;
  // A resend is an attempt to pay: not after the attempt was left, the buyer asked, or the instrument forbidden.
  if (attempt.leave !== null || wasAsked(order) || refusalOf(draft, attempt) !== null) {
    if (order.retryAt?.reason === 'backoff') order.retryAt = null;
    return false;
  }
  if (downReading(draft.health, attempt.processor, draft.nowMs) !== null) return resendWhenBack(draft, attempt);
  if (order.retryAt?.reason === 'backoff') {
    if (Date.parse(order.retryAt.at) > draft.nowMs) return true;
    order.retryAt = null;
    const inTime = operation.resendUntil !== null && draft.nowMs < Date.parse(operation.resendUntil);
    return inTime && sendAgain(draft, attempt);
  }
  const delayMs = draft.rule.transient.sameKeyBackoffMs[operation.sends - 1];
  if (delayMs === undefined || operation.resendUntil === null) return false;
  if (draft.nowMs + delayMs >= Date.parse(operation.resendUntil)) return false;
  order.retryAt = {
    at: after(draft, delayMs),
    instrumentId: attempt.instrumentId ?? '',
    reason: 'backoff',
    number: attempt.number,
  };
  draft.decided = `Send attempt ${attempt.number} to ${attempt.processor} again with the same key in ${delayMs} ms`;
  return true;
}

/** Its processor went down between two sends: another one (chosen by the class), or the wait that the rule wants. */
function resendWhenBack(draft: Draft, attempt: Attempt): boolean {
  if (draft.order.retryAt?.reason === 'backoff') draft.order.retryAt = null;
  if (draft.rule.onProcessorDown !== 'wait') return false;
  const instrument = instrumentById(draft.order, attempt.instrumentId) ?? null;
  const waiting = { instrument, number: attempt.number, patient: isPatient(draft.order) };
  return waitForProcessor(draft, [attempt.processor], waiting);
}

function sendAgain(draft: Draft, attempt: Attempt): boolean {
  const operation = primaryOperation(attempt);
  if (operation === undefined) return false;
  attempt.outcome = null;
  attempt.failureClass = null;
  attempt.endedAt = null;
  draft.decided = `Send attempt ${attempt.number} to ${attempt.processor} again with the same key`;
  send(draft, attempt, operation.operation);
  return true;
}

function routeAfter(draft: Draft, last: Attempt): boolean {
  const instrument = instrumentById(draft.order, last.instrumentId);
  if (instrument === undefined) return false;
  const refusal = refusalOfInstrument(draft, instrument);
  if (refusal !== null) {
    refuse(draft, 'any further try with this payment method', refusal.why, refusal.source);
    return false;
  }
  if (last.failureClass === null) return false;
  const notBefore = advisedWait(draft.order, instrument);
  if (notBefore !== null && (last.retryNotBefore !== null || Date.parse(notBefore) > draft.nowMs)) {
    refuse(draft, 'an immediate try', `advice: not before ${notBefore}`, 'network advice code');
    return false;
  }
  return routeByClass(draft, last, instrument);
}

function routeByClass(draft: Draft, last: Attempt, instrument: Instrument): boolean {
  switch (last.failureClass) {
    case 'soft_decline':
    case 'processor_decline':
      return extraTry(draft, last, instrument) || retryProcessor(draft, last, instrument, false);
    case 'issuer_decline_unspecified':
      return extraTry(draft, last, instrument) || retryProcessorOnce(draft, last, instrument);
    case 'blocked':
      return routeBlocked(draft, last, instrument);
    case 'transient':
      return retryProcessor(draft, last, instrument, false);
    case 'unsupported':
    case 'misconfigured':
      return retryProcessor(draft, last, instrument, false);
    case 'authentication_required':
      return challenge(draft, last, instrument);
    case 'authentication_failed':
      refuse(
        draft,
        'another processor',
        '3DS was tried and the payment failed: no other processor',
        'Stripe, cross-processor retries',
      );
      return false;
    default:
      refuse(draft, 'an automatic try', `${failureText(last)}: only the buyer can help`);
      return false;
  }
}

function extraTry(draft: Draft, last: Attempt, instrument: Instrument): boolean {
  const allowed = draft.rule.extraTry[last.processor] ?? 0;
  const sheet = sheetOf(draft, last.processor);
  if (allowed === 0 || sheet === undefined) return false;
  if (sheet.nativeRetries) {
    refuse(draft, `extra try at ${last.processor}`, 'the processor makes its own', `sheet of ${last.processor}`);
    return false;
  }
  const made = draft.order.attempts.filter(
    (each) => each.round === last.round && each.processor === last.processor,
  ).length;
  if (made > allowed || !canUse(draft, sheet, instrument, true) || !mayStart(draft, sheet)) return false;
  startAttempt(draft, {
    kind: 'card',
    sheet,
    instrument,
    startedBy: 'rule',
    challenge: last.challenge,
    role: 'extra try',
  });
  return true;
}

function retryProcessor(draft: Draft, last: Attempt, instrument: Instrument, challenge: boolean): boolean {
  const tried = new Set(draft.order.attempts.filter((each) => each.round === last.round).map((each) => each.processor));
  const rest = draft.rule.processors.filter((processor) => !tried.has(processor));
  if (tryFirstUsable(draft, rest, instrument, 'retry processor', challenge)) return true;
  // What was refused for the moment only may go on where it was, once that is back.
  const mayReturn = last.failureClass === 'transient' && draft.command === null;
  return mayReturn && waitToStart(draft, [last.processor], instrument);
}

function retryProcessorOnce(draft: Draft, last: Attempt, instrument: Instrument): boolean {
  const declined = draft.order.attempts.filter(
    (each) => each.round === last.round && each.failureClass === 'issuer_decline_unspecified',
  );
  if (new Set(declined.map((each) => each.processor)).size > 1) {
    refuse(draft, 'a third processor', 'an unspecified decline is retried elsewhere once');
    return false;
  }
  return retryProcessor(draft, last, instrument, false);
}

function routeBlocked(draft: Draft, last: Attempt, instrument: Instrument): boolean {
  switch (draft.rule.onBlocked) {
    case 'stop':
      refuse(draft, 'the retry processor', 'the rule stops when a processor blocks the payment');
      return false;
    case 'retry_with_3ds':
      return retryProcessor(draft, last, instrument, true);
    case 'retry':
      return retryProcessor(draft, last, instrument, false);
    default:
      return draft.rule.onBlocked satisfies never;
  }
}

/** The issuer wants 3DS: the same processor, with the buyer, at most three challenges an instrument. */
function challenge(draft: Draft, last: Attempt, instrument: Instrument): boolean {
  const sheet = sheetOf(draft, last.processor);
  if (!mayChallenge(draft.order, instrument)) {
    refuse(draft, 'a further challenge', 'at most three challenges', 'EMV 3DS practice, Stripe');
    return false;
  }
  if (!draft.order.facts.buyer.present) {
    refuse(draft, 'a challenge', 'the buyer is not present');
    return false;
  }
  if (sheet === undefined || !canUse(draft, sheet, instrument, true) || !mayStart(draft, sheet)) return false;
  startAttempt(draft, {
    kind: 'card',
    sheet,
    instrument,
    startedBy: 'rule',
    challenge: true,
    role: 'with authentication',
  });
  return true;
}

function tryFirstUsable(
  draft: Draft,
  processors: string[],
  instrument: Instrument,
  role: string,
  challenge: boolean,
): boolean {
  if (processors.length === 0) {
    refuse(draft, 'another processor', 'the rule names no further processor');
    return false;
  }
  const sheet = firstUsable(draft, processors, instrument);
  if (sheet === undefined) return waitToStart(draft, processors, instrument);
  if (!mayStart(draft, sheet)) return false;
  const isFirst = sheet.processor === processors[0];
  startAttempt(draft, {
    kind: 'card',
    sheet,
    instrument,
    startedBy: 'rule',
    challenge,
    role: isFirst || role !== 'main processor' ? role : 'first usable processor',
  });
  return true;
}

/** Every one of them is unusable; those that are only down are worth waiting for, if an attempt could start then. */
function waitToStart(draft: Draft, processors: string[], instrument: Instrument): boolean {
  const { order } = draft;
  if (wasAsked(order) || !isInBudget(draft, 'a try once a processor is back')) return false;
  const waiting = { instrument, number: order.attempts.length + 1, patient: isPatient(order) };
  return waitForProcessor(draft, processors, waiting);
}

/** The automatic budget, and the time in which a buyer who waits must have an answer. */
function mayStart(draft: Draft, sheet: Sheet): boolean {
  const { order } = draft;
  if (!isInBudget(draft, `a try at ${sheet.processor}`)) return false;
  if (wasAsked(order)) {
    refuse(
      draft,
      `a try at ${sheet.processor}`,
      'the buyer was asked to act: nothing more without the buyer or a mandate',
    );
    return false;
  }
  if (answersInTime(draft, sheet, draft.nowMs)) return true;
  const seconds = draft.rule.windows.answerWithinMs / 1000;
  refuse(draft, `a try at ${sheet.processor}`, `the buyer has an answer within ${seconds} s, and it would not fit`);
  return false;
}

function refusalOf(draft: Draft, attempt: Attempt) {
  const instrument = instrumentById(draft.order, attempt.instrumentId);
  return instrument === undefined ? null : refusalOfInstrument(draft, instrument);
}
