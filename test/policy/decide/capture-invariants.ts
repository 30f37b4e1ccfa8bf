import { expect } from 'vitest';
import { isAuthorized, isDefinite, isPayable, operationOf } from '../../../policy/facts.ts';
import type { Attempt } from '../../../policy/order.ts';
import type { Step, World } from './driver.ts';
import { operationSent } from './invariants.ts';

/** I1 for manual orders: a capture takes money as a charge does, so nothing else may take any when it goes out. */
export function capturesAlone(step: Step, world: World): void {
  const sent = operationSent(step);
  if (sent?.operation.operation !== 'capture') return;
  const { attempt, operation } = sent;
  const others = step.decision.order.attempts.filter((each) => each !== attempt && takesByItself(each));
  expect(others, 'I3: a capture beside what can take money').toEqual([]);
  for (const [name, { payments }] of world.processors) {
    for (const payment of payments) {
      const own = payment.attempt === attempt.number && name === attempt.processor;
      if (payment.surprise || (own && operation.sends > 1)) continue;
      const kept = payment.capturedMinor > payment.refundedMinor;
      const captures = payment.status === 'authorized' && payment.later?.becomes === 'captured';
      const underWay = captures || (payment.operation !== 'authorize' && UNDER_WAY.includes(payment.status));
      expect(kept || underWay, `I1: capture of attempt ${attempt.number} beside ${JSON.stringify(payment)}`).toBe(
        false,
      );
    }
  }
}

const UNDER_WAY = ['on_the_wire', 'open', 'pending'];

/** By our own books, without another word of ours. */
function takesByItself(attempt: Attempt): boolean {
  if (!isPayable(attempt)) return false;
  if (!isAuthorized(attempt)) return true;
  const capture = operationOf(attempt, 'capture');
  return capture !== undefined && !isDefinite(capture.outcome);
}
