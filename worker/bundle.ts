import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the bundle is made of. */
const SOURCES = ['workflows', 'policy', 'contract', 'activities/inputs.ts', 'package-lock.json', 'worker/bundle.ts'];

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
  const workflowsPath = join(ROOT, 'workflows', 'index.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    // Loaded once for all orders of a worker, not once for each: no module of ours keeps state (test/layers/stateless.test.ts).
    preloadModules: [workflowsPath],
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
