import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requireFromRoot } from '../paths.ts';
import { runCommand } from './command.ts';

/** Nothing arriving for this long means that the source cannot be reached from here. */
const STALLED_AFTER_MS = 20_000;
const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/**
 * Has the Temporal SDK download a server with its own mechanism (`executable: {type: 'cached-download'}`), which also
 * starts it once. In a process of its own, because a download in native code cannot be given up from outside.
 */
export async function downloadWithSdk(kind: 'createLocal' | 'createTimeSkipping', target: string): Promise<string> {
  const directory = `${target}.${process.pid}.download`;
  mkdirSync(directory, { recursive: true });
  const testing = requireFromRoot.resolve('@temporalio/testing');
  const script = `
    const { TestWorkflowEnvironment } = require(${JSON.stringify(testing)});
    const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(directory)} };
    TestWorkflowEnvironment.${kind}({ server: { executable } }).then(
      (environment) => environment.teardown(),
      (error) => { process.stderr.write(String(error.message)); process.exit(1); });`;
  try {
    await runCommand(process.execPath, ['-e', script], { timeoutMs: DOWNLOAD_LIMIT_MS, giveUp: stallWatch(directory) });
    const file = readdirSync(directory).find((name) => statSync(join(directory, name)).size > 1_000_000);
    if (file === undefined) throw new Error('the download left no program behind');
    chmodSync(join(directory, file), 0o755);
    renameSync(join(directory, file), target);
    return target;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function stallWatch(directory: string): () => string | undefined {
  let bytes = -1;
  let since = Date.now();
  return () => {
    const now = readdirSync(directory).reduce((sum, name) => sum + sizeOf(join(directory, name)), 0);
    if (now !== bytes) {
      bytes = now;
      since = Date.now();
    }
    return Date.now() - since > STALLED_AFTER_MS ? `nothing arrived for ${STALLED_AFTER_MS / 1000} s` : undefined;
  };
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
