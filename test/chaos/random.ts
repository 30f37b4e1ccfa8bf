/** A seeded stream of dice: same seed, same throws, on every machine. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  chance(percent: number): boolean;
  pick<T>(things: readonly T[]): T;
  weighted<T>(things: readonly (readonly [weight: number, thing: T])[]): T;
  /** A stream of its own: how much is drawn from it does not change what comes from this one. */
  fork(name: string): Dice;
}

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  // mulberry32: small, and good enough for dice.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const pick = <T>(things: readonly T[]): T => {
    const thing = things[Math.floor(next() * things.length)];
    if (thing === undefined) throw new RangeError('there is nothing to pick from');
    return thing;
  };
  const weighted = <T>(things: readonly (readonly [number, T])[]): T => {
    let roll = next() * things.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, thing] of things) {
      roll -= weight;
      if (roll < 0) return thing;
    }
    return pick(things)[1];
  };
  return {
    next,
    whole,
    pick,
    weighted,
    chance: (percent) => next() * 100 < percent,
    fork: (name) => dice(hashed(`${seed}/${name}`)),
  };
}

/** FNV-1a, 32 bits. */
export function hashed(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
