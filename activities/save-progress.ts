import { UnknownOperation } from '../store/errors.ts';
import type { Store } from '../store/store.ts';
import type { ActivityContext } from './context.ts';
import type { Progress, SaveAnswer } from './inputs.ts';

/** Writes one decision: proofs, timeline, outbox, the order's row, inbox marks. Writing it twice changes nothing. */
export function createSaveProgress(context: ActivityContext) {
  return async function saveProgress(progress: Progress): Promise<SaveAnswer> {
    await recordProofs(context.store, progress);
    return context.store.saveProgress(progress);
  };
}

/** A proof that comes late must not find its operation unknown for ever. */
export async function recordProofs(store: Store, progress: Progress): Promise<void> {
  for (const proof of progress.proofs) {
    try {
      await store.recordOutcome(proof);
    } catch (error) {
      // Never claimed, so there is no row to settle; the order's state carries the proof.
      if (!(error instanceof UnknownOperation)) throw error;
    }
  }
}
