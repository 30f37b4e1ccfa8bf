import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';

interface Lock {
  packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const lock = read('package-lock.json') as Lock;

function installedVersions(): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const [path, { version }] of Object.entries(lock.packages)) {
    const name = path.split('node_modules/').pop() ?? '';
    if (!name.startsWith('@temporalio/') || version === undefined) continue;
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

test('every @temporalio package is there once, all at one version', () => {
  const versions = installedVersions();
  expect(versions.size).toBeGreaterThan(5);
  expect(new Set([...versions.values()].flatMap((found) => [...found])).size).toBe(1);
  for (const found of versions.values()) expect(found.size).toBe(1);
});

test('every dependency is pinned exactly', () => {
  const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>;
  const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(([, range]) => !/^\d/.test(range));
  expect(ranges).toEqual([]);
});

/** Where Node would find a package that the one at this path asks for. */
function isLocked(from: string, name: string): boolean {
  const folders = from
    .split('/node_modules/')
    .map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
  return ['', ...folders].some((folder) => `${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages);
}

test('the lock names the packages of every platform: npm ci refuses it otherwise, on this one too', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
    path === '' ? [] : Object.keys(optionalDependencies ?? {}).filter((name) => !isLocked(path, name)),
  );
  expect(missing).toEqual([]);
});

test('no install script of a dependency is allowed to run', () => {
  const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };
  expect(Object.values(allowScripts).every((allowed) => allowed === false)).toBe(true);
});
