import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ChildSpec } from './child.ts';
import {
  type Account,
  type Binaries,
  dataDirectory as placeForData,
  postgresAccount,
  postgresBinaries,
} from './postgres-account.ts';
import { isAlive, processCommand } from './processes.ts';
import { runCommand } from './tools/command.ts';

const SUPERUSER = 'recoup';
const INITDB_LIMIT_MS = 120_000;

export interface PostgresOptions {
  /** Where the data should lie; as root it may have to lie elsewhere (see `postgres-account.ts`). */
  directory: string;
  port: number;
  password: string;
  logFile: string;
  rank: number;
  /** Test data dies with the test: it need not survive a power cut. */
  throwaway?: boolean;
}

export interface EmbeddedPostgres {
  spec: ChildSpec;
  /** Without a database name. */
  url(database: string): string;
  dataDirectory: string;
}

/** Creates the cluster when there is none, removes what a kill left behind, and says how to run the server. */
export async function embeddedPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const account = await postgresAccount();
  const binaries = postgresBinaries(account);
  const dataDirectory = placeForData(options.directory, account);
  if (!existsSync(join(dataDirectory, 'PG_VERSION'))) await initialise(binaries, dataDirectory, options, account);
  await clearStalePid(dataDirectory);
  const url = (database: string) =>
    `postgresql://${SUPERUSER}:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/${database}`;
  const spec: ChildSpec = {
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', dataDirectory, '-p', String(options.port), ...settings(options.throwaway === true)],
    env: cleanEnvironment(),
    cwd: '/',
    logFile: options.logFile,
    rank: options.rank,
    // Fast shutdown: open sessions are ended, the data is written.
    stopSignal: 'SIGINT',
    graceMs: 20_000,
    readyWithinMs: 60_000,
    isReady: () => answers(url('postgres')),
    ...account,
  };
  return { spec, url, dataDirectory };
}

function settings(throwaway: boolean): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    // No socket file: its path could exceed the length that sockets allow, and nobody needs it.
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Query texts and their parameters stay out of the log.
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
    ...(throwaway ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' } : {}),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Built beside its place and renamed into it, so that an interrupted initdb is never taken for a cluster. */
async function initialise(
  binaries: Binaries,
  dataDirectory: string,
  { password }: PostgresOptions,
  account: Account | undefined,
): Promise<void> {
  const unfinished = `${dataDirectory}.${process.pid}.new`;
  const passwordFile = join(account === undefined ? dirname(dataDirectory) : tmpdir(), `.recoup-initdb-${process.pid}`);
  mkdirSync(dirname(unfinished), { recursive: true, mode: 0o755 });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [unfinished, passwordFile]) chownSync(path, account.uid, account.gid);
  }
  const args = ['--pgdata', unfinished, '--username', SUPERUSER, '--pwfile', passwordFile];
  try {
    await runCommand(
      binaries.initdb,
      [...args, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'],
      { timeoutMs: INITDB_LIMIT_MS, env: cleanEnvironment(), cwd: '/', ...account },
    );
    rmSync(dataDirectory, { recursive: true, force: true });
    renameSync(unfinished, dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * After SIGKILL, `postmaster.pid` stays. PostgreSQL recovers by itself unless that pid lives: either as another
 * process that got the number since (the file is then wrong), or as a server of ours that lost its launcher (it is
 * stopped first, two servers on one folder would destroy it).
 */
async function clearStalePid(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return rmSync(file, { force: true });
  if (!isAlive(pid)) return;
  if (!(await processCommand(pid)).includes(dataDirectory)) return rmSync(file, { force: true });
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + 15_000;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  if (isAlive(pid)) throw new Error(`another PostgreSQL (process ${pid}) still uses ${dataDirectory}`);
}

/** The user's own PG* variables and locale must not change what this server is. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

async function answers(url: string): Promise<boolean> {
  return await query(url, 'select 1').then(
    () => true,
    () => false,
  );
}

export async function query(url: string, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

export async function ensureDatabase(server: EmbeddedPostgres, name: string): Promise<string> {
  const found = await query(server.url('postgres'), 'select 1 from pg_database where datname = $1', [name]);
  if (found.length === 0) await query(server.url('postgres'), `create database "${name}"`);
  return server.url(name);
}
