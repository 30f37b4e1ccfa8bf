import { after, type Draft, isDue, sheetOf } from '../draft.ts';
import {
  hasMoney,
  instrumentById,
  isAuthorized,
  isDefinite,
  isPayable,
  operationOf,
  primaryOperation,
  provenReference,
} from '../facts.ts';
import type { Attempt, Operation } from '../order.ts';
import { isBuyerHeldBack } from '../reviews.ts';
import type { Sheet } from '../sheet.ts';
import type { Instant } from '../terms.ts';
import { forbiddenAs } from './usable.ts';

/** The operation whose answer is owed: a fence before a capture before the collecting one; of taken money, its refund. */
export function owedOperation(attempt: Attempt): Operation | undefined {
  if (hasMoney(attempt)) return operationOf(attempt, 'refund') ?? primaryOperation(attempt);
  const fence = operationOf(attempt, fenceOf(attempt));
  if (fence !== undefined && attempt.fencedAt === null) return fence;
  const capture = operationOf(attempt, 'capture');
  if (capture !== undefined && attempt.money.captured === 0) return capture;
  return primaryOperation(attempt);
}

/** What is reserved is voided, on whichever page that was, once it has a name. */
export function fenceOf(attempt: Attempt): 'void' | 'close_hosted' | 'close_invoice' {
  if (attempt.money.authorized > 0 && attempt.reservedAs !== undefined) return 'void';
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
 * Sending the same key is an attempt to pay, so it stops at `resendUntil`, as soon as we are leaving the attempt, and while
 * a person is asked about money that nobody has explained.
 */
export function planProof(draft: Draft, attempt: Attempt, sheet: Sheet | undefined): void {
  const { proof } = attempt;
  const owed = owedOperation(attempt);
  if (proof === null || owed === undefined) return;
  proof.nextResendAt = nextResend(draft, attempt, owed, sheet);
  proof.nextLookupAt = nextLookup(draft, attempt, owed, sheet);
}

/** No clear answer: look, and send the key again while that is allowed. */
export function followUp(draft: Draft, attempt: Attempt): void {
  if (!isPayable(attempt) || owesNothing(attempt)) return;
  attempt.proof ??= newProof(draft.now);
  planProof(draft, attempt, sheetOf(draft, attempt.processor));
}

/** The money is reserved, and neither its capture nor its fence was sent: whatever else came of a send, nothing is in doubt. */
function owesNothing(attempt: Attempt): boolean {
  return isAuthorized(attempt) && owedOperation(attempt) === primaryOperation(attempt);
}

function nextResend(draft: Draft, attempt: Attempt, owed: Operation, sheet: Sheet | undefined): string | null {
  if (owed.resendUntil === null || sheet?.idempotency == null || !mayResend(draft, attempt, owed)) return null;
  const backoffs = draft.rule.transient.sameKeyBackoffMs;
  const count = Math.max(0, owed.sends - 1);
  // Without a lookup the key is the only question that we can ask; a fence or capture is wanted as much as at first.
  const goOn = sheet.lookup === null || owed !== primaryOperation(attempt);
  const delayMs = backoffs[count] ?? (goOn ? Math.min(1000 * 2 ** count, RESEND_AT_MOST_EVERY_MS) : undefined);
  if (delayMs === undefined) return null;
  const at = Math.max(Date.parse(owed.endedAt ?? draft.now) + delayMs, draft.nowMs);
  return at < Date.parse(owed.resendUntil) ? new Date(at).toISOString() : null;
}

/** Resends double their distance up to this. */
const RESEND_AT_MOST_EVERY_MS = 3_600_000;

/** Which operation may be sent again at all, whatever the time. A collecting one never once we are leaving its attempt. */
function mayResend({ order }: Draft, attempt: Attempt, owed: Operation): boolean {
  const collecting = owed === primaryOperation(attempt);
  // Nobody has explained where money is: what could move more of it waits for the answer.
  if (!givesUpMoney(owed) && isBuyerHeldBack(order)) return false;
  if (owed.operation === 'capture' && order.captureRequested === null) return false;
  if (collecting && order.attempts.some((other) => other !== attempt && isPayable(other))) return false;
  // The same key is an attempt to pay: not with a card that was forbidden since. Then only questions prove.
  const instrument = instrumentById(order, attempt.instrumentId);
  if (collecting && instrument !== undefined && forbiddenAs(order, instrument) !== undefined) return false;
  if (owed.outcome !== 'unknown' && (collecting || owed.outcome !== 'not_executed')) return false;
  // The processor answered this key with "a duplicate", and it will not answer otherwise.
  if (collecting && attempt.failureClass === 'duplicate') return false;
  const leaving = attempt.leave !== null || order.ending !== null || order.choice !== null;
  return givesUpMoney(owed) || !leaving;
}

/** Closing and giving back take nothing from anybody: they are asked for as long as their key is remembered. */
function givesUpMoney({ operation }: Pick<Operation, 'operation'>): boolean {
  return (
    operation === 'void' || operation === 'refund' || operation === 'close_hosted' || operation === 'close_invoice'
  );
}

/**
 * The operation whose key has to be sent again now, if any. Planned times may be old, so everything that forbids a
 * resend is checked once more: `resendUntil`, and whether the attempt is still wanted.
 */
export function dueResend(draft: Draft, attempt: Attempt): Operation | null {
  const owed = owedOperation(attempt);
  if (owed === undefined || !isDue(draft, attempt.proof?.nextResendAt)) return null;
  const inTime = owed.resendUntil !== null && draft.nowMs < Date.parse(owed.resendUntil);
  if (inTime && mayResend(draft, attempt, owed)) return owed;
  if (attempt.proof !== null) attempt.proof.nextResendAt = null;
  return null;
}

function nextLookup(draft: Draft, attempt: Attempt, owed: Operation, sheet: Sheet | undefined): string | null {
  if (sheet?.lookup == null || attempt.proof === null) return null;
  if (!sheet.lookup.by.includes('key') && provenReference(attempt) === null) return null;
  const collecting = owed === primaryOperation(attempt);
  if (collecting && attempt.outcome === 'requires_action') return null;
  // A refund is known by its key alone.
  if (owed.operation === 'refund' && (isDefinite(owed.outcome) || !sheet.lookup.by.includes('key'))) return null;
  // A fence or capture that was refused: the truth is one question away.
  if (!collecting && owed.outcome === 'declined' && attempt.proof.lookups === 0) return draft.now;
  const from = collecting && attempt.outcome === 'pending' ? attempt.proof.since : (owed.endedAt ?? draft.now);
  const offset = lookupOffsetMs(sheet.lookup, attempt.proof.lookups);
  // Behind its schedule (a worker was away) it catches up step by step, not all at once.
  const earliestMs = draft.nowMs + (attempt.proof.lookups === 0 ? 0 : (sheet.lookup.scheduleMs[0] ?? 0));
  return new Date(Math.max(Date.parse(from) + offset, earliestMs)).toISOString();
}

export function newProof(since: Instant): NonNullable<Attempt['proof']> {
  return { since, lookups: 0, absentAt: [], nextLookupAt: null, nextResendAt: null };
}

/** When the payment is looked up (again) before anything is given back: at once, then by the sheet's schedule. */
export function planConfirmation(draft: Draft, attempt: Attempt): void {
  const lookup = sheetOf(draft, attempt.processor)?.lookup;
  attempt.proof ??= newProof(draft.now);
  if (lookup == null) return;
  const { lookups, since } = attempt.proof;
  const dueMs = Date.parse(since) + lookupOffsetMs(lookup, lookups - 1);
  const earliestMs = draft.nowMs + (lookup.scheduleMs[0] ?? 0);
  attempt.proof.nextLookupAt = lookups === 0 ? draft.now : new Date(Math.max(dueMs, earliestMs)).toISOString();
}

/** Milliseconds after the last send at which lookup `n` (0-based) is due: by schedule, then doubling, steps capped. */
export function lookupOffsetMs(lookup: NonNullable<Sheet['lookup']>, n: number): number {
  const { scheduleMs, maxDelayMs } = lookup;
  if (n < scheduleMs.length) return scheduleMs[n] ?? 0;
  let offset = scheduleMs[scheduleMs.length - 1] ?? maxDelayMs;
  for (let i = scheduleMs.length; i <= n; i += 1) offset += Math.min(offset, maxDelayMs);
  return offset;
}

/**
 * `resendUntil` of a first send now: the key window less a margin, and for what can take money the rule's `resendMs`.
 * Closing and giving back take none: they are asked for as long as the key is remembered.
 */
export function resendUntil(draft: Draft, sheet: Sheet, name: Operation['operation']): string | null {
  if (sheet.idempotency === null) return null;
  const keyMs = sheet.idempotency.windowMs - Math.min(60_000, sheet.idempotency.windowMs / 10);
  return after(draft, givesUpMoney({ operation: name }) ? keyMs : Math.min(draft.rule.windows.resendMs, keyMs));
}
