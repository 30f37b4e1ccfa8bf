import type { Job } from './model.ts';

/** The longest that a node timer can wait; longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs jobs when they are due. */
export class Scheduler {
  readonly #run: (job: Job) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isClosed = false;

  constructor(run: (job: Job) => void) {
    this.#run = run;
  }

  add(job: Job): void {
    if (this.#isClosed) return;
    const waitMs = Math.max(0, job.dueAtMs - Date.now());
    const timer = setTimeout(
      () => {
        this.#timers.delete(job.id);
        if (job.dueAtMs > Date.now()) this.add(job);
        else this.#run(job);
      },
      Math.min(waitMs, LONGEST_TIMER_MS),
    );
    timer.unref();
    this.#timers.set(job.id, timer);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
