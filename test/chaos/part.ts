import { type ChildSpec, RunningChild } from '../../cli/launcher/child.ts';
import type { Keeper } from '../../cli/launcher/keeper.ts';

const START_TRIES = 5;

/** One server of the world, a process of its own that can be killed at any moment and started again. */
export class Part {
  /** Times that it was killed by us. */
  kills = 0;
  private child: RunningChild | null = null;

  constructor(
    public spec: ChildSpec,
    private readonly keeper: Keeper,
  ) {}

  get pid(): number {
    return this.child?.pid ?? -1;
  }

  /** False while we have killed it, and when it died by itself. */
  get alive(): boolean {
    return this.child?.alive ?? false;
  }

  /** Resolves once it serves. @throws when it does not start, with its last words. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const child = new RunningChild(this.spec, this.keeper);
      this.child = child;
      try {
        return await child.untilReady();
      } catch (error) {
        await child.stop();
        // PostgreSQL refuses to start while a backend of the killed server has not noticed yet.
        if (attempt === START_TRIES) throw error;
      }
    }
  }

  /** SIGKILL: nothing is written, nothing is said. */
  async kill(): Promise<void> {
    if (this.child === null || !this.child.alive) return;
    this.kills += 1;
    process.kill(this.child.pid, 'SIGKILL');
    await this.child.exited;
  }

  async stop(): Promise<void> {
    await this.child?.stop();
  }
}
