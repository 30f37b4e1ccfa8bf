import { test } from '@fast-check/vitest';
import { describe } from 'vitest';
import { checkDeterminism, watchInvariants } from './invariants.ts';
import { life, live } from './lives.ts';
import { checkAtRest } from './money-invariants.ts';

/** `RECOUP_PROPERTY_RUNS=20000` looks harder; `RECOUP_PROPERTY_SEED`, printed in the name, repeats a run. */
const RUNS = Number(process.env.RECOUP_PROPERTY_RUNS ?? 1_000);
const SEED = Number(process.env.RECOUP_PROPERTY_SEED ?? Date.now() % 1_000_000_000);
const parameters = { numRuns: RUNS, seed: SEED };

describe(`decide, seed ${SEED}, ${RUNS} lives`, () => {
  test.prop([life], parameters)('never bends, whatever processors, buyers, people and networks do', (given) => {
    checkAtRest(live(given, watchInvariants()));
  });

  const fewer = { ...parameters, numRuns: Math.ceil(RUNS / 6) };
  test.prop([life], fewer)('decides the same from the same, in any order of keys', (given) => {
    live(given, checkDeterminism);
  });
});
