import { workflowInfo } from '@temporalio/workflow';
import type { SweepPlace, SweepResult } from '../activities/inputs.ts';
import { sweep } from './activities.ts';

const BEGINNING: SweepPlace = { openOrder: null, event: null, endedRun: null };

/** Run by a schedule: finds orders without a run and events without an effect. Each run goes on where the last one ended. */
export async function sweepOrders(): Promise<SweepResult> {
  const last = workflowInfo().lastResult as SweepResult | undefined;
  return sweep({ after: last?.after ?? BEGINNING });
}
