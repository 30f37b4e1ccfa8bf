import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { admit, advance, answered, type Breaker, CLOSED, judge } from '../../../policy/health/breaker.ts';
import { BREAKER_LIMITS, DEFAULT_BREAKER, scaleBreaker } from '../../../policy/health/settings.ts';

const SECOND_MS = 1_000;
const settings = DEFAULT_BREAKER;

const opened = (nowMs = 0, times = 1): Breaker => {
  let breaker = judge(CLOSED, { good: 0, bad: 21 }, settings, nowMs);
  for (let more = 1; more < times; more += 1) {
    const atMs = breaker.untilMs;
    for (const permit of ['a', 'b']) breaker = ask(breaker, permit, atMs).breaker;
    for (const permit of ['a', 'b']) breaker = answered(breaker, { permit, good: false }, settings, atMs);
  }
  return breaker;
};
const ask = (breaker: Breaker, permit: string, nowMs: number, kind: 'start' | 'lookup' = 'start') =>
  admit(breaker, { kind, permit, leaseMs: 10 * SECOND_MS }, settings, nowMs);

/** Half open, then as many good answers as it takes. */
function drainingFrom(breaker: Breaker): { breaker: Breaker; atMs: number } {
  const atMs = breaker.untilMs;
  let current = breaker;
  for (let probe = 0; probe < settings.goodProbes; probe += 1) {
    current = ask(current, `p${probe}`, atMs).breaker;
    current = answered(current, { permit: `p${probe}`, good: true }, settings, atMs);
  }
  return { breaker: current, atMs };
}

describe('when it opens', () => {
  test.each([
    ['20 failures, and nothing else', { good: 0, bad: 20 }, 'closed'],
    ['21 failures, and nothing else', { good: 0, bad: 21 }, 'open'],
    ['21 failures among 42 calls', { good: 21, bad: 21 }, 'open'],
    ['21 failures among 43 calls', { good: 22, bad: 21 }, 'closed'],
    ['a thousand failures in a million calls', { good: 999_000, bad: 1_000 }, 'closed'],
  ] as const)('%s: %s', (_, calls, state) => {
    expect(judge(CLOSED, calls, settings, 0).state).toBe(state);
  });

  test('the first cool-down is the shortest, each further one is twice as long, up to the longest', () => {
    const lengths = [1, 2, 3, 4, 5, 6].map((times) => {
      const breaker = opened(0, times);
      return (breaker.untilMs - breaker.sinceMs) / SECOND_MS;
    });
    expect(lengths).toEqual([15, 30, 60, 120, 120, 120]);
  });
});

describe('while it is open', () => {
  test('nothing starts, and whoever asks is told when to come back', () => {
    const { breaker, admission } = ask(opened(), 'a', 5 * SECOND_MS);
    expect(admission).toEqual({ admitted: false, waitMs: 10 * SECOND_MS, spreadMs: settings.coolDownMs });
    expect(breaker.held).toBe(1);
  });

  test('failures of calls that were sent before make it no longer, nor open again what is half open', () => {
    const many = { good: 0, bad: 100 };
    expect(judge(opened(), many, settings, 5 * SECOND_MS)).toEqual(opened());
    expect(judge(opened(), many, settings, opened().untilMs)).toMatchObject({ state: 'half_open', opens: 1 });
  });

  test('lookups go on, five a second for all workers together', () => {
    let breaker = opened();
    let admitted = 0;
    for (let nowMs = 0; nowMs < 10 * SECOND_MS; nowMs += 10) {
      const answer = ask(breaker, 'l', nowMs, 'lookup');
      ({ breaker } = answer);
      if (answer.admission.admitted) admitted += 1;
    }
    expect(admitted).toBe(50);
  });

  test('a lookup too many is told how long until the next one fits, and is not spread', () => {
    const { breaker } = ask(opened(), 'l', 0, 'lookup');
    expect(ask(breaker, 'l', 50, 'lookup').admission).toEqual({ admitted: false, waitMs: 150, spreadMs: 0 });
  });

  test('answers to calls that were sent before do not change it', () => {
    const breaker = opened();
    expect(answered(breaker, { permit: 'old', good: true }, settings, 1)).toEqual(breaker);
  });
});

