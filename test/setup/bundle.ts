import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { ROOT } from '../../cli/launcher/paths.ts';

/** Bundles the workflows once for all test files. Empty while there are none. */
export async function bundleWorkflows(directory: string): Promise<string> {
  const workflowsPath = join(ROOT, 'workflows', 'index.ts');
  if (!existsSync(workflowsPath)) return '';
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet });
  const path = join(directory, 'workflow-bundle.js');
  writeFileSync(path, code);
  return path;
}
