import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningChild } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { embeddedPostgres, ensureDatabase } from '../../cli/launcher/postgres.ts';
import { migrate } from '../../store/migrate.ts';

const TEMPLATE = 'recoup_template';

/** A real PostgreSQL with the migrated template of `freshDatabase()`, gone with the test run even if that is killed. */
export async function throwawayPostgres(): Promise<{ url: string; template: string; stop(): Promise<void> }> {
  const keeper = new Keeper();
  const directory = mkdtempSync(join(tmpdir(), 'recoup-test-'));
  keeper.removeWhenKilled(directory);
  // As root, PostgreSQL runs as another user, who must get through to its data.
  chmodSync(directory, 0o755);
  const postgres = await embeddedPostgres({
    directory: join(directory, 'postgres'),
    port: await anyFreePort(),
    password: randomBytes(12).toString('hex'),
    logFile: join(directory, 'postgres.log'),
    rank: 1,
    throwaway: true,
  });
  if (!postgres.dataDirectory.startsWith(directory)) keeper.removeWhenKilled(postgres.dataDirectory);
  const child = new RunningChild(postgres.spec, keeper);
  const stop = async () => {
    await child.stop();
    for (const path of [directory, postgres.dataDirectory]) rmSync(path, { recursive: true, force: true });
    await keeper.close();
  };
  try {
    await child.untilReady();
    await migrate(await ensureDatabase(postgres, TEMPLATE));
    return { url: postgres.url('postgres'), template: TEMPLATE, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
