import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from '../../cli/launcher/paths.ts';
import { builtMain } from './built.ts';

type Env = Record<string, string>;
/** What it says on stderr, as it says it. */
type Hear = (text: string) => void;

export interface WorkerProcess {
  pid: number;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL, also while it is frozen. */
  kill(): Promise<void>;
}

export interface SpareWorker {
  /** Starts to poll. */
  begin(): Promise<WorkerProcess>;
  kill(): Promise<void>;
}

/** The worker as a process of its own, to be killed in the middle of things. */
export async function startWorkerProcess(env: Env, hear: Hear): Promise<WorkerProcess> {
  const { process, nextLine } = await launched('worker/main.ts', env, aloud(hear));
  await nextLine();
  return process;
}

/** A worker that has loaded its code and waits to be told to begin. */
export async function spareWorkerProcess(env: Env, hear: Hear): Promise<SpareWorker> {
  const { process, nextLine, say } = await launched('test/setup/spare-worker.ts', env, aloud(hear));
  await nextLine();
  return {
    begin: async () => {
      say('begin\n');
      await nextLine();
      return process;
    },
    kill: process.kill,
  };
}

/** What a worker complains of is seen where the tests run, too. */
function aloud(hear: Hear): Hear {
  return (text) => {
    hear(text);
    process.stderr.write(text);
  };
}

/** A gateway of its own, beside the one in the test; it serves at `url`. */
export async function startGatewayProcess(env: Env, hear: Hear): Promise<{ url: string; kill(): Promise<void> }> {
  const { process, nextLine } = await launched('gateway/main.ts', env, hear);
  const { url } = JSON.parse(await nextLine()) as { url: string };
  return { url, kill: process.kill };
}

async function launched(file: string, env: Env, hear: Hear) {
  const child: ChildProcess = spawn(process.execPath, [await builtMain(ROOT, file)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid, stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null || pid === undefined)
    throw new Error('The process did not start');
  let words = '';
  stderr.on('data', (chunk) => {
    words += chunk;
    hear(String(chunk));
  });
  const exited = once(child, 'exit');
  const ended: Promise<never> = exited.then(([code]) =>
    Promise.reject(new Error(`The process ended with ${code}: ${words}`)),
  );
  ended.catch(() => {});
  stdin.on('error', () => {});
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    // Its output ends a moment before it does: then how it ended is the answer.
    nextLine: () => Promise.race([lines.next().then(({ done, value }) => (done === true ? ended : value)), ended]),
    say: (words: string) => void stdin.write(words),
    process: {
      pid,
      signal: (name: 'SIGSTOP' | 'SIGCONT') => void child.kill(name),
      kill: async () => {
        if (child.exitCode === null) child.kill('SIGKILL');
        await exited;
      },
    },
  };
}
