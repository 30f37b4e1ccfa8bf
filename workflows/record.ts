import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { CancellationScope, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Progress, SaveAnswer } from '../activities/inputs.ts';
import * as attributes from '../contract/search-attributes.ts';
import { lastAttempt } from '../policy/facts.ts';
import { needsHuman, stageOf } from '../policy/stage.ts';
import { saveInTask, untilDone } from './activities.ts';
import { type Backlog, type Collection, confirmSaved, hasUnsaved, nextActionIn, progressOf } from './collection.ts';
import { detailsOf } from './details.ts';

/** Writes what was decided to the store, and makes it visible in Temporal: attributes for lists, details for one order. */
export async function record(collection: Collection): Promise<SaveAnswer> {
  const saved = await save(collection);
  if (saved === 'saved') showAttributes(collection);
  return saved;
}

/**
 * Beside the workflow task when the store is there; otherwise in the background until it is back. Until the store has it, nothing
 * of it counts as written, and what is decided meanwhile is written with it.
 */
async function save(collection: Collection): Promise<SaveAnswer> {
  if (collection.refused) return 'order_exists';
  if (!hasUnsaved(collection) || waitsAlready(collection)) return 'saved';
  const isAway = collection.backlog !== null;
  giveUpBacklog(collection);
  const progress = progressOf(collection);
  if (!isAway) {
    try {
      const saved = await saveInTask(progress);
      if (saved === 'saved') confirmSaved(collection, progress);
      return saved;
    } catch {
      // The store is away: in the background, then.
    }
  }
  writeOnceBack(collection, progress);
  return 'saved';
}

function waitsAlready({ backlog, unsaved, wake }: Collection): boolean {
  if (backlog === null) return false;
  const { entries, events, appliedEvents, nextActionAt } = backlog.progress;
  return (
    entries.length === unsaved.entries.length &&
    events.length === unsaved.events.length &&
    appliedEvents.length === unsaved.appliedEvents.length &&
    nextActionAt === (wake?.at ?? null)
  );
}

function writeOnceBack(collection: Collection, progress: Progress): void {
  const scope = new CancellationScope();
  const write = async () => {
    const saved = await untilDone.saveProgress(progress);
    // Given up meanwhile, for a claim or a later write that has all of this too: whatever is answered now says nothing.
    if (collection.backlog !== backlog) return;
    collection.backlog = null;
    if (saved === 'saved') confirmSaved(collection, progress);
    else collection.refused = true;
  };
  const done = scope.run(write).catch(() => {
    // Given up, it may end as cancelled, or as failed by its last try. By itself it ends only after its last day.
    if (collection.backlog === backlog) writeOnceBack(collection, progressOf(collection));
  });
  const backlog: Backlog = { progress, done, giveUp: () => scope.cancel() };
  collection.backlog = backlog;
}

/** What waits is written with the next claim or the next write; if it was under way, it stands at an earlier place than those. */
export function giveUpBacklog(collection: Collection): void {
  const { backlog } = collection;
  collection.backlog = null;
  backlog?.giveUp();
}

/** Before the run ends: nothing that it decided may be lost. */
export async function finishWriting(collection: Collection): Promise<void> {
  while (collection.backlog !== null) await collection.backlog.done;
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
