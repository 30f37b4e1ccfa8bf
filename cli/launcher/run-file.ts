import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processCommand } from './processes.ts';
import { writePrivately } from './secrets.ts';

/** `.recoup/run.json`: where everything is, while everything runs. */
export interface RunFile {
  gateway: string;
  simulator: string;
  temporalUi: string;
  /** host:port */
  temporal: string;
  namespace: string;
  taskQueue: string;
  databaseUrl: string;
  merchantId: string;
  apiKey: string;
  /** `postgres` is null when DATABASE_URL points to a server of someone else's. */
  pids: {
    launcher: number;
    temporal: number;
    postgres: number | null;
    simulator: number;
    worker: number;
    gateway: number;
  };
}

export const runFilePath = (stateDir: string) => join(stateDir, 'run.json');
/** Holds the pids of launcher and keeper, from the first moment on: it is the lock on the state directory. */
export const launcherPidPath = (stateDir: string) => join(stateDir, 'launcher.pid');

/** What a launcher that nobody watches has to say. */
export const launcherLogPath = (stateDir: string) => join(stateDir, 'logs', 'launcher.log');

export function readRunFile(stateDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(runFilePath(stateDir), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}

export function writeRunFile(stateDir: string, run: RunFile): void {
  writePrivately(runFilePath(stateDir), run);
}

/** The launcher that runs, or is starting, on this state directory. */
export async function livingLauncher(stateDir: string): Promise<number | undefined> {
  let pid: number;
  try {
    pid = Number(readFileSync(launcherPidPath(stateDir), 'utf8').split(' ')[0]);
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  // The number may have gone to another program since.
  return (await processCommand(pid)).includes('cli/launcher/start') ? pid : undefined;
}

export function removeTraces(stateDir: string): void {
  for (const file of [runFilePath(stateDir), launcherPidPath(stateDir)]) rmSync(file, { force: true });
}
