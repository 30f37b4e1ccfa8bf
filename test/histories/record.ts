import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Records the histories of today's code: `npx tsx test/histories/record.ts`. Done for each release; what is recorded
 * must replay on all later code, so a recording is replaced only when no open order can hold such a history any more.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const args = [vitest, 'run', '--project', 'stack', 'test/faults/F11-recorded-histories.test.ts'];
const env = { ...process.env, RECOUP_RECORD_HISTORIES: '1' };
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env });
process.exitCode = status ?? 1;
