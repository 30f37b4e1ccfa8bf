import { expect } from 'vitest';
import { isPayable, moneyOf } from '../../../policy/facts.ts';
import { needsHuman, stageOf } from '../../../policy/stage.ts';
import type { Step, World } from './driver.ts';
import { operationSent, UNPAID_ENDS } from './invariants.ts';

/** I2: what we were told was taken is paid or held for somebody, as soon as we are told. */
export function moneyIsVisible({ decision, owed }: Step, _world: World): void {
  if (owed || decision.command !== null) return;
  const { order } = decision;
  const money = moneyOf(order);
  const stage = stageOf(order);
  if (UNPAID_ENDS.includes(stage) && money.net > 0) expect(money.held, 'kept silently').toBeGreaterThan(0);
  if (money.held > 0) expect(needsHuman(order) || decision.wake !== null, `held in ${stage}, nobody's turn`).toBe(true);
  const mayKeep = order.facts.amount.minor + (order.accepted?.minor ?? 0);
  if (money.net > mayKeep) expect(money.held).toBeGreaterThan(0);
}

/** At rest, every notice delivered: our books are the processors' books (I5), and no order has more than its amount unseen. */
export function checkAtRest(world: World): void {
  const { order } = world;
  const money = moneyOf(order);
  // What can still take money is watched already: by a wake, a webhook or a person.
  const unproved = order.attempts.some(isPayable);
  const mayKeep = order.facts.amount.minor + (order.accepted?.minor ?? 0);
  if (order.review === null && !unproved && !world.erred) {
    expect(money.net, 'what we tell of is what processors have').toBe(world.netCaptured);
    for (const processor of world.processors.values())
      expect(
        processor.payments.filter((each) => processor.isPayable(each)),
        'left to take money',
      ).toEqual([]);
    expect(world.netCaptured, 'a surplus that nobody gives back').toBeLessThanOrEqual(mayKeep);
    expect(money.held, 'held, and no person has it').toBe(0);
    if (world.netCaptured > 0) expect(world.stage, 'money taken').toBe('paid');
  }
  // Who refunds by hand may take the order's own money.
  if (world.stage !== 'paid' || world.refundedByHand || !world.gaveBack || world.erred) return;
  expect(world.netCaptured, 'given back too much').toBeGreaterThanOrEqual(order.facts.amount.minor);
}

/** I1: one give-back at a time, never under another key while one is unknown, and never more than the order has too much. */
export function givesBackRightly({ decision }: Step, world: World): void {
  const sent = operationSent({ decision });
  if (sent === undefined || sent.operation.operation !== 'refund') return;
  const { attempt, operation } = sent;
  const refunds = decision.order.attempts.flatMap((each) =>
    each.operations.filter((other) => other.operation === 'refund').map((other) => ({ number: each.number, other })),
  );
  const open = refunds.filter(({ other }) => other.outcome === null || other.outcome === 'unknown');
  expect(
    open.map(({ other }) => other),
    'one give-back at a time',
  ).toEqual([operation]);
  for (const { number, other } of refunds) {
    if (number !== attempt.number || other === operation) continue;
    expect(['succeeded', 'declined', 'not_executed'], 'another key after a definite outcome').toContain(other.outcome);
    const done = world.processors
      .get(attempt.processor)
      ?.refunds.some((each) => each.key === other.key && each.status === 'done');
    if (other.outcome !== 'succeeded' && !world.erred)
      expect(done, 'a new key although the old one had given back').not.toBe(true);
  }
  // Money that came after the end is not the order's, whatever else a person still has to look at.
  const keepsNothing = UNPAID_ENDS.includes(stageOf(decision.order)) || decision.order.ending?.endedAt !== undefined;
  const kept = keepsNothing ? 0 : decision.order.facts.amount.minor;
  if (operation.sends === 1)
    expect(moneyOf(decision.order).net - (operation.amountMinor ?? 0), 'the net stays').toBeGreaterThanOrEqual(kept);
}
