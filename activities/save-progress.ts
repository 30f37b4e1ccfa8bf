import type { ActivityContext } from './context.ts';
import type { Progress } from './inputs.ts';

/** Writes one decision: timeline, outbox, the order's row, inbox marks. Writing it twice changes nothing. */
export function createSaveProgress(context: ActivityContext) {
  return async function saveProgress(progress: Progress): Promise<void> {
    await context.store.saveProgress(progress);
  };
}
