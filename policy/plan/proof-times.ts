import { after, type Draft } from '../draft.ts';
import { operationOf, primaryOperation } from '../facts.ts';
import type { Attempt, Operation } from '../order.ts';
import type { Sheet } from '../sheet.ts';

/** The operation whose answer is owed: a fence before a capture before the collecting one. */
export function owedOperation(attempt: Attempt): Operation | undefined {
  const fence = operationOf(attempt, fenceOf(attempt));
  if (fence !== undefined && attempt.fencedAt === null) return fence;
  const capture = operationOf(attempt, 'capture');
  if (capture !== undefined && attempt.money.captured === 0) return capture;
  return primaryOperation(attempt);
}

export function fenceOf(attempt: Attempt): 'void' | 'close_hosted' | 'close_invoice' {
  switch (attempt.kind) {
    case 'card':
      return 'void';
    case 'hosted_checkout':
      return 'close_hosted';
    case 'invoice':
      return 'close_invoice';
    default:
      return attempt.kind satisfies never;
  }
}

/**
 * When the next proof is due, by the sheet: the same key once more, and a lookup. Both stand on the timeline as planned.
 * Sending the same key is an attempt to pay, so it stops at `resendUntil`, and as soon as we are leaving the attempt.
 */
export function planProof(draft: Draft, attempt: Attempt, sheet: Sheet | undefined): void {
  const { proof } = attempt;
  const owed = owedOperation(attempt);
  if (proof === null || owed === undefined) return;
  proof.nextResendAt = nextResend(draft, attempt, owed, sheet);
  proof.nextLookupAt = nextLookup(draft, attempt, owed, sheet);
}

function nextResend(draft: Draft, attempt: Attempt, owed: Operation, sheet: Sheet | undefined): string | null {
  if (owed.resendUntil === null || sheet?.idempotency == null) return null;
  if (owed.outcome !== 'unknown' && !(owed.outcome === 'not_executed' && owed !== primaryOperation(attempt)))
    return null;
  const leaving = attempt.leave !== null || draft.order.ending !== null || draft.order.choice !== null;
  if (owed === primaryOperation(attempt) && leaving) return null;
  const backoffs = draft.rule.transient.sameKeyBackoffMs;
  const count = owed.sends - 1;
  // Without a lookup the key is the only question that we can ask, so it is asked until the window ends.
  const delayMs = backoffs[count] ?? (sheet.lookup === null ? 1000 * 2 ** count : undefined);
  if (delayMs === undefined) return null;
  const at = Date.parse(owed.endedAt ?? draft.now) + delayMs;
  return at < Date.parse(owed.resendUntil) ? new Date(Math.max(at, draft.nowMs)).toISOString() : null;
}

function nextLookup(draft: Draft, attempt: Attempt, owed: Operation, sheet: Sheet | undefined): string | null {
  if (sheet?.lookup == null || attempt.proof === null) return null;
  if (!sheet.lookup.by.includes('key') && attempt.reference === null) return null;
  const collecting = owed === primaryOperation(attempt);
  if (collecting && attempt.outcome === 'requires_action') return null;
  // A fence or capture that was refused: the truth is one question away.
  if (!collecting && owed.outcome === 'declined' && attempt.proof.lookups === 0) return draft.now;
  const from = collecting && attempt.outcome === 'pending' ? attempt.proof.since : (owed.endedAt ?? draft.now);
  const offset = lookupOffsetMs(sheet.lookup, attempt.proof.lookups);
  return new Date(Math.max(Date.parse(from) + offset, draft.nowMs)).toISOString();
}

/** Milliseconds after the last send at which lookup `n` (0-based) is due: by schedule, then doubling, steps capped. */
export function lookupOffsetMs(lookup: NonNullable<Sheet['lookup']>, n: number): number {
  const { scheduleMs, maxDelayMs } = lookup;
  if (n < scheduleMs.length) return scheduleMs[n] ?? 0;
  let offset = scheduleMs[scheduleMs.length - 1] ?? maxDelayMs;
  for (let i = scheduleMs.length; i <= n; i += 1) offset += Math.min(offset, maxDelayMs);
  return offset;
}

/** `resendUntil` of a first send now: the buyer's patience or the mandate, and the key window less a margin. */
export function resendUntil(draft: Draft, sheet: Sheet): string | null {
  if (sheet.idempotency === null) return null;
  const marginMs = Math.min(60_000, sheet.idempotency.windowMs / 10);
  return after(draft, Math.min(draft.rule.windows.resendMs, sheet.idempotency.windowMs - marginMs));
}
