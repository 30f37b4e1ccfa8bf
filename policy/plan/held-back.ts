import { type Draft, refuse, sheetOf } from '../draft.ts';
import { instrumentById } from '../facts.ts';
import type { Attempt } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import { attemptText } from '../words.ts';
import { answersInTime, firstUsable, isPastCaller, isPatient, waitForProcessor } from './first-usable.ts';
import { collectingOperation, send } from './send.ts';
import { refusalOfInstrument, wasAsked } from './usable.ts';

/**
 * An attempt that was held back, because its processor is down, never left the house. It goes on under its own number: at its
 * processor when that is back, at another one of the rule, or it waits. No budget is used before it is sent.
 */
export function routeHeldBack(draft: Draft, attempt: Attempt): boolean {
  const { order } = draft;
  const instrument = instrumentById(order, attempt.instrumentId) ?? null;
  if (attempt.leave !== null) return false;
  if (attempt.kind === 'card') {
    if (instrument === null || wasAsked(order) || refusalOfInstrument(draft, instrument) !== null) return false;
  }
  const processors = candidates(draft, attempt);
  const sheet = firstUsable(draft, processors, instrument);
  // A page that the rule opens takes nothing by itself: nobody waits for it.
  const patient = isPatient(order) || (attempt.kind !== 'card' && attempt.startedBy === 'rule');
  if (sheet === undefined) return waitForProcessor(draft, processors, { instrument, number: attempt.number, patient });
  if (!patient && !answersInTime(draft, sheet, draft.nowMs)) {
    const why = 'it would not fit into the answer that the buyer waits for';
    refuse(draft, `attempt ${attempt.number} at ${sheet.processor}`, why);
    return false;
  }
  if (isTooLate(draft, attempt)) return false;
  sendAt(draft, attempt, sheet);
  return true;
}

/** The caller who waited for the first round's charge has left. With a mandate a later try goes on instead. */
function isTooLate({ order, nowMs }: Draft, { kind, round, startedBy }: Attempt): boolean {
  return kind === 'card' && round === 1 && startedBy === 'rule' && isPastCaller(order, nowMs);
}

/** Its own processor, then those of the rule that were not tried in this round. A challenge stays where it was asked for. */
function candidates({ order, rule, sheets }: Draft, attempt: Attempt): string[] {
  if (attempt.challenge) return [attempt.processor];
  const tried = order.attempts.filter((each) => each !== attempt && each.round === attempt.round);
  const rest = rule.processors.filter((each) => !tried.some(({ processor }) => processor === each));
  const all = [attempt.processor, ...rest.filter((each) => each !== attempt.processor)];
  if (attempt.kind === 'card') return all;
  const operation = attempt.kind === 'invoice' ? 'open_invoice' : 'open_hosted';
  return all.filter((each) => sheetOf({ sheets }, each)?.operations.includes(operation));
}

function sendAt(draft: Draft, attempt: Attempt, sheet: Sheet): void {
  const moved = sheet.processor !== attempt.processor;
  attempt.processor = sheet.processor;
  attempt.account = sheet.account;
  // Nothing was claimed under the old key: the operation begins anew, with times of its own.
  attempt.operations = [];
  attempt.outcome = null;
  attempt.failureClass = null;
  attempt.startedAt = draft.now;
  attempt.endedAt = null;
  draft.order.retryAt = null;
  draft.decided = `${attemptText(draft.order, attempt)} (${moved ? 'round the processor that is down' : 'its processor is back'})`;
  send(draft, attempt, collectingOperation(draft, attempt.kind));
}
