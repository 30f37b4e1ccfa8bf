/** `recoup`: exit 0, 1 failure, 2 usage; messages on stderr, answers on stdout. */
import { CommanderError } from 'commander';
import { RecoupError } from '../../client/index.ts';
import { CommandFailed } from './connection.ts';
import { createProgram } from './program.ts';

const FAILURE = 1;
const USAGE = 2;

export async function main(args: string[]): Promise<void> {
  // Whoever reads our output may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : FAILURE));
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  if (error instanceof RecoupError) {
    // The first is in the message.
    const others = error.fields.slice(1).map(({ path, must }) => `  ${path} ${must}\n`);
    process.stderr.write(`${error.code}: ${error.message}\n${others.join('')}  ${error.docUrl}\n`);
    return FAILURE;
  }
  if (error instanceof CommandFailed) {
    process.stderr.write(`${error.message}\n`);
    return FAILURE;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return FAILURE;
}
