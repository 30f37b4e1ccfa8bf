import { createHash } from 'node:crypto';
import type { MerchantEvent } from '../policy/events.ts';
import { toJson } from './json.ts';
import type { ClaimInput, Progress } from './store.ts';

/** The parameter `p` of the database's functions (`migrations/0002_progress.sql`). */
export function encodeProgress(progress: Progress): string {
  const { state } = progress;
  return toJson({
    merchantId: progress.merchantId,
    orderId: progress.orderId,
    runId: progress.runId,
    firstOfOrder: progress.firstOfOrder,
    requestHash: state.facts.requestHash,
    amountMinor: state.facts.amount.minor,
    currency: state.facts.amount.currency,
    stage: progress.stage,
    needsHuman: progress.needsHuman,
    nextActionAt: progress.nextActionAt,
    processor: progress.processor,
    failureClass: progress.failureClass,
    seq: state.seq,
    attempts: state.attempts.reduce((highest, attempt) => Math.max(highest, attempt.number), 0),
    state,
    // Planned entries have no number yet: they are read off the state, not kept.
    entries: progress.entries.filter((entry) => !entry.planned),
    events: identifyEvents(progress),
    applied: progress.appliedEvents,
  });
}

/** The parameter `c` of claim_operation. */
export function encodeClaim(input: ClaimInput): string {
  const { progress: _saved, ...claim } = input;
  return toJson(claim);
}

/**
 * The id of a merchant event is derived from what it tells and where in the story it stands (the state's seq), without
 * the run: a repeated write gives the same id, and so does a reset that goes the same way again, so the merchant is not
 * told twice.
 */
function identifyEvents(progress: Progress): { id: string; event: MerchantEvent }[] {
  const told = new Map<string, number>();
  return progress.events.map((event) => {
    const tells = [event.type, event.attempt ?? 0, event.stage, event.willRetry ?? ''].join('/');
    const repeat = told.get(tells) ?? 0;
    told.set(tells, repeat + 1);
    const story = [progress.merchantId, progress.orderId, progress.state.seq, tells, repeat].join('/');
    return { id: `evt_${createHash('sha256').update(story).digest('hex').slice(0, 32)}`, event };
  });
}
