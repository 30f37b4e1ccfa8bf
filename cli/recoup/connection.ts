import { Recoup } from '../../client/index.ts';
import { stateDirectory } from '../launcher/paths.ts';
import { type RunFile, readRunFile, runFilePath } from '../launcher/run-file.ts';

export interface ConnectionFlags {
  stateDir?: string;
}

/** What the user can mend: printed without a stack, exit 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export function runFileOf(flags: ConnectionFlags): { path: string; run: RunFile | undefined } {
  const directory = stateDirectory(flags.stateDir);
  return { path: runFilePath(directory), run: readRunFile(directory) };
}

/** `RECOUP_URL` and `RECOUP_API_KEY` for a gateway elsewhere; else the stack that `npm start` runs here. */
export function connect(flags: ConnectionFlags, env: NodeJS.ProcessEnv = process.env): Recoup {
  if (env.RECOUP_URL && env.RECOUP_API_KEY) return new Recoup({ baseUrl: env.RECOUP_URL, apiKey: env.RECOUP_API_KEY });
  const { path, run } = runFileOf(flags);
  if (run === undefined) {
    throw new CommandFailed(
      `Nothing runs here: there is no ${path}. Start the stack with \`npm start\`, or set RECOUP_URL and RECOUP_API_KEY.`,
    );
  }
  return new Recoup({ baseUrl: run.gateway, apiKey: run.apiKey, maxSends: 2 });
}
