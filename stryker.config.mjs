// Mutation testing of the code that decides about money; test/mutation/main.ts runs it group by group.

// Names of property tests hold their seed, and a mutant's tests are found by name: so the seed stays the same.
process.env.RECOUP_PROPERTY_SEED ??= '1';
process.env.RECOUP_PROPERTY_RUNS ??= '20';

export default {
  // For what main.ts does not know: `npx stryker run --mutate <file>`, a process for each mutant. Slow, and good for any code.
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/in-process.mjs'],
  inProcess: {
    tests: [
      'test/policy',
      'test/contract',
      'test/processors/standard-webhook.test.ts',
      'test/processors/simulator-webhooks.test.ts',
    ],
  },
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  warnings: { unknownOptions: false },
  coverageAnalysis: 'perTest',
  // Stryker would rewrite the paths in tsconfig.json through TypeScript's API, which version 7 has not; none needs it.
  tsconfigFile: 'none',
  // What a run that was killed has left behind is no part of the project.
  ignorePatterns: ['.recoup'],
  concurrency: 1,
  // A slow machine is no noticed mutant.
  timeoutFactor: 5,
  timeoutMS: 20_000,
  incremental: true,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false },
};
