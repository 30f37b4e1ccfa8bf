import { createHash } from 'node:crypto';
import type { OperationResult } from '../policy/answers.ts';
import type { MerchantEvent } from '../policy/events.ts';
import { countedCeilings } from './cards.ts';
import { toJson } from './json.ts';
import type { ClaimInput, Progress } from './store.ts';

/** The parameter `p` of the database's functions (`migrations/0002_progress.sql`). */
export function encodeProgress(progress: Progress): string {
  const { state } = progress;
  return toJson({
    merchantId: progress.merchantId,
    orderId: progress.orderId,
    runId: progress.runId,
    stage: progress.stage,
    open: progress.open,
    needsHuman: progress.needsHuman,
    nextActionAt: progress.nextActionAt,
    processor: progress.processor,
    failureClass: progress.failureClass,
    seq: state.seq,
    position: progress.position,
    version: progress.version,
    basedOn: progress.basedOn ?? '',
    state,
    // Planned entries have no number yet: they are read off the state, not kept.
    entries: progress.entries.filter((entry) => !entry.planned),
    events: identifyEvents(progress),
    applied: progress.appliedEvents,
    proofs: progress.proofs.map(({ key, result }) => ({ key, result: keptOf(result) })),
  });
}

/** What was read of the card ledger is news only once: told again later it would pass for the latest. */
export function keptOf({ ceilings: _ceilings, forbidden: _forbidden, ...kept }: OperationResult): OperationResult {
  return kept;
}

/** The parameter `c` of claim_operation. */
export function encodeClaim(input: ClaimInput): string {
  const { progress: _saved, ceilings, ...claim } = input;
  return toJson({ ...claim, ceilings: countedCeilings(ceilings ?? []) });
}

/**
 * The id of a merchant event is derived from what caused it, without the run: a repeated write gives the same id, and so
 * does a task that Temporal had done again or a reset that goes the same way, so that the merchant is not told twice.
 */
function identifyEvents({ merchantId, orderId, events }: Progress): { id: string; event: MerchantEvent }[] {
  return events.map((event) => {
    const told = [merchantId, orderId, event.type, event.cause].join('/');
    return { id: `evt_${createHash('sha256').update(told).digest('hex').slice(0, 32)}`, event };
  });
}
