import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SaveOutcome } from '../activities/inputs.ts';
import * as attributes from '../contract/search-attributes.ts';
import { lastAttempt } from '../policy/facts.ts';
import { needsHuman, stageOf } from '../policy/stage.ts';
import { saveInTask, untilDone } from './activities.ts';
import { type Collection, confirmSaved, hasUnsaved, nextActionIn, progressOf } from './collection.ts';
import { detailsOf } from './details.ts';

/** Writes what was decided to the store, and makes it visible in Temporal: attributes for lists, details for one order. */
export async function record(collection: Collection): Promise<SaveOutcome> {
  const saved = await save(collection);
  if (saved === 'saved') showAttributes(collection);
  return saved;
}

/**
 * Beside the workflow task when the store is there; otherwise in the background until it is back,
 * so that a store that is down holds up nobody's answer.
 */
async function save(collection: Collection): Promise<SaveOutcome> {
  if (collection.refused) return 'order_exists';
  if (!hasUnsaved(collection)) return 'saved';
  const progress = progressOf(collection);
  if (collection.backlog !== null) {
    collection.waiting = progress;
    return 'saved';
  }
  try {
    const saved = await saveInTask(progress);
    if (saved === 'saved') confirmSaved(collection, progress);
    return saved;
  } catch {
    collection.waiting = progress;
    collection.backlog = writeOnceBack(collection);
    return 'saved';
  }
}

/** The latest writing has all that was decided before it, too. Until the store has it, nothing of it counts as written. */
async function writeOnceBack(collection: Collection): Promise<void> {
  while (collection.waiting !== null) {
    const { waiting, kept } = collection;
    collection.waiting = null;
    const saved = await untilDone.saveProgress(waiting);
    // A claim has taken it with it, or the store's story was taken over, while this waited: then it says nothing.
    if (collection.kept !== kept) continue;
    if (saved === 'saved') confirmSaved(collection, waiting);
    else collection.refused = true;
  }
  collection.backlog = null;
}

/** Before the run ends: nothing that it decided may be lost. */
export async function finishWriting(collection: Collection): Promise<void> {
  while (collection.backlog !== null) await collection.backlog;
}

function showAttributes(collection: Collection): void {
  const { order } = collection;
  const last = lastAttempt(order);
  const at = nextActionIn(collection).at;
  const wanted: SearchAttributeUpdatePair[] = [
    { key: attributes.paymentStage, value: stageOf(order) },
    { key: attributes.paymentAttempts, value: order.attempts.length },
    { key: attributes.paymentProcessor, value: last?.processor ?? null },
    { key: attributes.paymentFailureClass, value: last?.failureClass ?? null },
    { key: attributes.paymentProcessorRef, value: last?.reference ?? null },
    { key: attributes.paymentNeedsHuman, value: needsHuman(order) },
    { key: attributes.paymentNextActionAt, value: at === undefined ? null : new Date(at) },
  ];
  const known = workflowInfo().typedSearchAttributes;
  const changed = wanted.filter(({ key, value }) => !isSame(known.get(key as never), value));
  if (changed.length > 0) upsertSearchAttributes(changed);
}

function isSame(known: unknown, wanted: unknown): boolean {
  if (known instanceof Date && wanted instanceof Date) return known.getTime() === wanted.getTime();
  return (known ?? null) === wanted;
}

export function showDetails(collection: Collection): void {
  setCurrentDetails(detailsOf(collection));
}
