import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatewayAddress } from '../../client/http/address.ts';
import { Recoup } from '../../client/index.ts';

/** What commands need of `run.json`, which `npm start` writes when everything is ready. */
export interface RunFile {
  gateway: string;
  simulator: string;
  temporalUi: string;
  apiKey: string;
}

const DEFAULT_STATE_DIRECTORY = fileURLToPath(new URL('../../.recoup', import.meta.url));

export interface ConnectionFlags {
  stateDir?: string;
}

/** What the user can mend: printed without a stack, exit 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export function runFileOf(flags: ConnectionFlags): { path: string; run: RunFile | undefined } {
  const path = join(resolve(flags.stateDir ?? process.env.RECOUP_STATE_DIR ?? DEFAULT_STATE_DIRECTORY), 'run.json');
  try {
    return { path, run: JSON.parse(readFileSync(path, 'utf8')) as RunFile };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, run: undefined };
    throw new CommandFailed(`${path} cannot be read. Stop the stack with \`npm stop\` and start it again.`);
  }
}

/** A gateway that the environment names; with half of it, another one than was meant would answer. */
export function gatewayElsewhere(env: NodeJS.ProcessEnv): { baseUrl: string; apiKey: string } | null {
  const { RECOUP_URL: url, RECOUP_API_KEY: apiKey } = env;
  if (url && apiKey) return { baseUrl: gatewayAddress(url, 'RECOUP_URL'), apiKey };
  if (!url && !apiKey) return null;
  const [set, missing] = url ? ['RECOUP_URL', 'RECOUP_API_KEY'] : ['RECOUP_API_KEY', 'RECOUP_URL'];
  throw new CommandFailed(
    `${set} is set and ${missing} is not: set both for a gateway elsewhere, or neither for the stack that \`npm start\` runs here.`,
  );
}

/** `RECOUP_URL` and `RECOUP_API_KEY` for a gateway elsewhere; else the stack that `npm start` runs here. */
export function connect(flags: ConnectionFlags, env: NodeJS.ProcessEnv = process.env): Recoup {
  const elsewhere = gatewayElsewhere(env);
  if (elsewhere !== null) return new Recoup(elsewhere);
  const { path, run } = runFileOf(flags);
  if (run === undefined) {
    throw new CommandFailed(
      `Nothing runs here: there is no ${path}. Start the stack with \`npm start\`, or set RECOUP_URL and RECOUP_API_KEY.`,
    );
  }
  return new Recoup({ baseUrl: run.gateway, apiKey: run.apiKey, maxSends: 2 });
}