describe('half open', () => {
  test('a few probes at a time; each answer makes room for the next', () => {
    const atMs = opened().untilMs;
    const first = ask(opened(), 'a', atMs);
    const second = ask(first.breaker, 'b', atMs);
    const third = ask(second.breaker, 'c', atMs);
    expect([first, second, third].map(({ admission }) => admission.admitted)).toEqual([true, true, false]);
    const room = answered(third.breaker, { permit: 'a', good: true }, settings, atMs);
    expect(ask(room, 'c', atMs).admission.admitted).toBe(true);
  });

  test('room for one is room for one from the first moment on, and whoever finds none comes back soon', () => {
    const narrow = { ...settings, probesAtOnce: 1 };
    const askNarrow = (breaker: Breaker, permit: string) =>
      admit(breaker, { kind: 'start', permit, leaseMs: SECOND_MS }, narrow, breaker.untilMs);
    const first = askNarrow(opened(), 'a');
    expect(first.admission).toEqual({ admitted: true });
    // As often as attempts start once it drains: a twentieth of a second.
    expect(askNarrow(first.breaker, 'b').admission).toEqual({ admitted: false, waitMs: 50, spreadMs: 15 * SECOND_MS });
  });

  test('a probe whose worker died makes room when its time is over, and its late answer counts for nothing', () => {
    const atMs = opened().untilMs;
    let breaker = opened();
    for (const permit of ['a', 'b']) breaker = ask(breaker, permit, atMs).breaker;
    const laterMs = atMs + 10 * SECOND_MS;
    const next = ask(breaker, 'c', laterMs);
    expect(next.admission.admitted).toBe(true);
    expect(answered(next.breaker, { permit: 'a', good: false }, settings, laterMs)).toMatchObject({ bad: 0 });
  });

  test('one bad answer is bad luck, two open it again', () => {
    const atMs = opened().untilMs;
    let breaker = opened();
    for (const permit of ['a', 'b']) breaker = ask(breaker, permit, atMs).breaker;
    breaker = answered(breaker, { permit: 'a', good: false }, settings, atMs);
    expect(breaker.state).toBe('half_open');
    breaker = answered(breaker, { permit: 'b', good: false }, settings, atMs);
    expect(breaker).toMatchObject({ state: 'open', opens: 2 });
  });
});

describe('draining', () => {
  test('five good probes: from then on as many attempts a second as the cap allows, the probes included', () => {
    let { breaker, atMs } = drainingFrom(opened());
    expect(breaker.state).toBe('draining');
    let admitted = 0;
    for (let nowMs = atMs; nowMs < atMs + 10 * SECOND_MS; nowMs += 5) {
      const answer = ask(breaker, `d${nowMs}`, nowMs);
      ({ breaker } = answer);
      if (answer.admission.admitted) admitted += 1;
    }
    expect(admitted).toBe(10 * settings.drainPerSecond - settings.goodProbes);
  });

  test('the cap ends when nobody was held back for a while, and then the count begins anew', () => {
    const { breaker, atMs } = drainingFrom(opened());
    const heldAtMs = atMs + 10 * SECOND_MS;
    const held = ask(ask(breaker, 'a', heldAtMs).breaker, 'b', heldAtMs).breaker;
    const calmAtMs = heldAtMs + settings.calmMs;
    expect(advance(held, settings, calmAtMs - 1).state).toBe('draining');
    expect(advance(held, settings, calmAtMs)).toEqual({ ...CLOSED, sinceMs: calmAtMs });
  });

  test('a processor that falls ill again is left again, after a few failures', () => {
    let { breaker, atMs } = drainingFrom(opened());
    for (let call = 0; call < settings.goodProbes; call += 1) {
      expect(breaker.state).toBe('draining');
      breaker = answered(breaker, { permit: `d${call}`, good: false }, settings, atMs);
    }
    expect(breaker).toMatchObject({ state: 'open', opens: 2 });
  });

  test('good answers of long ago do not hide that: every forty answers the count begins anew', () => {
    let { breaker, atMs } = drainingFrom(opened());
    const answers = [...Array(33).fill(true), ...Array(7 + settings.goodProbes).fill(false)];
    for (const [call, good] of answers.entries()) {
      expect(breaker.state).toBe('draining');
      breaker = answered(breaker, { permit: `d${call}`, good }, settings, atMs);
    }
    expect(breaker.state).toBe('open');
  });

  test('one call in five that fails is a processor that works', () => {
    let { breaker, atMs } = drainingFrom(opened());
    for (let call = 0; call < 500; call += 1) {
      breaker = answered(breaker, { permit: `d${call}`, good: call % 5 !== 0 }, settings, atMs);
    }
    expect(breaker.state).toBe('draining');
  });
});

