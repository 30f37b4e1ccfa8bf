import { askPerson, type Draft, isDue, sheetOf } from '../draft.ts';
import { isAuthorized, isPayable, operationOf } from '../facts.ts';
import type { Attempt } from '../order.ts';
import { isBuyerHeldBack } from '../stage.ts';
import { dueResend } from './proof-times.ts';
import { lookUp, send } from './send.ts';
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
  if (order.captureRequested === null) {
    draft.decided ??= `Authorized at ${attempt.processor}: the merchant captures or cancels`;
    return;
  }
  const capture = operationOf(attempt, 'capture');
  if (capture === undefined && isBuyerHeldBack(order)) {
    draft.decided ??= `Capture attempt ${attempt.number} at ${attempt.processor} when a person has answered`;
    return;
  }
  if (capture === undefined || dueResend(draft, attempt) === capture) {
    draft.decided = `Capture attempt ${attempt.number} at ${attempt.processor}`;
    send(draft, attempt, 'capture');
    return;
  }
  if (isDue(draft, attempt.proof?.nextLookupAt)) return lookUp(draft, attempt);
  const sinceMs = Date.parse(attempt.proof?.since ?? order.captureRequested.since);
  if (draft.nowMs - sinceMs >= draft.rule.windows.unknownBuyerLimitMs) {
    const text = `${attempt.processor} has not confirmed the capture of attempt ${attempt.number}`;
    askPerson(draft, 'capture_unknown', attempt, text);
  }
  draft.decided ??= `Wait for ${attempt.processor} to confirm the capture of attempt ${attempt.number}`;
}
