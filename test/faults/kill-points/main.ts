import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIVES } from './lives.ts';

/**
 * `npm run sweep [-- <name> …]`: each scenario of `recoup trigger` and each story of the tests, all by default, once for every
 * event of its history with the worker killed at that event. Exit 1 when one of them ends otherwise than in peace.
 */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const asked = process.argv.slice(2).filter((argument) => argument !== '--');
const unknown = asked.filter((name) => !LIVES.some((each) => each.name === name));

if (unknown.length > 0) {
  process.stderr.write(
    `No such scenario or story: ${unknown.join(', ')}. There are: ${LIVES.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'stack',
    'test/faults/F07-killed-at-every-event.test.ts',
    // Last: it would take what follows it for its value, and vitest, without a file, runs everything.
    '--disable-console-intercept',
  ];
  const env = { ...process.env, RECOUP_SWEEP: asked.length === 0 ? 'all' : asked.join(',') };
  process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
}
