/** A token bucket for each credential, in this process: enough to keep one caller from starving the others. */
import { recoupError } from '../../client/errors.ts';

export interface RateLimit {
  /** Sustained requests a second. */
  perSecond: number;
  burst: number;
}

/** What contract.md promises at least. */
export const DEFAULT_RATE_LIMIT: RateLimit = { perSecond: 100, burst: 200 };

const MOST_BUCKETS = 10_000;

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Throws `rate_limited` with the time after which the next request passes. */
  take(credential: string, nowMs: number): void {
    const { perSecond, burst } = this.#limit;
    const bucket = this.#buckets.get(credential) ?? { tokens: burst, atMs: nowMs };
    // Clocks may step back; a bucket then just waits.
    const refilled = bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
    const tokens = Math.min(burst, refilled);
    this.#buckets.delete(credential);
    if (tokens < 1) {
      this.#buckets.set(credential, { tokens, atMs: nowMs });
      const waitMs = Math.ceil(((1 - tokens) / perSecond) * 1000);
      throw recoupError('rate_limited', '', { retryAfterMs: waitMs });
    }
    this.#buckets.set(credential, { tokens: tokens - 1, atMs: nowMs });
    this.#forgetOldest();
  }

  /** Maps keep the order of insertion, and each use inserts anew: the first is the one that was idle longest. */
  #forgetOldest(): void {
    if (this.#buckets.size <= MOST_BUCKETS) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
