import { type Draft, refuse, tell } from '../draft.ts';
import { instrumentById, lastAttempt } from '../facts.ts';
import type { Attempt, Instrument, OrderState } from '../order.ts';
import { instantText } from '../words.ts';
import { firstUsable, waitForProcessor } from './first-usable.ts';
import { startAttempt } from './send.ts';
import { isInBudget, refusalOfInstrument } from './usable.ts';

/**
 * Later tries by ourselves: only with a mandate, only on the payment method that it was given for, only for classes that
 * time can heal, at the rule's times or the advice's. True when one is planned or started.
 */
export function planLaterTry(draft: Draft): boolean {
  const { order } = draft;
  // Held: what is planned stays planned, and nothing new is.
  if (order.hold !== null) return order.retryAt !== null;
  if (order.retryAt !== null && order.retryAt.reason !== 'backoff') {
    if (Date.parse(order.retryAt.at) > draft.nowMs) return true;
    if (startLaterTry(draft, order.retryAt)) return true;
  }
  return scheduleLaterTry(draft);
}

function startLaterTry(draft: Draft, planned: NonNullable<OrderState['retryAt']>): boolean {
  const { order } = draft;
  const { instrumentId, number } = planned;
  order.retryAt = null;
  // What waited for a processor may have begun with the buyer, who has an answer by now.
  if (order.facts.offSession === undefined) return false;
  const instrument = instrumentById(order, instrumentId);
  if (instrument === undefined || refusalOfInstrument(draft, instrument) !== null) return false;
  if (!isInBudget(draft, 'a later try')) return false;
  const { processors } = draft.rule;
  const sheet = firstUsable(draft, processors, instrument);
  if (sheet === undefined) return waitForProcessor(draft, processors, { instrument, number, patient: true });
  order.round += 1;
  order.answerFrom = draft.now;
  startAttempt(draft, { kind: 'card', sheet, instrument, startedBy: 'schedule', challenge: false, role: 'later try' });
  return true;
}

function scheduleLaterTry(draft: Draft): boolean {
  const { order } = draft;
  const healing = healingAttempt(draft);
  if (healing === null) return false;
  const { last, instrument } = healing;
  if (order.facts.offSession === undefined) {
    refuse(draft, 'a later try by ourselves', 'there is no mandate for it (off-session agreement)');
    return false;
  }
  if (!isInBudget(draft, 'a later try')) return false;
  const planned = nextTime(draft, last);
  if (planned === null) {
    refuse(draft, 'a later try', "the rule's later tries are used up");
    return false;
  }
  order.window = null;
  order.retryAt = { at: new Date(planned.atMs).toISOString(), instrumentId: instrument.id, ...planned.told };
  draft.decided = `Try again at ${instantText(order.retryAt.at)} (later try ${planned.told.number}, ${planned.told.reason})`;
  tell(draft, 'retry_scheduled', draft.decided);
  const cause = `later try ${order.retryAt.number}`;
  draft.events.push({ type: 'order.retry_scheduled', at: draft.now, retryAt: order.retryAt.at, cause });
  return true;
}

/** The last try with the order's own payment method, if time can heal what it failed of. */
function healingAttempt(draft: Draft): { last: Attempt; instrument: Instrument } | null {
  const { order } = draft;
  if (lastAttempt(order)?.kind !== 'card') return null;
  const instrument = order.instruments.find(({ origin }) => origin === 'order');
  if (instrument === undefined || refusalOfInstrument(draft, instrument) !== null) return null;
  const last = order.attempts.filter(({ instrumentId }) => instrumentId === instrument.id).at(-1);
  if (last === undefined) return null;
  const heals = last.failureClass === 'soft_decline' || last.failureClass === 'transient';
  return heals ? { last, instrument } : null;
}

/** The advice's time, exactly, where the issuer gave one; else the first of the rule's times that is neither used nor past. */
function nextTime(
  draft: Draft,
  last: Attempt,
): { atMs: number; told: { reason: 'schedule' | 'advice'; number: number } } | null {
  const { attempts } = draft.order;
  const [first] = attempts;
  const made = attempts.filter(({ startedBy }) => startedBy === 'schedule').length;
  const fromMs = Date.parse(first?.endedAt ?? first?.startedAt ?? draft.now);
  const adviceMs = last.retryNotBefore === null ? 0 : Date.parse(last.retryNotBefore);
  const times = draft.rule.laterTriesMs.slice(made).map((delayMs) => fromMs + delayMs);
  if (times.length > 0 && adviceMs > draft.nowMs)
    return { atMs: adviceMs, told: { reason: 'advice', number: made + 1 } };
  const atMs = times.find((time) => time > draft.nowMs);
  return atMs === undefined ? null : { atMs, told: { reason: 'schedule', number: made + 1 } };
}
