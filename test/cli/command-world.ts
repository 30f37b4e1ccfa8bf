import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorld, type World } from '../gateway/world.ts';
import { type Ended, runRecoup } from './run-recoup.ts';

export interface CommandWorld {
  world: World;
  /** The folder that `run.json` is in. */
  stateDir: string;
  recoup(...args: string[]): Promise<Ended>;
  close(): Promise<void>;
}

/** A stack as `npm start` leaves it, and the command beside it. */
export async function openCommandWorld(): Promise<CommandWorld> {
  const world = await openWorld();
  const stateDir = mkdtempSync(join(tmpdir(), 'recoup-cli-'));
  const run = {
    gateway: world.url,
    simulator: world.simulator.url,
    temporalUi: `${world.simulator.url}/healthz`,
    apiKey: world.apiKey,
  };
  writeFileSync(join(stateDir, 'run.json'), JSON.stringify(run), { mode: 0o600 });
  return {
    world,
    stateDir,
    recoup: (...args) => runRecoup(args, { env: { RECOUP_STATE_DIR: stateDir } }),
    close: async () => {
      rmSync(stateDir, { recursive: true });
      await world.close();
    },
  };
}
