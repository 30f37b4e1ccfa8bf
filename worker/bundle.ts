import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the bundle is made of. */
const SOURCES = ['workflows', 'policy', 'contract', 'activities/inputs.ts', 'package-lock.json', 'worker/bundle.ts'];

/**
 * Loaded once and shared by all workflows of a worker, with all that they import: pure functions and constants. Otherwise each
 * order would load them anew, and keep its own copy in memory. What has state of its own must not be here.
 */
const SHARED = ['policy/decide.ts', 'policy/headline.ts', 'policy/refusals.ts', 'policy/row.ts', 'policy/foretell.ts'];

/** Given when payloads are encrypted: then failures must not be in clear either. */
export const FAILURE_CONVERTER = join(ROOT, 'worker', 'failure-converter.cjs');

/**
 * The workflows as one file, bundled once for each state of the sources and kept beside the other caches:
 * bundling takes seconds, and a worker that starts again should be back at once.
 */
export async function workflowBundle({ encrypted = false } = {}): Promise<string> {
  const cacheDir = join(ROOT, '.recoup', 'bundles');
  const path = join(cacheDir, `workflows-${encrypted ? 'encrypted-' : ''}${fingerprint()}.js`);
  if (existsSync(path)) return path;
  const silent = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    preloadModules: SHARED.map((module) => join(ROOT, module)),
    logger: silent,
    ...(encrypted && { failureConverterPath: FAILURE_CONVERTER }),
  });
  mkdirSync(cacheDir, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, path);
  return path;
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesBelow(join(ROOT, source))) {
      hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
