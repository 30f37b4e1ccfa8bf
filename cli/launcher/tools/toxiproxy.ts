import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, findOnPath } from '../paths.ts';
import { type GoProgram, goInstall } from './go-install.ts';
import { withLock } from './lock.ts';
import { type Progress, printProgress } from './progress.ts';
import { firstOf, type Source } from './sources.ts';

/** The newest version that `go install` accepts. */
const GO_PROGRAM: GoProgram = {
  module: 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0',
  program: 'server',
  limitMs: 10 * 60_000,
  title: 'Building toxiproxy with Go (about half a minute, once)',
};
const ADVICE =
  'Install toxiproxy (https://github.com/Shopify/toxiproxy) so that `toxiproxy-server` is in PATH, or install Go.';

/** `toxiproxy-server`, which makes networks slow and cuts them: from PATH, our cache, or built with Go. Only `npm run chaos` wants it. */
export async function toxiproxyServer(progress: Progress = printProgress()): Promise<string> {
  const cached = join(cacheDirectory(), 'bin', 'toxiproxy');
  if (existsSync(cached)) return cached;
  const lock = join(cacheDirectory(), 'toxiproxy.lock');
  const waiting = () => progress.note('toxiproxy: waiting for another process that is installing it');
  return await withLock(lock, waiting, () => {
    const sources: Source[] = [
      { name: 'PATH', find: onPath },
      { name: `cache ${cached}`, find: () => inCache(cached) },
      { name: `go install ${GO_PROGRAM.module}`, find: () => goInstall(GO_PROGRAM, cached, progress) },
    ];
    return firstOf('toxiproxy', sources, ADVICE, progress);
  });
}

async function onPath(): Promise<string> {
  const path = findOnPath('toxiproxy-server');
  if (path === undefined) throw new Error('no `toxiproxy-server` in PATH');
  return path;
}

async function inCache(path: string): Promise<string> {
  if (!existsSync(path)) throw new Error('not there yet');
  return path;
}
