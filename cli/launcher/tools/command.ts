import { spawn } from 'node:child_process';
import type { Keeper } from '../keeper.ts';

const running = new Set<number>();
let keeper: Keeper | undefined;

/** From now on commands that are still running end when this process is killed. Without it, when it ends by itself. */
export function keepCommands(by: Keeper): void {
  keeper = by;
}

process.once('exit', () => {
  for (const pid of running) stopGroup(pid);
});

/** A build has children of its own: the whole group goes. */
function stopGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Ended in the meantime.
  }
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** The command is killed after this long. */
  timeoutMs: number;
  /** Asked every second; a text ends the command with that reason. */
  giveUp?: () => string | undefined;
}

/**
 * Runs a program and returns what it printed.
 * @throws with the end of its output when it fails, is missing, or takes too long.
 */
export function runCommand(command: string, args: string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pid = child.pid ?? 0;
    if (pid > 0) {
      running.add(pid);
      keeper?.watch({ pid: -pid, rank: 0, signal: 'SIGKILL', graceMs: 0 });
    }
    let output = '';
    let stoppedBecause: string | undefined;
    const stop = (reason: string) => {
      stoppedBecause ??= reason;
      if (pid > 0) stopGroup(pid);
    };
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timeout = setTimeout(() => stop(`no result within ${options.timeoutMs / 1000} s`), options.timeoutMs);
    const watch = setInterval(() => {
      const reason = options.giveUp?.();
      if (reason !== undefined) stop(reason);
    }, 1000);
    const finish = (settle: () => void) => {
      clearTimeout(timeout);
      clearInterval(watch);
      running.delete(pid);
      if (pid > 0) keeper?.forget(-pid);
      settle();
    };
    child.once('error', (error) => finish(() => reject(error)));
    child.once('close', (code) =>
      finish(() => {
        if (stoppedBecause !== undefined) reject(new Error(`${stoppedBecause}${tail(output)}`));
        else if (code !== 0) reject(new Error(`exit ${code}${tail(output)}`));
        else resolve(output);
      }),
    );
  });
}

function tail(output: string): string {
  const lines = output.trim().split('\n').slice(-6).join(' / ');
  return lines === '' ? '' : `: ${lines.slice(-700)}`;
}
