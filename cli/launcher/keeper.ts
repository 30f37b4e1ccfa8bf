import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

export interface WatchedProcess {
  pid: number;
  /** Stopped in ascending order. */
  rank: number;
  signal: NodeJS.Signals;
  graceMs: number;
}

/**
 * The launcher's end of `keeper.mjs`: tells it what to stop and delete if this process is killed. Should the keeper
 * itself be killed, another one is started and told everything again; only both at once leave anything behind.
 */
export class Keeper {
  private process: ChildProcess;
  private readonly watched = new Map<number, WatchedProcess>();
  private readonly leftovers: string[] = [];
  private closed = false;

  /** @param onSpawn told the keeper's pid, again for each new one. */
  constructor(private readonly onSpawn: (pid: number | undefined) => void = () => {}) {
    this.process = this.spawnKeeper();
  }

  watch(target: WatchedProcess): void {
    this.watched.set(target.pid, target);
    this.tell(`watch ${target.rank} ${target.pid} ${target.signal} ${target.graceMs}`);
  }

  forget(pid: number): void {
    this.watched.delete(pid);
    this.tell(`forget ${pid}`);
  }

  /** Deletes a file or folder if this process dies without `close()`. */
  removeWhenKilled(path: string): void {
    this.leftovers.push(path);
    this.tell(`remove ${path}`);
  }

  /** Ends the keeper, which then stops what is still being watched (nothing, after an orderly stop). */
  async close(): Promise<void> {
    this.closed = true;
    const keeper = this.process;
    // While it was not worth waiting for, it did not keep this process alive; now it is.
    keeper.ref();
    const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
    keeper.stdin?.end();
    if (keeper.exitCode === null && keeper.signalCode === null) await ended;
  }

  private tell(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  private spawnKeeper(): ChildProcess {
    const keeper = spawn(process.execPath, [join(ROOT, 'cli', 'launcher', 'keeper.mjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // A write to a keeper that was just killed must not take the launcher down; the exit handler replaces it.
    keeper.stdin?.on('error', () => {});
    keeper.unref();
    (keeper.stdin as unknown as { unref(): void }).unref();
    this.onSpawn(keeper.pid);
    keeper.once('exit', () => {
      if (this.closed) return;
      this.process = this.spawnKeeper();
      for (const target of this.watched.values()) this.watch(target);
      for (const path of this.leftovers) this.tell(`remove ${path}`);
    });
    return keeper;
  }
}
