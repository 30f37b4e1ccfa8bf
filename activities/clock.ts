import { Context } from '@temporalio/activity';
import { SCHEDULE_TO_START_MS } from '../contract/timing.ts';

/**
 * What time it is in an activity whose worker's clock may be wrong. The server says when it scheduled it, and that it starts soon
 * after or not at all: whatever the worker's clock says, it is no earlier than that, nor much later.
 */
export interface ActivityClock {
  /** For the decisions of this activity's workflow: the server's clock, and what this worker has measured since. */
  workflowNow(): string;
  /** For what is written down and counted: the worker's clock, as far as the server leaves room for it. */
  nowMs(): number;
  /**
   * For what must not be done any more after some time: never before what the server knows, and as late as the worker
   * believes, because a machine that slept learns of it by its own clock alone.
   */
  latestMs(): number;
}

/** To be started with its activity, which has to have a `scheduleToStartTimeout` of `SCHEDULE_TO_START_MS`. */
export function startClock(workerNowMs: () => number): ActivityClock {
  const { currentAttemptScheduledTimestampMs } = Context.current().info;
  const startedMs = performance.now();
  const earliestMs = () => currentAttemptScheduledTimestampMs + Math.floor(performance.now() - startedMs);
  const latestMs = () => Math.max(workerNowMs(), earliestMs());
  return {
    workflowNow: () => new Date(earliestMs()).toISOString(),
    nowMs: () => Math.min(latestMs(), earliestMs() + SCHEDULE_TO_START_MS),
    latestMs,
  };
}
