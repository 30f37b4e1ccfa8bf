import type { Draft } from './draft.ts';
import type { MerchantEvent } from './events.ts';
import { primaryOperation } from './facts.ts';
import type { Attempt, OrderState } from './order.ts';
import { isSameReview } from './reviews.ts';
import { stageOf } from './stage.ts';
import type { Stage } from './terms.ts';

/** What the merchant is told of a decision: failed attempts, and the change of stage. Written with the state itself. */
export function merchantEvents(draft: Draft, before: OrderState): MerchantEvent[] {
  const stage = stageOf(draft.order);
  const events: Omit<MerchantEvent, 'seq'>[] = [];
  for (const attempt of draft.failed) {
    const again = draft.order.retryAt?.reason === 'backoff' || draft.command?.attempt === attempt.number;
    if (again || !isNewFailure(attempt)) continue;
    const retryAt = draft.order.retryAt?.at;
    const willRetry = retryAt !== undefined || (draft.command !== null && stage === 'attempting');
    events.push({
      type: 'order.payment_failed',
      at: draft.now,
      stage,
      attempt: attempt.number,
      willRetry,
      ...(retryAt === undefined ? {} : { retryAt }),
      cause: `attempt ${attempt.number}`,
    });
  }
  for (const event of draft.events) events.push({ ...event, stage });
  // Ended again as it had, once late money went back: that is what is told then.
  const isNews = stage !== stageOf(before) && !(before.ending?.again === true && stage === before.ending.as);
  const cause = causeOfStage(draft.order);
  const told = isNews && !isOldNews(draft.order, stage, cause) ? OF_STAGE[stage] : undefined;
  if (told !== undefined) events.push({ type: told, at: draft.now, stage, cause });
  if (told !== 'order.needs_review' && isNewQuestion(draft.order, before)) {
    events.push({ type: 'order.needs_review', at: draft.now, stage, cause });
  }
  return events.map((event) => {
    draft.order.seq += 1;
    return { ...event, cause: thisTime(draft.order, event), seq: draft.order.seq };
  });
}

/** An attempt fails once with each of its sends: doubted after that and proved once more, it is the same failure. */
function isNewFailure(attempt: Attempt): boolean {
  const sends = primaryOperation(attempt)?.sends ?? 0;
  if (attempt.failureTold === sends) return false;
  attempt.failureTold = sends;
  return true;
}

function isOldNews(order: OrderState, stage: Stage, cause: string): boolean {
  if (stage === 'paid') return wasToldAsPaid(order);
  // The same key may be sent again and again without an answer: the outcome of the attempt is still the one that is not known.
  return stage === 'confirming' && order.told?.[`order.outcome_unknown ${cause}`] !== undefined;
}

/** Goods leave on this: whatever a person is asked in between, one collection is told as paid once, until it is opened again. */
function wasToldAsPaid(order: OrderState): boolean {
  if (order.paidTold === order.openedAt) return true;
  order.paidTold = order.openedAt;
  return false;
}

/**
 * What happens again has a cause of its own: a window after reopening, another refusal, a later time. Counted in the state
 * and not told by the clock: a reset that goes the same way, at another time, tells of the same event.
 */
function thisTime(order: OrderState, { type, cause }: Pick<MerchantEvent, 'type' | 'cause'>): string {
  const what = `${type} ${cause}`;
  const { [what]: before = order.toldForgotten ?? 0, ...others } = order.told ?? {};
  const times = before + 1;
  order.told = { ...others, [what]: times };
  forgetOldest(order, order.told);
  return times === 1 ? cause : `${cause}, time ${times}`;
}

function forgetOldest(order: OrderState, told: Record<string, number>): void {
  for (const what of Object.keys(told).slice(0, -COUNTED_EVENTS)) {
    order.toldForgotten = Math.max(order.toldForgotten ?? 0, told[what] ?? 0);
    delete told[what];
  }
}

/** Attempts and windows cause some dozens; a processor that sends notices without end, any number. */
const COUNTED_EVENTS = 200;

/** An order comes to a stage by an attempt, a choice, a question to a person. */
function causeOfStage(order: OrderState): string {
  const { review } = order;
  const about = review?.about === undefined ? '' : ` ${review.about}`;
  const asked = review === null ? '' : `, ${review.code}${about}`;
  return `round ${order.round}, attempt ${order.attempts.length}${asked}`;
}

/** A person is asked something else than before: the first question, a graver one, or the next that came up. */
function isNewQuestion({ review }: OrderState, before: OrderState): boolean {
  return review !== null && (before.review === null || !isSameReview(review, before.review));
}

const OF_STAGE: Partial<Record<Stage, MerchantEvent['type']>> = {
  paid: 'order.payment_succeeded',
  waiting_authentication: 'order.action_required',
  waiting_buyer: 'order.action_required',
  confirming: 'order.outcome_unknown',
  needs_review: 'order.needs_review',
  failed: 'order.failed',
  cancelled: 'order.cancelled',
  expired: 'order.expired',
};
