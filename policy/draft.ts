import type { ForbiddenReading } from './ceilings/ledger.ts';
import { latestReadings, readingsIn } from './ceilings/ledger.ts';
import type { CeilingReading, DecideInput } from './decision.ts';
import type { Explanation, MerchantEvent, SendCommand, TimelineEntry } from './events.ts';
import { mergeReadings } from './health/readings.ts';
import type { Attempt, OrderState, Review } from './order.ts';
import { type ReviewCode, yieldsToProof } from './review-codes.ts';
import { answerReview, isSameReview, openReviews, queueReview } from './reviews.ts';
import type { Rule, Rulebook } from './rulebook.ts';
import type { ProcessorHealth, Sheet } from './sheet.ts';
import type { Actor, Instant } from './terms.ts';

/**
 * One decision being made: a private copy of the order that the steps change in place, and what they have to say.
 * Never leaves `decide`, which therefore stays a pure function.
 */
export interface Draft {
  order: OrderState;
  rulebook: Rulebook;
  rule: Rule;
  ceilings: CeilingReading[];
  forbidden: ForbiddenReading[];
  sheets: Sheet[];
  health: ProcessorHealth[];
  now: Instant;
  nowMs: number;
  entries: TimelineEntry[];
  events: Omit<MerchantEvent, 'stage' | 'seq'>[];
  evidence: string[];
  refused: Explanation['refused'];
  decided: string | null;
  command: SendCommand | null;
  /** Attempts that ended without success in this decision: each becomes an `order.payment_failed`. */
  failed: Attempt[];
}

export function copyOrder(order: OrderState): OrderState {
  return {
    ...order,
    instruments: order.instruments.slice(),
    attempts: order.attempts.map(copyAttempt),
    appliedIds: order.appliedIds,
  };
}

function copyAttempt(attempt: Attempt): Attempt {
  return {
    ...attempt,
    money: { ...attempt.money },
    operations: attempt.operations.map((operation) => ({ ...operation })),
    proof: attempt.proof === null ? null : { ...attempt.proof, absentAt: attempt.proof.absentAt.slice() },
  };
}

export function startDraft(input: DecideInput, rule: Rule): Draft {
  const { event, ceilings, forbidden = [] } = input;
  const nowMs = Date.parse(input.now);
  const ledger = latestReadings({ ceilings, forbidden }, readingsIn(event));
  return {
    order: copyOrder(input.order),
    rulebook: input.rulebook,
    rule,
    ...ledger,
    sheets: input.sheets,
    health: mergeReadings(input.health, event.type === 'answered' ? event.result.health : undefined, nowMs),
    now: input.now,
    nowMs,
    entries: [],
    events: [],
    evidence: [],
    refused: [],
    decided: null,
    command: null,
    failed: [],
  };
}

/** Adds a line to the timeline. `text` is for support; nothing secret, no text of a processor. */
export function tell(
  draft: Draft,
  kind: string,
  text: string,
  more: { actor?: Actor; attempt?: Attempt; evidence?: string } = {},
): void {
  draft.order.seq += 1;
  const entry: TimelineEntry = {
    seq: draft.order.seq,
    at: draft.now,
    kind,
    actor: more.actor ?? 'system',
    text,
    planned: false,
  };
  if (more.attempt !== undefined) {
    entry.attempt = more.attempt.number;
    entry.processor = more.attempt.processor;
  }
  if (more.evidence !== undefined) entry.evidence = more.evidence;
  draft.entries.push(entry);
}

export function refuse(draft: Draft, what: string, why: string, source?: string): void {
  draft.refused.push(source === undefined ? { what, why } : { what, why, source });
}

export function sheetOf(draft: { sheets: Sheet[] }, processor: string): Sheet | undefined {
  return draft.sheets.find((sheet) => sheet.processor === processor);
}

/** `nowMs` plus a delay, as an instant. */
export function after(draft: Draft, delayMs: number): Instant {
  return new Date(draft.nowMs + delayMs).toISOString();
}

export function isDue(draft: Draft, at: Instant | null | undefined): boolean {
  return at !== null && at !== undefined && Date.parse(at) <= draft.nowMs;
}

/**
 * Hands the order to a person. The first reason stays until it is settled, and others wait behind it; one that yields gives way
 * to a graver one, and is not kept behind: what only took too long shows in the state, and is asked again from there.
 */
export function askPerson(
  draft: Draft,
  code: ReviewCode,
  attempt: Attempt | null,
  text: string,
  about?: string,
  more: Pick<Review, 'beforeMoney'> = {},
): void {
  const { order } = draft;
  const asked: Review = { code, attempt: attempt?.number ?? null, since: draft.now, ...more };
  if (about !== undefined) asked.about = about;
  const { review } = order;
  if (review !== null && yieldsToProof(review) && !yieldsToProof(asked)) answerReview(order);
  else if (review !== null && yieldsToProof(asked)) return;
  if (openReviews(order).some((each) => isSameReview(each, asked))) return;
  queueReview(order, asked);
  tell(draft, 'needs_review', text, attempt === null ? {} : { attempt });
}

/** A processor is skipped: said once in a round. */
export function tellSkipped(draft: Draft, processor: string, why: string): void {
  if (isNews(draft, processor)) tell(draft, 'processor_skipped', `${processor} skipped: ${why}`);
}

/** A round that begins with no attempt: said once, because without it the timeline would not say why nothing was tried. */
export function tellNotTried(draft: Draft, why: string): void {
  if (isNews(draft, 'no attempt')) tell(draft, 'attempt_refused', `No attempt: ${why}`);
}

function isNews(draft: Draft, what: string): boolean {
  const { order } = draft;
  const told = `${order.round} ${what}`;
  if (order.toldSkipped?.includes(told) === true) return false;
  const ofThisRound = (order.toldSkipped ?? []).filter((each) => each.startsWith(`${order.round} `));
  order.toldSkipped = [...ofThisRound, told];
  return true;
}
