import type { Decision } from './decision.ts';
import { isAtRest, lastAttempt } from './facts.ts';
import type { OrderState } from './order.ts';
import { needsHuman, stageOf } from './stage.ts';
import type { FailureClass, Instant, Stage } from './terms.ts';

/** What an order's row in the store shows of its state: for lists, and for whoever looks for open orders. */
export interface OrderRow {
  state: OrderState;
  stage: Stage;
  /** A run has to work on it: it is not closed, or money of a closed one has to go back, or a person is asked. */
  open: boolean;
  needsHuman: boolean;
  nextActionAt: Instant | null;
  processor: string | null;
  failureClass: FailureClass | null;
}

export function rowOf(state: OrderState, wake: Decision['wake']): OrderRow {
  const last = lastAttempt(state);
  return {
    state,
    stage: stageOf(state),
    open: !isAtRest(state),
    needsHuman: needsHuman(state),
    nextActionAt: wake?.at ?? null,
    processor: last?.processor ?? null,
    failureClass: last?.failureClass ?? null,
  };
}
