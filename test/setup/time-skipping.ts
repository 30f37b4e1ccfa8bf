import type { TestProject } from 'vitest/node';
import { timeSkippingServer } from '../../cli/launcher/tools/test-server.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { throwawayPostgres } from './throwaway-postgres.ts';
import './provided.ts';

/** Each file starts a time-skipping server of its own, since skipping is global to a server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [testServerPath, bundlePath, postgres] = await Promise.all([
    timeSkippingServer(),
    workflowBundle(),
    throwawayPostgres(),
  ]);
  project.provide('testServerPath', testServerPath);
  project.provide('workflowBundlePath', bundlePath);
  project.provide('postgresUrl', postgres.url);
  project.provide('templateDatabase', postgres.template);
  return postgres.stop;
}
