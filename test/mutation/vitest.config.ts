import { defineConfig } from 'vitest/config';
import all from '../../vitest.config.ts';

const isPlain = (project: unknown) => (project as { test?: { name?: string } }).test?.name === 'plain';
const plain = (all.test?.projects ?? []).filter(isPlain);
if (plain.length !== 1) throw new Error('vitest.config.ts has no project `plain`, so no mutant would meet a test.');

/**
 * The project `plain` alone: no server starts for a mutant. One process for all files of a run: they are pure, and
 * starting a process for each file took most of the time.
 */
export default defineConfig({
  test: {
    projects: plain.map((project) => ({
      ...(project as object),
      test: { ...(project as { test: object }).test, isolate: false },
    })),
  },
});
