import { type ChildSpec, RunningChild } from './child.ts';
import type { Keeper } from './keeper.ts';

const FIRST_BACKOFF_MS = 300;
const LONGEST_BACKOFF_MS = 15_000;
/** A child that lived this long starts again at once: its earlier failures are forgotten. */
const HEALTHY_AFTER_MS = 30_000;
/** At the start, a server that fails this often ends the start; later it is tried for ever. */
const TRIES_AT_START = 3;

export interface SupervisorEvents {
  /** Serving, for the first time or again. */
  ready(name: string, pid: number): void;
  /** Ended without being asked to. */
  died(name: string, reason: string, restartInMs: number): void;
}

/** Keeps one server running: starts it, and starts it again with growing pauses whenever it dies. */
export class Supervised {
  private child: RunningChild | undefined;
  private stopping = false;
  private wake: () => void = () => {};
  private failures = 0;

  constructor(
    readonly spec: ChildSpec,
    private readonly keeper: Keeper,
    private readonly events: SupervisorEvents,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves once it serves; from then on it is restarted for ever. @throws when it does not start. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.watch(await this.spawn());
        return;
      } catch (error) {
        if (this.stopping || attempt === TRIES_AT_START) throw error;
        await this.pause(this.backoffMs());
      }
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.child?.stop();
  }

  private async spawn(): Promise<RunningChild> {
    if (this.stopping) throw new Error(`${this.spec.name}: stopping`);
    const child = new RunningChild(this.spec, this.keeper);
    this.child = child;
    try {
      await child.untilReady();
    } catch (error) {
      await child.stop();
      throw error;
    }
    this.events.ready(this.spec.name, child.pid);
    return child;
  }

  private watch(child: RunningChild): void {
    const startedAt = Date.now();
    void child.exited.then(async (reason) => {
      if (this.stopping) return;
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) this.failures = 0;
      await this.revive(reason);
    });
  }

  private async revive(firstReason: string): Promise<void> {
    for (let reason = firstReason; !this.stopping; ) {
      const pauseMs = this.backoffMs();
      this.events.died(this.spec.name, reason, pauseMs);
      await this.pause(pauseMs);
      if (this.stopping) return;
      try {
        this.watch(await this.spawn());
        return;
      } catch (error) {
        reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      }
    }
  }

  private backoffMs(): number {
    this.failures += 1;
    return Math.min(FIRST_BACKOFF_MS * 2 ** (this.failures - 1), LONGEST_BACKOFF_MS);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
