import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { box } from './box.ts';
import { playDemo } from './demo.ts';
import { startDetached } from './detach.ts';
import { clearLeftovers } from './leftovers.ts';
import { parseStartOptions, START_USAGE, type StartOptions } from './options.ts';
import { DEFAULT_STATE_DIRECTORY } from './paths.ts';
import {
  launcherLogPath,
  launcherPidPath,
  livingLauncher,
  readRunFile,
  removeTraces,
  runFilePath,
} from './run-file.ts';

const PARENT_POLL_MS = 500;

const startedAt = Date.now();
const say = (line: string) => {
  process.stdout.write(`  ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${line}\n`);
};

/** Takes the state directory for this process, or says who has it. */
async function takeStateDirectory(stateDir: string): Promise<'taken' | 'running' | 'starting'> {
  mkdirSync(stateDir, { recursive: true });
  // Files in it are private each by itself; as root, PostgreSQL's account has to walk through to its own.
  if (process.getuid?.() === 0 && stateDir === DEFAULT_STATE_DIRECTORY) chmodSync(stateDir, 0o711);
  for (;;) {
    if ((await livingLauncher(stateDir)) !== undefined) return readRunFile(stateDir) ? 'running' : 'starting';
    await clearLeftovers(stateDir, say);
    try {
      writeFileSync(launcherPidPath(stateDir), String(process.pid), { flag: 'wx', mode: 0o600 });
      return 'taken';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * Ctrl-C, `npm stop`, a closed terminal, and the death of the `npm` that we run under all mean the same: stop. (The
 * script in package.json says `exec node`, so that npm and not a shell in between is our parent.)
 */
function onStopRequest(stop: (reason: string) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  if (process.env.npm_lifecycle_event === undefined || process.env.RECOUP_DETACHED === '1') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop('npm was killed');
  }, PARENT_POLL_MS).unref();
}

// A reader of our output that goes away must not end what is running.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

async function runHere(options: StartOptions): Promise<number> {
  const { stateDir } = options;
  const state = await takeStateDirectory(stateDir);
  if (state === 'running') {
    const run = readRunFile(stateDir);
    if (run !== undefined) process.stdout.write(`${box('Recoup is already running', run, stateDir)}\n`);
    return 0;
  }
  if (state === 'starting') {
    process.stderr.write(`Another npm start is at work on ${stateDir}. Wait for it, or end it with npm stop.\n`);
    return 1;
  }
  // Not before it is needed: the side of --detach that only waits starts the faster.
  const { Stack } = await import('./stack.ts');
  const stack = new Stack(options, say, (keeper) =>
    writeFileSync(launcherPidPath(stateDir), `${process.pid} ${keeper}`),
  );
  const detached = process.env.RECOUP_DETACHED === '1';
  let stopAsked = false;
  let ready = false;
  // An order that cannot be watched to its end because everything stops is no news.
  const sayWhileRunning = (line: string) => {
    if (!stopAsked) say(line);
  };
  const stopped = new Promise<void>((resolve) => {
    const stop = async (reason: string) => {
      say(`Stopping (${reason})`);
      rmSync(runFilePath(stateDir), { force: true });
      await stack.stop();
      removeTraces(stateDir);
      say('Stopped');
      resolve();
    };
    onStopRequest((reason) => {
      if (!stopAsked) void stop(reason);
      stopAsked = true;
    });
  });
  const started = stack.start().then(async (run) => {
    ready = true;
    // Who waits for `--detach` sees what is printed until run.json is there: no time for a demo before the box.
    if (options.demo && !detached) await playDemo(run, sayWhileRunning).started;
    const how = detached ? (options.demo ? { demoLog: launcherLogPath(stateDir) } : {}) : { foreground: true };
    process.stdout.write(`${box('Recoup is running', run, stateDir, how)}\n`);
    if (options.demo && detached) await playDemo(run, sayWhileRunning).started;
  });
  const failure = started.then(
    () => stopped,
    (error: Error) => error,
  );
  const end = await Promise.race([stopped, failure]);
  if (stopAsked) await stopped;
  if (stopAsked || !(end instanceof Error)) return ready ? 0 : 1;
  await stack.stop();
  removeTraces(stateDir);
  process.stderr.write(`\nRecoup did not start: ${end.message}\n`);
  return 1;
}

async function main(): Promise<number> {
  let options: StartOptions | 'help';
  try {
    options = parseStartOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${START_USAGE}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(START_USAGE);
    return 0;
  }
  return options.detach ? await startDetached(options.stateDir) : await runHere(options);
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`Recoup did not start: ${error.message}\n`);
    process.exit(1);
  },
);
