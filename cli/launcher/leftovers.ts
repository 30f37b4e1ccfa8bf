import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processCommand } from './processes.ts';
import { launcherPidPath, readRunFile, removeTraces } from './run-file.ts';

/** How to recognise a server of ours by its command line; the pid alone may have gone to another program. */
const SIGNS: Record<string, string> = {
  gateway: 'gateway/main.ts',
  worker: 'worker/main.ts',
  simulator: 'simulator/main.ts',
  temporal: 'start-dev',
};
const PATIENCE_MS = 60_000;

/**
 * Ends what an earlier run left behind. Normally its keeper does that, and is waited for; only when launcher and
 * keeper were both killed are there servers to stop here. (PostgreSQL is found by its own pid file.)
 */
export async function clearLeftovers(stateDir: string, say: (line: string) => void): Promise<void> {
  const keeper = keeperPid(stateDir);
  if (keeper !== undefined && isAlive(keeper) && (await processCommand(keeper)).includes('keeper.mjs')) {
    say('An earlier run was killed; waiting until its servers have stopped');
    await untilDead(keeper);
  }
  const earlier = readRunFile(stateDir);
  for (const [name, sign] of Object.entries(SIGNS)) {
    const pid = earlier?.pids[name as keyof typeof earlier.pids];
    if (typeof pid !== 'number' || !isAlive(pid) || !(await processCommand(pid)).includes(sign)) continue;
    say(`Stopping the ${name} of an earlier run (process ${pid})`);
    process.kill(pid, 'SIGTERM');
    await untilDead(pid);
  }
  removeTraces(stateDir);
}

function keeperPid(stateDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(launcherPidPath(stateDir), 'utf8').split(' ')[1]);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function untilDead(pid: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}
