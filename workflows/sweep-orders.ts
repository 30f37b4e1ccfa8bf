import { untilDone } from './activities.ts';

/** Run by a schedule: finds orders without a run and events without an effect, and puts both back to work. */
export async function sweepOrders(): Promise<{ reopened: number; signalled: number }> {
  return untilDone.sweep();
}
