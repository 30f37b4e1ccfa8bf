import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { ROOT } from '../../cli/launcher/paths.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { dataDirectory, postgresAccount } from '../../cli/launcher/postgres-account.ts';
import { isAlive } from '../../cli/launcher/processes.ts';
import { type RunFile, readRunFile, runFilePath } from '../../cli/launcher/run-file.ts';
import { serves } from '../../cli/launcher/temporal-dev.ts';

// Should this test be killed, what it started must not stay.
const keeper = new Keeper();
const watch = (pid: number) => keeper.watch({ pid, rank: 1, signal: 'SIGTERM', graceMs: 60_000 });

const SECOND_START_LIMIT_MS = 10_000;

let directory = '';
const started: ChildProcess[] = [];

beforeAll(() => {
  // Private to us: as root, PostgreSQL's account cannot enter it, and its data must be kept where it can.
  directory = mkdtempSync(join(tmpdir(), 'recoup-start-'));
});

afterAll(async () => {
  await stopped();
  const data = dataDirectory(join(directory, 'postgres'), await postgresAccount());
  for (const path of [directory, data]) rmSync(path, { recursive: true, force: true });
});

/** Whatever a test left running. */
async function stopped(): Promise<void> {
  await command('stop');
  for (const child of started.splice(0)) child.kill('SIGKILL');
}

/** The environment of a person's terminal: nothing of npm's or vitest's. */
function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|DATABASE_URL)/.test(name));
  return { ...Object.fromEntries(own), RECOUP_STATE_DIR: directory, ...extra };
}

interface Ended {
  code: number;
  output: string;
}

/** Runs `npm start` or `npm stop` the way npm does, to its end. */
function command(name: 'start' | 'stop', args: string[] = [], extra: Record<string, string> = {}): Promise<Ended> {
  const script = join(ROOT, 'cli', 'launcher', `${name}.mjs`);
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: ROOT, env: environment(extra) }, (error, stdout, stderr) => {
      const launcher = readRunFile(directory)?.pids.launcher;
      if (launcher !== undefined) watch(launcher);
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}

/** Runs it in the foreground, until its run.json is there. */
async function foreground(program: string, ...args: string[]): Promise<{ child: ChildProcess; run: RunFile }> {
  const child = spawn(program, args, { cwd: ROOT, env: environment(), stdio: 'ignore' });
  started.push(child);
  watch(child.pid ?? 0);
  await expect.poll(() => readRunFile(directory), { timeout: 90_000 }).toBeDefined();
  return { child, run: running() };
}

const startScript = join(ROOT, 'cli', 'launcher', 'start.mjs');

function running(): RunFile {
  const run = readRunFile(directory);
  if (run === undefined) throw new Error('run.json is not there');
  return run;
}

const pidsOf = (run: RunFile) => Object.values(run.pids).filter((pid) => pid !== null);
const untilGone = async (run: RunFile) => {
  await expect.poll(() => pidsOf(run).filter(isAlive), { timeout: 60_000 }).toEqual([]);
  await expect.poll(() => existsSync(runFilePath(directory)), { timeout: 10_000 }).toBe(false);
};

test('start --detach returns with everything running and run.json private; stop ends all of it', async () => {
  const { code, output } = await command('start', ['--detach', '--no-demo']);
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Recoup is running') });
  expect(output).not.toContain('Ctrl-C');
  const run = running();
  expect(pidsOf(run).every(isAlive)).toBe(true);
  expect(statSync(runFilePath(directory)).mode & 0o777).toBe(0o600);
  expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(await serves(run.temporal, run.namespace)).toBe(true);
  expect((await fetch(run.temporalUi)).status).toBe(200);

  const again = await command('start', ['--no-demo']);
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('already running') });
  expect(running().pids).toEqual(run.pids);

  expect((await command('stop')).code).toBe(0);
  await untilGone(run);
});

describe('started again, and running from then on', () => {
  afterAll(stopped);

  test('the second start takes less than 10 s, and keeps the keys', async () => {
    const secrets = readFileSync(join(directory, 'secrets.json'), 'utf8');
    const since = Date.now();
    expect((await command('start', ['--detach', '--no-demo'])).code).toBe(0);
    expect(Date.now() - since).toBeLessThan(SECOND_START_LIMIT_MS);
    expect(readFileSync(join(directory, 'secrets.json'), 'utf8')).toBe(secrets);
  });

  test.each(['worker', 'gateway', 'simulator'] as const)(
    'a killed %s is started again, and run.json follows',
    async (name) => {
      await command('start', ['--detach', '--no-demo']);
      const before = running().pids;
      process.kill(before[name], 'SIGKILL');
      await expect.poll(() => readRunFile(directory)?.pids[name], { timeout: 60_000 }).not.toBe(before[name]);
      const after = running().pids;
      expect(isAlive(after[name])).toBe(true);
      expect({ ...after, [name]: 0 }).toEqual({ ...before, [name]: 0 });
    },
  );
});

describe('each from the beginning', () => {
  afterEach(stopped);

  test('Ctrl-C stops every child and exits 0', async () => {
    const { child, run } = await foreground(process.execPath, startScript, '--no-demo');
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    await untilGone(run);
  });

  test('a launcher killed with SIGKILL leaves no orphan and no run.json', async () => {
    const { child, run } = await foreground(process.execPath, startScript, '--no-demo');
    child.kill('SIGKILL');
    await untilGone(run);
  });

  test('an npm killed with SIGKILL takes the stack with it', async () => {
    const { child, run } = await foreground('npm', 'start', '--', '--no-demo');
    child.kill('SIGKILL');
    await untilGone(run);
  });

  test('start --detach exits 1 with the reason when a port that was asked for is taken', async () => {
    const port = await anyFreePort();
    const { createServer } = await import('node:net');
    const occupied = createServer().listen(port, '127.0.0.1');
    try {
      const { code, output } = await command('start', ['--detach', '--gateway-port', String(port)]);
      expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining(`port ${port} is taken`) });
      expect(existsSync(runFilePath(directory))).toBe(false);
    } finally {
      occupied.close();
    }
  });

  test('start --detach exits 1 with the reason when the database cannot be reached', async () => {
    const url = `postgresql://nobody@127.0.0.1:${await anyFreePort()}/none`;
    const { code, output } = await command('start', ['--detach', '--no-demo'], { DATABASE_URL: url });
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('Recoup did not start') });
    expect(existsSync(runFilePath(directory))).toBe(false);
  });

  test('an unknown flag exits 2 and says what there is', async () => {
    expect(await command('start', ['--detatch'])).toMatchObject({
      code: 2,
      output: expect.stringContaining('--detach'),
    });
  });

  test('start --codec encrypts what Temporal stores, from then on, and the Web UI knows where to have it decoded', async () => {
    const asked = async (run: RunFile, origin: string) => {
      const headers = { 'content-type': 'application/json', origin };
      const answer = await fetch(`${run.gateway}/codec/decode`, { method: 'POST', headers, body: '{"payloads":[]}' });
      return answer.status;
    };
    for (const flags of [['--codec'], []]) {
      const { code, output } = await command('start', ['--detach', '--no-demo', ...flags]);
      expect(code, output).toBe(0);
      const run = running();
      const settings = (await (await fetch(`${run.temporalUi}/api/v1/settings`)).json()) as Record<string, unknown>;
      expect(settings).toMatchObject({ Codec: { Endpoint: `${run.gateway}/codec` } });
      expect(await asked(run, run.temporalUi)).toBe(200);
      expect(await asked(run, 'https://elsewhere.test')).toBe(401);
      await command('stop');
    }
  });
});
