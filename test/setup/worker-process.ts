import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeArguments, ROOT } from '../../cli/launcher/paths.ts';

/** The worker as a process of its own, to be killed in the middle of things. */
export async function startWorkerProcess(
  env: Record<string, string>,
  hear: (text: string) => void = () => {},
): Promise<{
  pid: number;
  kill(): Promise<void>;
}> {
  const child: ChildProcess = spawn(process.execPath, nodeArguments(join(ROOT, 'worker', 'main.ts')), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.stdout === null || child.pid === undefined) throw new Error('The worker did not start');
  let words = '';
  child.stderr?.on('data', (chunk) => {
    words += chunk;
    hear(String(chunk));
    process.stderr.write(chunk);
  });
  const exited = once(child, 'exit');
  const ready = once(createInterface({ input: child.stdout }), 'line');
  await Promise.race([
    ready,
    exited.then(([code]) => Promise.reject(new Error(`The worker ended with ${code}: ${words}`))),
  ]);
  return {
    pid: child.pid,
    kill: async () => {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
