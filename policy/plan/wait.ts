import { type Draft, sheetOf } from '../draft.ts';
import { isAuthorized, isPayable, operationOf } from '../facts.ts';
import type { Attempt } from '../order.ts';
import { lookUp, send } from './send.ts';
import { leave } from './settle.ts';

/** The buyer acts on a processor's page, or the merchant has to capture: wait, until the window ends or a choice is made. */
export function waitForOthers(draft: Draft): boolean {
  for (const attempt of draft.order.attempts) {
    if (!isPayable(attempt)) continue;
    if (attempt.outcome === 'requires_action') {
      waitForBuyer(draft, attempt);
      return true;
    }
    if (isAuthorized(attempt)) {
      waitForCapture(draft, attempt);
      return true;
    }
  }
  return false;
}

function waitForBuyer(draft: Draft, attempt: Attempt): void {
  draft.order.askedBuyer = true;
  const endsAt = actionEndsAt(draft, attempt);
  if (Date.parse(endsAt) <= draft.nowMs) {
    attempt.leave = { reason: 'window', since: draft.now };
    leave(draft);
    return;
  }
  if (attempt.proof?.nextLookupAt != null && Date.parse(attempt.proof.nextLookupAt) <= draft.nowMs) {
    lookUp(draft, attempt);
    return;
  }
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
  const { proof } = attempt;
  const resend = proof?.nextResendAt != null && Date.parse(proof.nextResendAt) <= draft.nowMs;
  if (capture === undefined || resend) {
    draft.decided = `Capture attempt ${attempt.number} at ${attempt.processor}`;
    send(draft, attempt, 'capture');
    return;
  }
  if (proof?.nextLookupAt != null && Date.parse(proof.nextLookupAt) <= draft.nowMs) lookUp(draft, attempt);
}
