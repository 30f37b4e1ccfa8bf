import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stateDirectory } from './paths.ts';
import { isAlive } from './processes.ts';
import { livingLauncher } from './run-file.ts';

/** The worker may take 30 s for a charge that is on its way, the others some seconds each. */
const PATIENCE_MS = 90_000;

const { values } = parseArgs({ options: { 'state-dir': { type: 'string' } } });
const stateDir = stateDirectory(values['state-dir']);
const launcher = await livingLauncher(stateDir);
if (launcher === undefined) {
  process.stdout.write('Recoup is not running.\n');
} else {
  process.kill(launcher, 'SIGTERM');
  const deadline = Date.now() + PATIENCE_MS;
  while (isAlive(launcher) && Date.now() < deadline) await sleep(50);
  if (isAlive(launcher)) {
    process.stderr.write(`The launcher (process ${launcher}) has not ended within ${PATIENCE_MS / 1000} s.\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write('Recoup has stopped.\n');
  }
}
