import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, findOnPath } from '../paths.ts';
import { runCommand } from './command.ts';
import { withLock } from './lock.ts';
import { type Progress, printProgress } from './progress.ts';
import { firstOf, type Source } from './sources.ts';

/** The newest version that `go install` accepts. Its program is called `server`. */
const GO_MODULE = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0';
const GO_LIMIT_MS = 10 * 60_000;
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
      { name: `go install ${GO_MODULE}`, find: () => build(cached, progress) },
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

async function build(target: string, progress: Progress): Promise<string> {
  if (findOnPath('go') === undefined) throw new Error('no `go` in PATH');
  const directory = `${target}.${process.pid}.build`;
  mkdirSync(directory, { recursive: true });
  try {
    const env = { ...process.env, GOBIN: directory };
    await progress.step('Building toxiproxy with Go (about half a minute, once)', () =>
      runCommand('go', ['install', GO_MODULE], { timeoutMs: GO_LIMIT_MS, env }),
    );
    renameSync(join(directory, 'server'), target);
    return target;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
