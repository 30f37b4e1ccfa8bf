import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheDirectory } from '../../cli/launcher/paths.ts';
import { isAlive } from '../../cli/launcher/processes.ts';
import { runCommand } from '../../cli/launcher/tools/command.ts';
import { withLock } from '../../cli/launcher/tools/lock.ts';
import type { Progress } from '../../cli/launcher/tools/progress.ts';
import { firstOf } from '../../cli/launcher/tools/sources.ts';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';

const said: string[] = [];
const progress: Progress = { note: (text) => said.push(text), step: (_, work) => work() };
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'recoup-tools-'));
  said.length = 0;
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** A pretend `temporal` that tells this server version. */
function program(folder: string, server: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'temporal');
  writeFileSync(path, `#!/bin/sh\necho "temporal version 1.0.0 (Server ${server}, UI 2.42.1)"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the cache follows RECOUP_CACHE, then XDG_CACHE_HOME', () => {
  expect(cacheDirectory({ RECOUP_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheDirectory({ XDG_CACHE_HOME: '/b' })).toBe('/b/recoup');
  expect(cacheDirectory({})).toMatch(/\.cache\/recoup$/);
});

test('the temporal CLI of PATH is taken when its server is new enough, and the cached one when it is not', async () => {
  vi.stubEnv('RECOUP_CACHE', join(directory, 'cache'));
  const cached = program(join(directory, 'cache', 'bin'), '1.31.0');
  const onPath = program(join(directory, 'bin'), '1.29.1');
  vi.stubEnv('PATH', `${join(directory, 'bin')}:/usr/bin:/bin`);
  expect(await temporalCli(progress)).toBe(onPath);
  program(join(directory, 'bin'), '1.20.0');
  expect(await temporalCli(progress)).toBe(cached);
  expect(said).toEqual([]);
});

test('when every source fails, each is named with its reason, and what to do', async () => {
  const sources = [
    { name: 'PATH', find: () => Promise.reject(new Error('no `temporal` in PATH')) },
    { name: 'go install', find: () => Promise.reject(new Error('no `go` in PATH')) },
  ];
  await expect(firstOf('temporal CLI', sources, 'Install it.', progress)).rejects.toThrow(
    'temporal CLI is missing, and every source of it failed:\n' +
      '  - PATH: no `temporal` in PATH\n  - go install: no `go` in PATH\nInstall it.',
  );
});

test('only one installs at a time; the others wait and then find it', async () => {
  const lock = join(directory, 'tool.lock');
  let inside = 0;
  let most = 0;
  const install = () =>
    withLock(
      lock,
      () => said.push('waiting'),
      async () => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(20);
        inside -= 1;
      },
    );
  await Promise.all([install(), install(), install()]);
  expect(most).toBe(1);
  expect(said).toEqual(['waiting', 'waiting']);
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that has died is taken over', async () => {
  const lock = join(directory, 'tool.lock');
  const pid = Number((await runCommand('sh', ['-c', 'echo $$'], { timeoutMs: 5000 })).trim());
  writeFileSync(lock, `${pid} ${hostname()}\n`);
  expect(
    await withLock(
      lock,
      () => {},
      async () => 'installed',
    ),
  ).toBe('installed');
  expect(readdirSync(directory)).toEqual([]);
});

test('a command that takes too long, or that its watcher gives up on, ends with its children', async () => {
  const pidFile = join(directory, 'pid');
  const late = ['-c', `sleep 60 & echo $! > ${pidFile}; wait`];
  const childIsAlive = () => isAlive(Number(readFileSync(pidFile, 'utf8')));
  await expect(runCommand('sh', late, { timeoutMs: 300 })).rejects.toThrow('no result within 0.3 s');
  await expect.poll(childIsAlive).toBe(false);
  const giveUp = () => 'nothing arrived';
  await expect(runCommand('sh', late, { timeoutMs: 60_000, giveUp })).rejects.toThrow('nothing arrived');
  await expect.poll(childIsAlive).toBe(false);
});
