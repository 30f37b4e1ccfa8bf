import type { TestProject } from 'vitest/node';
import { timeSkippingServer } from '../../cli/launcher/tools/test-server.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import './provided.ts';

/** Each file starts a time-skipping server of its own, since skipping is global to a server. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('testServerPath', await timeSkippingServer());
  project.provide('workflowBundlePath', await workflowBundle());
}
