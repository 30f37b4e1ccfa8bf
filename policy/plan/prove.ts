import { askPerson, type Draft, isDue, refuse, sheetOf } from '../draft.ts';
import { isPayable } from '../facts.ts';
import type { Attempt } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import { instantText } from '../words.ts';
import { dueResend } from './proof-times.ts';
import { lookUp, send } from './send.ts';

/**
 * An outcome is unknown or pending: proof first, nothing else runs. A buyer's stored choice fences the attempt
 * (the caller has set `leave`); otherwise the same key, a lookup, the webhook, a person: in the sheet's times.
 */
export function prove(draft: Draft): boolean {
  let proving = false;
  for (const attempt of draft.order.attempts) {
    if (attempt.leave !== null || !isPayable(attempt)) continue;
    if (attempt.outcome === 'unknown') proveUnknown(draft, attempt);
    else if (attempt.outcome === 'pending') waitForProcessor(draft, attempt);
    else if (attempt.outcome !== null) continue;
    proving = true;
    if (draft.command !== null) break;
  }
  return proving;
}

function proveUnknown(draft: Draft, attempt: Attempt): void {
  const sheet = sheetOf(draft, attempt.processor);
  const { proof } = attempt;
  explainUnknown(draft, attempt, sheet);
  if (proof === null) return;
  const again = dueResend(draft, attempt);
  if (again !== null) {
    draft.decided = `Send attempt ${attempt.number} to ${attempt.processor} again with the same key`;
    send(draft, attempt, again.operation);
    return;
  }
  if (isDue(draft, proof.nextLookupAt)) {
    draft.decided = `Ask ${attempt.processor} what became of attempt ${attempt.number}`;
    lookUp(draft, attempt);
    return;
  }
  const limitMs = draft.rule.windows.unknownBuyerLimitMs;
  if (draft.nowMs - Date.parse(proof.since) >= limitMs) {
    const text = `The outcome of attempt ${attempt.number} at ${attempt.processor} is unknown since ${instantText(proof.since)}`;
    askPerson(draft, 'unknown_too_long', attempt, text);
  }
  draft.decided ??= `Wait for proof of attempt ${attempt.number}: ${nextProofText(attempt)}`;
}

function nextProofText(attempt: Attempt): string {
  const { proof } = attempt;
  if (proof?.nextResendAt != null) return `the same key again at ${instantText(proof.nextResendAt)}`;
  if (proof?.nextLookupAt != null) return `lookup ${proof.lookups + 1} at ${instantText(proof.nextLookupAt)}`;
  return `${attempt.processor}'s webhook, or a person with evidence`;
}

function explainUnknown(draft: Draft, attempt: Attempt, sheet: Sheet | undefined): void {
  for (const processor of draft.rule.processors) {
    if (processor === attempt.processor) continue;
    refuse(draft, `try at ${processor}`, `attempt ${attempt.number} at ${attempt.processor} may have taken the money`);
  }
  const source = `sheet of ${attempt.processor}`;
  if (sheet === undefined) return;
  if (sheet.idempotency === null) refuse(draft, 'send the same key again', 'it would be a second charge there', source);
  if (sheet.lookup === null) refuse(draft, 'look it up', 'it has no lookup', source);
  if (!sheet.fence.payment) refuse(draft, 'close the attempt', 'it has no fence', source);
}

function waitForProcessor(draft: Draft, attempt: Attempt): void {
  const sheet = sheetOf(draft, attempt.processor);
  if (isDue(draft, attempt.proof?.nextLookupAt)) {
    lookUp(draft, attempt);
    return;
  }
  const sinceMs = Date.parse(attempt.proof?.since ?? draft.now);
  if (sheet !== undefined && draft.nowMs - sinceMs >= sheet.pendingLimitMs) {
    askPerson(draft, 'pending_too_long', attempt, `${attempt.processor} has not settled attempt ${attempt.number}`);
  }
  draft.decided ??= `Wait for ${attempt.processor}, which works on attempt ${attempt.number}`;
}
