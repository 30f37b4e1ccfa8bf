// Runs in every test process: `RECOUP_PROPERTY_SEED` repeats a run of every property test, `RECOUP_PROPERTY_RUNS` makes
// each look harder or less hard. Without them each run has a seed of its own, printed in the test's name.
const { RECOUP_PROPERTY_SEED: seed, RECOUP_PROPERTY_RUNS: runs } = process.env;
if (seed !== undefined || runs !== undefined) {
  const fc = await import('fast-check');
  fc.configureGlobal({
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(runs !== undefined && { numRuns: Number(runs) }),
  });
}

export {};
