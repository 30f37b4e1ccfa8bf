import type { BreakerSettings } from './settings.ts';

/**
 * A breaker for each processor. Only what the processor itself failed at counts against it (`transient`, `unknown_outcome`):
 * a decline is a good answer.
 *
 * closed → open: too many failures. open → half open: the cool-down is over. half open → draining: enough good answers to a
 * few probes; → open again, for longer: bad ones. draining → closed: nobody had to wait for a while; → open: it fails again.
 *
 * Plain JSON in one row, changed under its lock. Instants are ms of the clock of whoever keeps the row, given as `nowMs`.
 */
export interface Breaker {
  state: 'closed' | 'open' | 'half_open' | 'draining';
  sinceMs: number;
  /** Open: until when. */
  untilMs: number;
  /** How often it opened since it was last closed: the cool-down doubles each time. */
  opens: number;
  /** Half open: calls under way. A worker that died never answers: its permit ends by itself. */
  probes: { permit: string; untilMs: number }[];
  /** Answers since it is half open or draining. */
  good: number;
  bad: number;
  /** Draining: when the next attempt may start. Not closed: when the next lookup may. */
  nextStartMs: number;
  nextLookupMs: number;
  /** Calls held back since it opened, and when the last one was. */
  held: number;
  heldAtMs: number;
}

export const CLOSED: Breaker = {
  state: 'closed',
  sinceMs: 0,
  untilMs: 0,
  opens: 0,
  probes: [],
  good: 0,
  bad: 0,
  nextStartMs: 0,
  nextLookupMs: 0,
  held: 0,
  heldAtMs: 0,
};

/** `start`: could be the first charge of an attempt, or a page. `lookup`: only asks. Everything else needs no permit. */
export interface Ask {
  kind: 'start' | 'lookup';
  /** Unique; names the call when its answer comes. */
  permit: string;
  /** Until when an answer must have come, ms from now. */
  leaseMs: number;
}

export type Admission =
  | { admitted: true }
  /** Come back after `waitMs`, each order at its own point of `spreadMs` after that. */
  | { admitted: false; waitMs: number; spreadMs: number };

/** Answers in the rolling window. */
export interface CallCount {
  good: number;
  bad: number;
}

/** Closed and failing: opens. `calls`: those of the window that came since it was closed. */
export function judge(breaker: Breaker, calls: CallCount, settings: BreakerSettings, nowMs: number): Breaker {
  if (breaker.state !== 'closed') return advance(breaker, settings, nowMs);
  return isFailing(calls, settings.failures, settings) ? open(breaker, settings, nowMs) : breaker;
}

function isFailing({ good, bad }: CallCount, moreThan: number, { failurePercent }: BreakerSettings): boolean {
  return bad > moreThan && bad * 100 >= failurePercent * (good + bad);
}

/** May this call be made now? The breaker that comes back has counted it. */
export function admit(
  breaker: Breaker,
  ask: Ask,
  settings: BreakerSettings,
  nowMs: number,
): { breaker: Breaker; admission: Admission } {
  const current = advance(breaker, settings, nowMs);
  if (current.state === 'closed') return { breaker: current, admission: { admitted: true } };
  return ask.kind === 'lookup' ? admitLookup(current, settings, nowMs) : admitStart(current, ask, settings, nowMs);
}

function admitLookup(current: Breaker, settings: BreakerSettings, nowMs: number) {
  const waitMs = current.nextLookupMs - nowMs;
  if (waitMs > 0) return { breaker: current, admission: { admitted: false as const, waitMs, spreadMs: 0 } };
  const nextLookupMs = nowMs + 1000 / settings.lookupsPerSecond;
  return { breaker: { ...current, nextLookupMs }, admission: { admitted: true as const } };
}

function admitStart(current: Breaker, { permit, leaseMs }: Ask, settings: BreakerSettings, nowMs: number) {
  const admission: Admission = { admitted: true };
  if (current.state === 'half_open' && current.probes.length < settings.probesAtOnce) {
    const probes = [...current.probes, { permit, untilMs: nowMs + leaseMs }];
    return { breaker: { ...current, probes }, admission };
  }
  if (current.state === 'draining' && current.nextStartMs <= nowMs) {
    return { breaker: { ...current, nextStartMs: nowMs + 1000 / settings.drainPerSecond }, admission };
  }
  const waitMs = current.state === 'open' ? current.untilMs - nowMs : 1000 / settings.drainPerSecond;
  return {
    breaker: { ...current, held: current.held + 1, heldAtMs: nowMs },
    admission: { admitted: false as const, waitMs: Math.max(1, Math.ceil(waitMs)), spreadMs: settings.coolDownMs },
  };
}

/** An admitted start was answered. Of a breaker that is closed, or open again, it says nothing. */
export function answered(
  breaker: Breaker,
  answer: { permit: string; good: boolean },
  settings: BreakerSettings,
  nowMs: number,
): Breaker {
  const current = advance(breaker, settings, nowMs);
  const counted = {
    ...current,
    good: current.good + Number(answer.good),
    bad: current.bad + Number(!answer.good),
  };
  if (current.state === 'draining') {
    if (isFailing(counted, settings.goodProbes - 1, settings)) return open(current, settings, nowMs);
    const enough = counted.good + counted.bad >= 2 * settings.failures;
    return enough ? { ...current, good: 0, bad: 0 } : counted;
  }
  if (current.state !== 'half_open' || !current.probes.some(({ permit }) => permit === answer.permit)) return current;
  if (counted.bad >= settings.badProbes) return open(current, settings, nowMs);
  if (counted.good >= settings.goodProbes) {
    // The probes were starts too: the cap holds for the second in which they were made.
    const nextStartMs = nowMs + (settings.goodProbes * 1000) / settings.drainPerSecond;
    return { ...enter(current, 'draining', nowMs), nextStartMs };
  }
  return { ...counted, probes: current.probes.filter(({ permit }) => permit !== answer.permit) };
}

/** What the clock alone changes: the cool-down is over, a probe never came back, nobody waits any more. */
export function advance(breaker: Breaker, settings: BreakerSettings, nowMs: number): Breaker {
  switch (breaker.state) {
    case 'closed':
      return breaker;
    case 'open':
      return nowMs < breaker.untilMs ? breaker : enter(breaker, 'half_open', breaker.untilMs);
    case 'half_open': {
      const probes = breaker.probes.filter(({ untilMs }) => nowMs < untilMs);
      return probes.length === breaker.probes.length ? breaker : { ...breaker, probes };
    }
    case 'draining': {
      const calmSinceMs = Math.max(breaker.sinceMs, breaker.heldAtMs);
      return nowMs - calmSinceMs < settings.calmMs ? breaker : { ...CLOSED, sinceMs: nowMs };
    }
    default:
      return breaker.state satisfies never;
  }
}

function open(breaker: Breaker, settings: BreakerSettings, nowMs: number): Breaker {
  const coolDownMs = Math.min(settings.coolDownMs * 2 ** breaker.opens, settings.coolDownMaxMs);
  return { ...enter(breaker, 'open', nowMs), untilMs: nowMs + coolDownMs, opens: breaker.opens + 1 };
}

function enter(breaker: Breaker, state: Breaker['state'], sinceMs: number): Breaker {
  return { ...breaker, state, sinceMs, probes: [], good: 0, bad: 0, nextStartMs: sinceMs };
}
