import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './paths.ts';
import { launcherLogPath, livingLauncher, readRunFile } from './run-file.ts';

/**
 * Runs the launcher in a session of its own and returns when its `run.json` is there: 0, or 1 with the launcher's own
 * words when it ends before that. What it prints meanwhile is shown here.
 */
export async function startDetached(stateDir: string): Promise<number> {
  const logFile = launcherLogPath(stateDir);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w', 0o600);
  const args = process.argv.slice(2).filter((argument) => argument !== '--detach');
  const launcher = spawn(process.execPath, [join(ROOT, 'cli', 'launcher', 'start.mjs'), ...args], {
    cwd: process.cwd(),
    detached: true,
    env: { ...process.env, RECOUP_DETACHED: '1' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: number | undefined;
  launcher.once('error', () => {
    ended = 1;
  });
  launcher.once('exit', (code) => {
    ended = code ?? 1;
  });
  const show = follow(logFile);
  for (;;) {
    show();
    if (ended !== undefined) {
      show();
      // It ends at once and well when another one is running already.
      return ended !== 0 || (await isRunning(stateDir)) ? ended : 1;
    }
    if (await isRunning(stateDir, launcher.pid)) {
      show();
      launcher.unref();
      return 0;
    }
    await sleep(100);
  }
}

async function isRunning(stateDir: string, pid?: number): Promise<boolean> {
  const launcher = readRunFile(stateDir)?.pids.launcher;
  if (launcher === undefined || (pid !== undefined && launcher !== pid)) return false;
  return (await livingLauncher(stateDir)) === launcher;
}

/** Prints what was added to a file since the last call. */
function follow(file: string): () => void {
  const input = openSync(file, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  return () => {
    for (let read = readSync(input, buffer); read > 0; read = readSync(input, buffer)) {
      process.stdout.write(buffer.subarray(0, read));
    }
  };
}
