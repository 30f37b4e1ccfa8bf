import type { Draft } from './draft.ts';
import type { MerchantEvent } from './events.ts';
import type { OrderState } from './order.ts';
import { needsHuman, stageOf } from './stage.ts';
import type { Stage } from './terms.ts';

/** What the merchant is told of a decision: failed attempts, and the change of stage. Written with the state itself. */
export function merchantEvents(draft: Draft, before: OrderState): MerchantEvent[] {
  const stage = stageOf(draft.order);
  const events: Omit<MerchantEvent, 'seq'>[] = [];
  for (const attempt of draft.failed) {
    const again = draft.order.retryAt?.reason === 'backoff' || draft.command?.attempt === attempt.number;
    if (again) continue;
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
  const told = stage === stageOf(before) ? undefined : OF_STAGE[stage];
  const cause = causeOfStage(draft.order);
  if (told !== undefined) events.push({ type: told, at: draft.now, stage, cause });
  else if (needsHuman(draft.order) && !needsHuman(before)) {
    events.push({ type: 'order.needs_review', at: draft.now, stage, cause });
  }
  return events.map((event) => {
    draft.order.seq += 1;
    return { ...event, seq: draft.order.seq };
  });
}

/** An order can be in a stage more than once: after another attempt, another choice, another question to a person. */
function causeOfStage(order: OrderState): string {
  const review = order.review === null ? '' : `, ${order.review.code}`;
  return `round ${order.round}, attempt ${order.attempts.length}${review}`;
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
