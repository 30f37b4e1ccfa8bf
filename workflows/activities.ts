import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, MoneyOperationInput } from '../activities/inputs.ts';
import { SCHEDULE_TO_START_MS } from '../contract/timing.ts';
import type { OperationResult } from '../policy/answers.ts';
import type { Sheet } from '../policy/sheet.ts';
import type { MoneyOperationName } from '../policy/terms.ts';

/** Every activity proxy of every workflow, grouped by what it may do when time runs out. */

/** A worker that died is noticed after this; the activity's own timer beats it every second. */
const HEARTBEAT_MS = 3_000;
/** Claim, unsealing and recording, around the call itself. */
const AROUND_THE_CALL_MS = 8_000;

/**
 * Operations that move money: one try, because sending the same key again is a decision, not a retry.
 * A processor without keys gets no heartbeat timeout: an early "worker lost" would only add doubt.
 */
export function runOperation(
  input: MoneyOperationInput,
  sheet: Sheet | undefined,
  summary: string,
): Promise<OperationResult> {
  const proxies = proxyActivities<Activities>({
    startToCloseTimeout: input.timeoutMs + AROUND_THE_CALL_MS,
    scheduleToStartTimeout: SCHEDULE_TO_START_MS,
    ...(sheet?.idempotency == null ? {} : { heartbeatTimeout: HEARTBEAT_MS }),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary,
  });
  return proxies[ACTIVITY_OF[input.operation]](input);
}

const ACTIVITY_OF = {
  charge: 'charge',
  authorize: 'authorize',
  capture: 'capture',
  void: 'voidPayment',
  refund: 'refund',
  continue_authentication: 'continueAuthentication',
  open_hosted: 'openHosted',
  close_hosted: 'closeHosted',
  open_invoice: 'openInvoice',
  close_invoice: 'closeInvoice',
} as const satisfies Record<MoneyOperationName, keyof Activities>;

/** Questions: no money moves; a lost answer is asked for again at the next planned time. */
export function runLookup(input: Parameters<Activities['lookup']>[0], summary: string): Promise<OperationResult> {
  const { lookup } = proxyActivities<Activities>({
    startToCloseTimeout: input.timeoutMs + AROUND_THE_CALL_MS,
    scheduleToStartTimeout: SCHEDULE_TO_START_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary,
  });
  return lookup(input);
}

/** The store's reads and writes beside a workflow task: quick or not at all. */
const BESIDE_THE_TASK = {
  startToCloseTimeout: '3 s',
  scheduleToCloseTimeout: '3 s',
  retry: { maximumAttempts: 1 },
} as const;

export const { saveProgress: saveInTask } = proxyLocalActivities<Pick<Activities, 'saveProgress'>>({
  ...BESIDE_THE_TASK,
  summary: 'Write the timeline',
});

export const { recallAnswer } = proxyLocalActivities<Pick<Activities, 'recallAnswer'>>({
  ...BESIDE_THE_TASK,
  summary: 'Ask the store what the lost activity recorded',
});

/** The store's reads and writes that may wait until the store is back. */
export const untilDone = proxyActivities<Pick<Activities, 'saveProgress' | 'loadOrder' | 'reopenOrder' | 'handOver'>>({
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '30 days',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '500 ms', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** The next sweep is the retry: one that hangs must not hold up those after it. */
export const { sweep } = proxyActivities<Pick<Activities, 'sweep'>>({
  startToCloseTimeout: '50 s',
  scheduleToCloseTimeout: '55 s',
  retry: { maximumAttempts: 1 },
});
