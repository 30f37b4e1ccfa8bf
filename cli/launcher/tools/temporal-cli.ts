import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, findOnPath } from '../paths.ts';
import { runCommand } from './command.ts';
import { type GoProgram, goInstall } from './go-install.ts';
import { withLock } from './lock.ts';
import { type Progress, printProgress } from './progress.ts';
import { downloadWithSdk } from './sdk-download.ts';
import { firstOf, type Source } from './sources.ts';

/** The newest version that `go install` accepts; later ones have a `replace` in their go.mod. */
const GO_PROGRAM: GoProgram = {
  module: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  program: 'temporal',
  limitMs: 30 * 60_000,
  title: 'Building the Temporal CLI with Go (about four minutes on two cores, once)',
};
/** Update-with-start, priorities and the settings of temporal-dev.yml are known to work from here on. */
const OLDEST_SERVER = [1, 29] as const;
const ADVICE =
  'Install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is in PATH, or install Go and run again.';

/** The `temporal` program with its dev server, from PATH, our cache, the SDK's download or built with Go. */
export async function temporalCli(progress: Progress = printProgress()): Promise<string> {
  const cached = join(cacheDirectory(), 'bin', 'temporal');
  const there: Source[] = [
    { name: 'PATH', find: onPath },
    { name: `cache ${cached}`, find: () => usable(cached) },
  ];
  const ready = await firstUsable(there);
  if (ready !== undefined) return ready;
  const lock = join(cacheDirectory(), 'temporal-cli.lock');
  const waiting = () => progress.note('temporal CLI: waiting for another process that is installing it');
  return await withLock(lock, waiting, () => {
    const elsewhere: Source[] = [
      { name: 'release download (as @temporalio/testing does it)', find: () => download(cached, progress) },
      { name: `go install ${GO_PROGRAM.module}`, find: () => goInstall(GO_PROGRAM, cached, progress, usable) },
    ];
    return firstOf('temporal CLI', [...there, ...elsewhere], ADVICE, progress);
  });
}

/** What is already there needs neither lock nor words. */
async function firstUsable(sources: Source[]): Promise<string | undefined> {
  for (const source of sources) {
    const path = await source.find().catch(() => undefined);
    if (path !== undefined) return path;
  }
  return undefined;
}

async function onPath(): Promise<string> {
  const path = findOnPath('temporal');
  if (path === undefined) throw new Error('no `temporal` in PATH');
  return await usable(path);
}

/** @throws unless the program runs and has a server that is new enough. */
async function usable(path: string): Promise<string> {
  const printed = await runCommand(path, ['--version'], { timeoutMs: 20_000 }).catch((error: Error) => {
    throw new Error(
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not there yet' : `does not run: ${error.message}`,
    );
  });
  const [, major, minor] = /Server (\d+)\.(\d+)/.exec(printed) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`tells no server version: ${printed.trim()}`);
  const isNewEnough =
    Number(major) > OLDEST_SERVER[0] || (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1]);
  if (!isNewEnough) throw new Error(`its server is ${major}.${minor}, at least ${OLDEST_SERVER.join('.')} is needed`);
  return path;
}

async function download(target: string, progress: Progress): Promise<string> {
  mkdirSync(join(target, '..'), { recursive: true });
  const title = 'Downloading the Temporal CLI';
  return await usable(await progress.step(title, () => downloadWithSdk('createLocal', target)));
}
