import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from '../../../cli/recoup/scenarios.ts';

/**
 * `npm run sweep [-- <scenario> …]`: each scenario of `recoup trigger`, all by default, once for every event of its
 * history with the worker killed at that event. Exit 1 when one of them ends otherwise than in peace.
 */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const asked = process.argv.slice(2).filter((argument) => argument !== '--');
const unknown = asked.filter((name) => !SCENARIOS.some((each) => each.name === name));

if (unknown.length > 0) {
  process.stderr.write(
    `No such scenario: ${unknown.join(', ')}. There are: ${SCENARIOS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    'stack',
    '--disable-console-intercept',
    'test/faults/F07-killed-at-every-event.test.ts',
  ];
  const env = { ...process.env, RECOUP_SWEEP: asked.length === 0 ? 'all' : asked.join(',') };
  process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
}
