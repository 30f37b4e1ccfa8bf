import { askPerson, type Draft, isDue, sheetOf } from '../draft.ts';
import { isAuthorized, isCaptureOver, isPayable, mayTakeMoney, openCapture, operationOf } from '../facts.ts';
import type { Attempt, OrderState } from '../order.ts';
import { isBuyerHeldBack } from '../reviews.ts';
import { dueResend } from './proof-times.ts';
import { lookUp, send, sendNew } from './send.ts';
import { leave } from './settle.ts';

/** The buyer acts on a processor's page, or the merchant has to capture: wait, until the window ends or a choice is made. */
export function waitForOthers(draft: Draft): boolean {
  const open = draft.order.attempts.filter((attempt) => isPayable(attempt) && attempt.leave === null);
  for (const attempt of open) {
    if (draft.command !== null) break;
    if (attempt.outcome === 'requires_action') waitForBuyer(draft, attempt);
    else if (isAuthorized(attempt)) waitForCapture(draft, attempt);
  }
  return open.length > 0;
}

function waitForBuyer(draft: Draft, attempt: Attempt): void {
  draft.order.askedBuyer = true;
  const endsAt = actionEndsAt(draft, attempt);
  if (Date.parse(endsAt) <= draft.nowMs) {
    attempt.leave = { reason: 'window', since: draft.now };
    leave(draft);
    return;
  }
  if (isDue(draft, attempt.proof?.nextLookupAt)) return lookUp(draft, attempt);
  draft.decided ??=
    attempt.kind === 'card'
      ? `The buyer authenticates attempt ${attempt.number} at ${attempt.processor}`
      : `The buyer pays on ${attempt.processor}'s page`;
}

/** When the buyer's time on the processor's page is over. */
export function actionEndsAt(draft: Pick<Draft, 'rule' | 'sheets'>, attempt: Attempt): string {
  const { windows } = draft.rule;
  const sheet = sheetOf(draft, attempt.processor);
  const since = Date.parse(attempt.proof?.since ?? attempt.startedAt);
  switch (attempt.kind) {
    case 'card':
      return new Date(since + windows.authenticationMs).toISOString();
    case 'hosted_checkout':
      return new Date(since + Math.min(windows.hostedMs, sheet?.hostedMaxMs ?? windows.hostedMs)).toISOString();
    case 'invoice':
      return new Date(since + Math.min(windows.invoiceMs, sheet?.invoiceMaxMs ?? windows.invoiceMs)).toISOString();
    default:
      return attempt.kind satisfies never;
  }
}

function waitForCapture(draft: Draft, attempt: Attempt): void {
  const { order } = draft;
  order.window = null;
  order.retryAt = null;
  const wish = order.captureRequested;
  if (wish === null && openCapture(attempt) === undefined) {
    draft.decided ??= `Authorized at ${attempt.processor}: the merchant captures or cancels`;
    return;
  }
  if (wish !== null && capture(draft, attempt, wish)) return;
  if (operationOf(attempt, 'capture') !== undefined) proveCapture(draft, attempt);
}

type Wish = NonNullable<OrderState['captureRequested']>;

/** For the first time, once more with the same key, or anew after a definite no. False when nothing is sent now. */
function capture(draft: Draft, attempt: Attempt, { again, ...wish }: Wish): boolean {
  const { order } = draft;
  const last = operationOf(attempt, 'capture');
  const anew = last === undefined || (again === true && isCaptureOver(attempt));
  if (!anew && dueResend(draft, attempt) !== last) return false;
  const what = `Capture attempt ${attempt.number} at ${attempt.processor}`;
  const other = order.attempts.find((each) => each !== attempt && mayTakeMoney(each));
  if (other !== undefined) {
    draft.decided ??= `${what} as soon as attempt ${other.number} can take no money`;
    return false;
  }
  if (anew && isBuyerHeldBack(order)) {
    draft.decided ??= `${what} when a person has answered`;
    return false;
  }
  draft.decided = what;
  if (!anew) {
    send(draft, attempt, 'capture');
    return true;
  }
  // One for each time that the merchant asks. And what was proved of an earlier one says nothing of this one.
  order.captureRequested = wish;
  attempt.proof = null;
  sendNew(draft, attempt, 'capture');
  return true;
}

function proveCapture(draft: Draft, attempt: Attempt): void {
  if (isDue(draft, attempt.proof?.nextLookupAt)) return lookUp(draft, attempt);
  const since = attempt.proof?.since ?? draft.order.captureRequested?.since ?? draft.now;
  if (draft.nowMs - Date.parse(since) >= draft.rule.windows.unknownBuyerLimitMs) {
    const text = `${attempt.processor} has not confirmed the capture of attempt ${attempt.number}`;
    askPerson(draft, 'capture_unknown', attempt, text);
  }
  draft.decided ??= `Wait for ${attempt.processor} to confirm the capture of attempt ${attempt.number}`;
}