describe('settings', () => {
  test('the default ones are within their limits', () => {
    for (const [name, [least, most]] of Object.entries(BREAKER_LIMITS)) {
      const value = DEFAULT_BREAKER[name as keyof typeof DEFAULT_BREAKER];
      expect(value, name).toBeGreaterThanOrEqual(least);
      expect(value, name).toBeLessThanOrEqual(most);
    }
  });

  test('waits are divided in test mode, rates and numbers are not', () => {
    expect(scaleBreaker(settings, 60)).toEqual({
      ...settings,
      windowMs: 1_000,
      coolDownMs: 250,
      coolDownMaxMs: 2_000,
      calmMs: 500,
    });
  });
});

const step = fc.record({
  afterMs: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 3_000 }), fc.nat({ max: 60_000 })),
  what: fc.constantFrom('ask', 'ask', 'ask', 'ask', 'answer', 'answer', 'die', 'lookup', 'judge'),
  good: fc.boolean(),
  bad: fc.nat({ max: 40 }),
});

describe('whatever happens, in whatever order', () => {
  propertyTest.prop([fc.array(step, { maxLength: 400 })])(
    'never more probes than allowed, never more starts in a second than the cap, and there is always a way back',
    (steps) => {
      let breaker: Breaker = CLOSED;
      let nowMs = 1_000_000;
      let asked = 0;
      const under: string[] = [];
      let drained: number[] = [];
      for (const { afterMs, what, good, bad } of steps) {
        nowMs += afterMs;
        if (what === 'judge') breaker = judge(breaker, { good: bad, bad }, settings, nowMs);
        if (what === 'lookup') breaker = ask(breaker, 'l', nowMs, 'lookup').breaker;
        if (what === 'die') under.shift();
        if (what === 'answer') {
          const permit = under.shift();
          if (permit !== undefined) breaker = answered(breaker, { permit, good }, settings, nowMs);
        }
        if (what !== 'ask') continue;
        asked += 1;
        const permit = `p${asked}`;
        const was = advance(breaker, settings, nowMs).state;
        const answer = ask(breaker, permit, nowMs);
        ({ breaker } = answer);
        expect(breaker.probes.length).toBeLessThanOrEqual(settings.probesAtOnce);
        if (was === 'open') expect(answer.admission.admitted).toBe(false);
        if (was === 'closed') expect(answer.admission.admitted).toBe(true);
        if (answer.admission.admitted) under.push(permit);
        else expect(answer.admission.waitMs).toBeGreaterThan(0);
        if (was === 'closed' || was === 'open') drained = [];
        else if (answer.admission.admitted) {
          drained = [...drained, nowMs].filter((atMs) => atMs > nowMs - SECOND_MS);
          // Half open, one more may be under way when the last good answer comes.
          expect(drained.length).toBeLessThanOrEqual(settings.drainPerSecond + settings.probesAtOnce);
        }
      }
      expect(wellAgain(breaker, nowMs)).toBe('closed');
    },
  );
});

/** From any state a processor that answers well is back before long. */
function wellAgain(breaker: Breaker, fromMs: number): Breaker['state'] {
  let current = breaker;
  let nowMs = fromMs;
  for (let call = 0; call < 200 && advance(current, settings, nowMs).state !== 'closed'; call += 1) {
    nowMs += 5 * SECOND_MS;
    const permit = `well${call}`;
    const answer = ask(current, permit, nowMs);
    current = answer.admission.admitted
      ? answered(answer.breaker, { permit, good: true }, settings, nowMs)
      : answer.breaker;
  }
  return advance(current, settings, nowMs).state;
}
