import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The checkout: the folder with `package.json`. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Resolves installed packages (`import.meta.resolve` does not exist under vitest). */
export const requireFromRoot = createRequire(join(ROOT, 'package.json'));

export const TEMPORAL_DEV_FILE = join(ROOT, 'temporal-dev.yml');

export const DEFAULT_STATE_DIRECTORY = join(ROOT, '.recoup');

/** Where the running stack keeps what it must not lose. `--state-dir` and `RECOUP_STATE_DIR` move it. */
export function stateDirectory(flag?: string): string {
  return resolve(flag ?? process.env.RECOUP_STATE_DIR ?? DEFAULT_STATE_DIRECTORY);
}

/** Where tools that were installed or built are kept, shared by all checkouts of one user. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.RECOUP_CACHE) return resolve(env.RECOUP_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'recoup');
}

/** A program in PATH, or nothing. */
export function findOnPath(program: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const directory of (env.PATH ?? '').split(':')) {
    if (directory !== '' && existsSync(join(directory, program))) return join(directory, program);
  }
  return undefined;
}

/** Arguments for `node` that run one of our TypeScript files in that very process, so its pid is the real one. */
export function nodeArguments(typescriptFile: string, ...args: string[]): string[] {
  return ['--import', pathToFileURL(requireFromRoot.resolve('tsx')).href, typescriptFile, ...args];
}
