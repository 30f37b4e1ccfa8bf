import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { BareActivities, BareCharge } from './bare-worker.ts';

const { call } = proxyActivities<BareActivities>({
  startToCloseTimeout: '10 s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
});

/** What every figure is compared with: the same calls to the same processors in the same order, and nothing else. */
export async function bareWorkflow(charges: BareCharge[]): Promise<string> {
  let outcome = 'none';
  for (const charge of charges) outcome = await call(charge);
  return outcome;
}
