import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';

/** Pure code, and servers that a test starts in its own process: no shared servers needed. */
const PLAIN = [
  ...['policy', 'contract', 'layers', 'processors', 'simulator'].map((folder) => `test/${folder}/**/*.test.ts`),
  'test/cli/explain-code.test.ts',
  'test/cli/output.test.ts',
  'test/client/connection.test.ts',
  'test/client/not-a-gateway.test.ts',
  'test/workflows/details.test.ts',
  'test/chaos/judging.test.ts',
  'test/chaos/held-by-person.test.ts',
  'test/chaos/started-too-early.test.ts',
  'test/chaos/captured-twice.test.ts',
  'test/faults/**/*.plain.test.ts',
];
const SKIP_TIME = 'test/**/*.skip-time.test.ts';
const LAUNCHER = 'test/launcher/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // Two cores: most files wait for timers half of the time, and three keep both busy. A fourth would only make calls late.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'plain',
          include: PLAIN,
          exclude: [SKIP_TIME],
          pool: 'forks',
          // The modules that they share keep no state (test/layers/stateless.test.ts); loaded anew for each file they take longer than the tests.
          isolate: false,
          setupFiles: ['test/setup/once.ts'],
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/**/*.test.ts'],
          exclude: [...PLAIN, SKIP_TIME, LAUNCHER],
          globalSetup: ['test/setup/stack.ts'],
          pool: 'forks',
          // Loading the SDK and the product anew for each file took a tenth of the run.
          isolate: false,
          setupFiles: ['test/setup/once-with-temporal.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'time-skipping',
          include: [SKIP_TIME],
          globalSetup: ['test/setup/time-skipping.ts'],
          pool: 'forks',
          isolate: false,
          setupFiles: ['test/setup/once-with-temporal.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each test has a server of its own, whose time is nobody else's: beside the others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'launcher',
          include: [LAUNCHER],
          pool: 'forks',
          setupFiles: ['test/setup/once.ts'],
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Alone: it holds the launcher to seconds, and takes the default ports.
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
