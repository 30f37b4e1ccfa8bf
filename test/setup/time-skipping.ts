import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { timeSkippingServer } from '../../cli/launcher/tools/test-server.ts';
import { bundleWorkflows } from './bundle.ts';
import './provided.ts';

/** Each file starts a time-skipping server of its own, since skipping is global to a server. */
export default async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'recoup-skip-time-'));
  project.provide('testServerPath', await timeSkippingServer());
  project.provide('workflowBundlePath', await bundleWorkflows(directory));
  return () => rmSync(directory, { recursive: true, force: true });
}
