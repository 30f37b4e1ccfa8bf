import { randomUUID } from 'node:crypto';
import type { Admission, Ask } from '../policy/health/breaker.ts';
import type { BreakerSettings } from '../policy/health/settings.ts';
import type { ProcessorHealth } from '../policy/sheet.ts';
import type { CountedCalls, HealthReading } from '../store/processor-health.ts';
import type { Store } from '../store/store.ts';

export interface BoardParts {
  store: Pick<Store, 'health'>;
  /** Durations already divided by the time scale. */
  settings: BreakerSettings;
  /** Something went wrong in the background; nothing is lost but a count. */
  warn(message: string): void;
}

/** What an admitted call has to tell when it was answered; `null` where nobody asked for a permit. */
export type Permit = string | null;

export type BoardAnswer = { admitted: true; permit: Permit } | Extract<Admission, { admitted: false }>;

/** Failures that are not written yet and are too many to wait for the next beat. */
const WRITE_AT_FAILURES = 5;

/**
 * One worker's view of the breakers. While a processor is healthy a call costs nothing here: answers are counted in memory and
 * written every beat, which reads all breakers back. Otherwise each call is decided in the store, for all workers at once.
 */
export class HealthBoard {
  readonly #parts: BoardParts;
  #counted = new Map<string, CountedCalls>();
  #readings: HealthReading[] = [];
  #readAtMs = 0;
  #beat: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  readonly #answering = new Set<Promise<void>>();

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** Reads, and keeps reading and writing until `close`. */
  async open(): Promise<void> {
    await this.#write();
    // Often enough for a window that the time scale has shortened.
    const everyMs = Math.min(1_000, Math.max(100, this.#parts.settings.windowMs / 60));
    this.#beat = setInterval(() => void this.#write(), everyMs);
    this.#beat.unref();
  }

  async close(): Promise<void> {
    if (this.#beat !== null) clearInterval(this.#beat);
    await Promise.all(this.#answering);
    await this.#writing;
    await this.#write();
  }

  /** @throws StoreUnavailable only while the processor's breaker is not closed: then nobody can say whether it may be called. */
  async admit(processor: string, kind: Ask['kind'], leaseMs: number): Promise<BoardAnswer> {
    if (!this.#isWatched(processor)) return { admitted: true, permit: null };
    const permit = randomUUID();
    const answer = await this.#parts.store.health.admit(processor, { kind, permit, leaseMs }, this.#parts.settings);
    return answer.admitted ? { admitted: true, permit: kind === 'start' ? permit : null } : answer;
  }

  /** A call was answered, or not. */
  tell(processor: string, good: boolean, permit: Permit): void {
    const counted = this.#counted.get(processor) ?? { processor, good: 0, bad: 0 };
    counted[good ? 'good' : 'bad'] += 1;
    this.#counted.set(processor, counted);
    if (permit !== null) this.#answer(processor, permit, good);
    else if (!good && counted.bad >= WRITE_AT_FAILURES) void this.#write();
  }

  /** Processors that no attempt should start at now, as of `nowMs`. Empty while all are well. */
  down(nowMs: number): ProcessorHealth[] {
    const ageMs = Date.now() - this.#readAtMs;
    return this.#readings
      .filter(({ downForMs }) => downForMs > ageMs)
      .map(({ processor, downForMs }) => ({
        processor,
        downUntil: new Date(nowMs + downForMs - ageMs).toISOString(),
        spreadMs: this.#parts.settings.coolDownMs,
      }));
  }

  #isWatched(processor: string): boolean {
    return this.#readings.some((each) => each.processor === processor && each.state !== 'closed');
  }

  #answer(processor: string, permit: string, good: boolean): void {
    const { store, settings, warn } = this.#parts;
    const answering: Promise<void> = store.health
      .answered(processor, { permit, good }, settings)
      .catch(() => warn(`What came of a call to ${processor} was not told to its breaker: its permit ends by itself`))
      .finally(() => this.#answering.delete(answering));
    this.#answering.add(answering);
  }

  /** One write at a time. What could not be written is counted again with the next one. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeOnce().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeOnce(): Promise<void> {
    const { store, settings, warn } = this.#parts;
    const counted = this.#counted;
    this.#counted = new Map();
    try {
      this.#readings = await store.health.count([...counted.values()], settings);
      this.#readAtMs = Date.now();
    } catch {
      for (const { processor, good, bad } of counted.values()) {
        const since = this.#counted.get(processor) ?? { processor, good: 0, bad: 0 };
        this.#counted.set(processor, { processor, good: since.good + good, bad: since.bad + bad });
      }
      warn('The breakers of the processors could not be read: the last known ones count');
    }
  }
}
