import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

export interface TemporalConnection {
  connection: Connection;
  /** Calls that are out end with an error. Takes up to 6 s when one of them was about to be repeated. */
  close(): Promise<void>;
}

/** Timers run in the order of their times and never early; this is for rounding. */
const TIMER_SLACK_MS = 5;

/**
 * Connects with the first call.
 *
 * The SDK repeats a call by a timer that `Connection.close` leaves running, and on a closed channel that timer throws
 * where nobody can catch it: the process ends, which in a checkout is the merchant's. So nothing is repeated once
 * closing has begun, and the channel stays open until the last timer has run.
 */
export function lazyConnection(address: string): TemporalConnection {
  const { retryableDecider, delayFunction } = defaultGrpcRetryOptions();
  let closing = false;
  let lastRetryAtMs = 0;
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !closing && retryableDecider(attempt, status),
    delayFunction: (attempt, status) => {
      const delayMs = delayFunction(attempt, status);
      lastRetryAtMs = Math.max(lastRetryAtMs, performance.now() + delayMs);
      return delayMs;
    },
  });
  const connection = Connection.lazy({ address, interceptors: [retry] });
  const close = async () => {
    closing = true;
    const leftMs = lastRetryAtMs - performance.now();
    if (leftMs > 0) await sleep(leftMs + TIMER_SLACK_MS);
    await connection.close();
  };
  return { connection, close };
}
