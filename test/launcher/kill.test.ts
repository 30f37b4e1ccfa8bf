import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { nodeArguments, ROOT } from '../../cli/launcher/paths.ts';
import { query } from '../../cli/launcher/postgres.ts';
import { isAlive } from '../../cli/launcher/processes.ts';

// Should this test be killed, what it started must not stay.
const keeper = new Keeper();

/** A launcher of real servers, and what it said about itself. */
class TwoServers {
  readonly process: ChildProcess;
  readonly said: Record<string, unknown>[] = [];

  constructor(directory: string) {
    const fixture = join(ROOT, 'test', 'launcher', 'fixtures', 'two-servers.ts');
    this.process = spawn(process.execPath, nodeArguments(fixture, directory), {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    keeper.watch({ pid: this.process.pid ?? 0, rank: 1, signal: 'SIGKILL', graceMs: 0 });
    let rest = '';
    this.process.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.said.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
    });
  }

  /** The newest value it told under this name. */
  told<T>(name: string): T {
    return this.said.findLast((message) => name in message)?.[name] as T;
  }

  async untilUp(): Promise<void> {
    await expect.poll(() => this.told('url'), { timeout: 60_000 }).toBeDefined();
  }
}

let directory = '';
let servers: TwoServers;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'recoup-kill-'));
  chmodSync(directory, 0o755);
  servers = new TwoServers(directory);
  await servers.untilUp();
});

afterEach(async () => {
  servers.process.kill('SIGKILL');
  await expect.poll(() => isAlive(servers.told('keeper')), { timeout: 30_000 }).toBe(false);
  rmSync(directory, { recursive: true, force: true });
});

const gone = async (...pids: number[]) => {
  await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
};

test('a launcher killed with SIGKILL leaves no server, no keeper and no traces', async () => {
  mkdirSync(join(directory, 'traces'));
  servers.process.kill('SIGKILL');
  await gone(servers.told('temporal'), servers.told('postgres'), servers.told('keeper'));
  expect(existsSync(join(directory, 'traces'))).toBe(false);
});

test('a killed keeper is replaced, and the new one knows everything', async () => {
  const first = servers.told<number>('keeper');
  process.kill(first, 'SIGKILL');
  await expect.poll(() => servers.told<number>('keeper'), { timeout: 10_000 }).not.toBe(first);
  servers.process.kill('SIGKILL');
  await gone(servers.told('temporal'), servers.told('postgres'), servers.told('keeper'));
});

test('PostgreSQL killed with SIGKILL is started again and has lost nothing', async () => {
  const url = servers.told<string>('url');
  await query(url, 'create table paid (order_id text)');
  await query(url, "insert into paid values ('o-1')");
  const killed = servers.told<number>('postgres');
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => servers.told<number>('postgres'), { timeout: 60_000 }).not.toBe(killed);
  expect(await query(url, 'select * from paid')).toEqual([{ order_id: 'o-1' }]);
});

test('with launcher and keeper killed at once, the next start takes the data over from the lost server', async () => {
  const lost = servers.told<number>('postgres');
  const lostTemporal = servers.told<number>('temporal');
  await query(servers.told('url'), 'create table paid (order_id text)');
  process.kill(servers.told('keeper'), 'SIGSTOP');
  servers.process.kill('SIGKILL');
  process.kill(servers.told('keeper'), 'SIGKILL');
  expect(isAlive(lost)).toBe(true);
  servers = new TwoServers(directory);
  try {
    await servers.untilUp();
    expect(isAlive(lost)).toBe(false);
    expect(await query(servers.told('url'), 'select * from paid')).toEqual([]);
  } finally {
    process.kill(lostTemporal, 'SIGKILL');
  }
});
