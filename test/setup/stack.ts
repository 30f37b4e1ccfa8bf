import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { RunningChild } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { type EmbeddedPostgres, embeddedPostgres, ensureDatabase } from '../../cli/launcher/postgres.ts';
import { temporalServer } from '../../cli/launcher/temporal-dev.ts';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';
import { migrate } from '../../store/migrate.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import './provided.ts';

const TEMPLATE = 'recoup_template';

/**
 * The servers that test files share: one real Temporal dev server, one real PostgreSQL, the workflows bundled once.
 * The keeper stops and deletes everything even if this process is killed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const keeper = new Keeper();
  const directory = mkdtempSync(join(tmpdir(), 'recoup-test-'));
  keeper.removeWhenKilled(directory);
  // As root, PostgreSQL runs as another user, who must get through to its data.
  chmodSync(directory, 0o755);
  const executable = await temporalCli();
  const temporalPort = await anyFreePort();
  const postgres = await embeddedPostgres({
    directory: join(directory, 'postgres'),
    port: await anyFreePort(),
    password: randomBytes(12).toString('hex'),
    logFile: join(directory, 'postgres.log'),
    rank: 2,
    throwaway: true,
  });
  if (!postgres.dataDirectory.startsWith(directory)) keeper.removeWhenKilled(postgres.dataDirectory);
  const logFile = join(directory, 'temporal.log');
  const children = [
    new RunningChild(temporalServer({ executable, port: temporalPort, logFile, rank: 1 }), keeper),
    new RunningChild(postgres.spec, keeper),
  ];
  const teardown = async () => {
    for (const child of children) await child.stop();
    for (const path of [directory, postgres.dataDirectory]) rmSync(path, { recursive: true, force: true });
    await keeper.close();
  };
  try {
    await Promise.all(children.map((child) => child.untilReady()));
    project.provide('temporalAddress', `127.0.0.1:${temporalPort}`);
    project.provide('postgresUrl', postgres.url('postgres'));
    project.provide('templateDatabase', await migratedTemplate(postgres));
    project.provide('workflowBundlePath', await workflowBundle());
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function migratedTemplate(postgres: EmbeddedPostgres): Promise<string> {
  await migrate(await ensureDatabase(postgres, TEMPLATE));
  return TEMPLATE;
}
