/** When a processor counts as sick, how it is tried again, and how fast those who waited come back. The same for all workers. */
export interface BreakerSettings {
  /** Calls are counted over this rolling time, ms. */
  windowMs: number;
  /** Opens only above so many failures in the window … */
  failures: number;
  /** … and when they are at least this share of its calls, percent. */
  failurePercent: number;
  /** How long it stays open the first time, ms; also the time over which those who waited come back. */
  coolDownMs: number;
  /** Each time it opens again before it was closed the cool-down doubles, up to this, ms. */
  coolDownMaxMs: number;
  /** Half open: calls that may be under way at once. */
  probesAtOnce: number;
  /** Half open: so many good answers end it … */
  goodProbes: number;
  /** … and so many bad ones open it again. */
  badProbes: number;
  /** Healed: new attempts a second, all workers together, until nobody waits any more. Never divided by the time scale. */
  drainPerSecond: number;
  /** The cap ends when no call had to be held back for this long, ms. Longer than a cool-down: by then whoever waited is back. */
  calmMs: number;
  /** Lookups a second at a processor whose breaker is not closed, all workers together. Never divided. */
  lookupsPerSecond: number;
}

export const DEFAULT_BREAKER: BreakerSettings = {
  windowMs: 60_000,
  failures: 20,
  failurePercent: 50,
  coolDownMs: 15_000,
  coolDownMaxMs: 120_000,
  probesAtOnce: 2,
  goodProbes: 5,
  badProbes: 2,
  drainPerSecond: 20,
  calmMs: 30_000,
  lookupsPerSecond: 5,
};

/** Least and most of each setting: outside of them a breaker would never open, never close, or protect nobody. */
export const BREAKER_LIMITS: Record<keyof BreakerSettings, readonly [number, number]> = {
  windowMs: [1_000, 3_600_000],
  failures: [1, 100_000],
  failurePercent: [1, 100],
  coolDownMs: [1_000, 600_000],
  coolDownMaxMs: [1_000, 3_600_000],
  probesAtOnce: [1, 100],
  goodProbes: [1, 1_000],
  badProbes: [1, 100],
  drainPerSecond: [1, 10_000],
  calmMs: [1_000, 3_600_000],
  lookupsPerSecond: [1, 10_000],
};

/** Test mode: window, cool-downs and calm are divided like every other wait. Rates are not: they are what a processor bears. */
export function scaleBreaker(settings: BreakerSettings, scale: number): BreakerSettings {
  const wait = (durationMs: number) => Math.max(1, Math.ceil(durationMs / scale));
  return {
    ...settings,
    windowMs: wait(settings.windowMs),
    coolDownMs: wait(settings.coolDownMs),
    coolDownMaxMs: wait(settings.coolDownMaxMs),
    calmMs: wait(settings.calmMs),
  };
}
