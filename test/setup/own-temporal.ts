import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningChild } from '../../cli/launcher/child.ts';
import { Keeper } from '../../cli/launcher/keeper.ts';
import { anyFreePort } from '../../cli/launcher/ports.ts';
import { temporalServer } from '../../cli/launcher/temporal-dev.ts';
import { temporalCli } from '../../cli/launcher/tools/temporal-cli.ts';

/** A Temporal dev server of a test's own, with its database in a file: it can die and come back as what it was. */
export interface OwnTemporal {
  address: string;
  /** SIGKILL: what was not yet in its database is lost. */
  kill(): Promise<void>;
  /** At the same address, with what is in its database. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnTemporal(): Promise<OwnTemporal> {
  const keeper = new Keeper();
  const directory = mkdtempSync(join(tmpdir(), 'recoup-temporal-'));
  keeper.removeWhenKilled(directory);
  const port = await anyFreePort();
  const logFile = join(directory, 'temporal.log');
  const spec = temporalServer({ executable: await temporalCli(), port, directory, logFile, rank: 1 });
  let child: RunningChild | null = null;
  const start = async () => {
    child = new RunningChild(spec, keeper);
    await child.untilReady();
  };
  const kill = async () => {
    if (child === null) return;
    process.kill(child.pid, 'SIGKILL');
    await child.exited;
    child = null;
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    kill,
    start,
    close: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
      await keeper.close();
    },
  };
}
