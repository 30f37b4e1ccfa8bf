import { ceilingText } from '../ceilings/ceilings.ts';
import { type Draft, refuse, tell } from '../draft.ts';
import { instrumentById, lastAttempt } from '../facts.ts';
import type { Instrument } from '../instrument.ts';
import type { Attempt, OrderState } from '../order.ts';
import { instantText } from '../words.ts';
import { firstUsable, waitForProcessor } from './first-usable.ts';
import { startAttempt } from './send.ts';
import { advisedWait, isInBudget, reachedCeiling, refusalOfInstrument } from './usable.ts';

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
  if (instrument === undefined) return false;
  const refusal = refusalOfInstrument(draft, instrument);
  if (refusal !== null) {
    refuse(draft, 'the later try that is due', refusal.why, refusal.source);
    return false;
  }
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
  const { instrument } = healing;
  if (order.facts.offSession === undefined) {
    refuse(draft, 'a later try by ourselves', 'there is no mandate for it (off-session agreement)');
    return false;
  }
  if (!isInBudget(draft, 'a later try')) return false;
  const planned = nextTime(draft, instrument);
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

/**
 * The order's own payment method, if time can heal what its last try failed of: a decline for now, a processor that was
 * not reachable, or a ceiling, whose window ends. What never reached a processor tells nothing of the card.
 */
function healingAttempt(draft: Draft): { instrument: Instrument } | null {
  const { order } = draft;
  const newest = lastAttempt(order);
  if (newest !== undefined && newest.kind !== 'card') return null;
  const instrument = order.instruments.find(({ origin }) => origin === 'order');
  if (instrument === undefined || refusalOfInstrument(draft, instrument)?.code === 'forbidden') return null;
  const last = order.attempts.findLast((each) => each.instrumentId === instrument.id && !wasNeverSent(each));
  const heals = last?.failureClass === 'soft_decline' || last?.failureClass === 'transient';
  const refused = reachedCeiling(draft, instrument) !== undefined || (newest !== undefined && wasNeverSent(newest));
  return heals || (last === undefined && refused) ? { instrument } : null;
}

/** Refused by its claim, and not by what a processor said of it. */
function wasNeverSent({ outcome, failureClass, fencedAt }: Attempt): boolean {
  return outcome === 'not_executed' && failureClass === null && fencedAt === null;
}

type PlannedReason = 'schedule' | 'advice' | 'ceiling';

/**
 * The advice's time, exactly, where the issuer gave one; else the first of the rule's times that is neither used nor past.
 * Never before a reached ceiling's window ends: a time that lies in the window is moved to its end.
 */
function nextTime(
  draft: Draft,
  instrument: Instrument,
): { atMs: number; told: { reason: PlannedReason; number: number } } | null {
  const { attempts } = draft.order;
  const [begin] = attempts;
  const made = attempts.filter(({ startedBy }) => startedBy === 'schedule').length;
  const fromMs = Date.parse(begin?.endedAt ?? begin?.startedAt ?? draft.now);
  const advised = advisedWait(draft.order, instrument);
  const adviceMs = advised === null ? 0 : Date.parse(advised);
  const ceiling = reachedCeiling(draft, instrument);
  const freeMs = ceiling === undefined ? 0 : Date.parse(ceiling.windowEndsAt);
  const times = draft.rule.laterTriesMs.slice(made).map((delayMs) => fromMs + delayMs);
  if (times.length === 0) return null;
  const planned = adviceMs > draft.nowMs ? adviceMs : times.find((time) => time > draft.nowMs);
  // An order that has not really tried once is not made to wait longer than for the window.
  const untried = !attempts.some((each) => !wasNeverSent(each));
  if (ceiling !== undefined && (untried || planned === undefined || planned < freeMs)) {
    refuse(
      draft,
      'a later try before the window ends',
      ceilingText(ceiling),
      `${ceiling.document} (${ceiling.edition})`,
    );
    return { atMs: freeMs, told: { reason: 'ceiling', number: made + 1 } };
  }
  if (planned === undefined) return null;
  return { atMs: planned, told: { reason: planned === adviceMs ? 'advice' : 'schedule', number: made + 1 } };
}
