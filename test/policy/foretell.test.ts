import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import type { Basis } from '../../policy/decision.ts';
import { foretell, orderAsTold, tellAhead } from '../../policy/foretell.ts';
import type { OrderState } from '../../policy/order.ts';
import { provedOtherwise } from '../../policy/proofs.ts';
import type { Step } from './decide/driver.ts';
import * as make from './decide/fixtures.ts';

interface Answered {
  order: OrderState;
  result: OperationResult;
  basis: Basis;
  now: string;
  step: Step;
}

/** Every answer of an operation in the lives of some orders, and what was decided on it. */
function answers(): Answered[] {
  const seen: Answered[] = [];
  const scripts: Record<string, string[]>[] = [
    { alpha: ['ok'] },
    { alpha: ['insufficient_funds'] },
    { alpha: ['insufficient_funds'], beta: ['stolen_card'] },
    { alpha: ['expired_card'] },
    { alpha: ['3ds'] },
    { alpha: ['503'] },
    { alpha: ['500_lost'] },
    { alpha: ['timeout_charged'] },
  ];
  for (const script of scripts) {
    const watch = (step: Step, { reading, now }: { reading: Pick<Basis, 'rulebook' | 'sheets'>; now: string }) => {
      const { event, before } = step;
      if (event.type !== 'answered' || event.result.operation === 'lookup') return;
      seen.push({ order: before, result: event.result, basis: { ...reading, ceilings: [], health: [] }, now, step });
    };
    make.scene(script, { watch }).open().pass(make.MINUTE_MS);
  }
  return seen;
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('a decision that is told ahead', () => {
  const all = answers();
  const told = all.filter(({ order, result, basis, now }) => foretell(order, result, basis, now) !== null);

  test('is the one that is made on the answer', () => {
    expect(told.length).toBeGreaterThanOrEqual(6);
    for (const { order, result, basis, now, step } of told) {
      expect(foretell(order, result, basis, now)).toEqual(step.decision);
    }
  });

  test('gives the same order on the other side of the wire, from what the answer changed', () => {
    for (const { order, now, step } of told) {
      const { wake } = step.decision;
      const arrived = throughJson(tellAhead(order, step.decision, now));
      expect(orderAsTold(throughJson(order), arrived)).toEqual(throughJson(step.decision.order));
      expect(arrived.wake).toEqual(wake);
      expect(arrived.at).toBe(now);
    }
  });

  test('travels without what has not changed: facts, payment methods, other attempts', () => {
    for (const { order, result, now, step } of told) {
      const { changes, attempts } = tellAhead(order, step.decision, now);
      expect(changes).not.toHaveProperty('facts');
      expect('instruments' in changes).toBe(result.forbidsInstrument);
      expect(attempts.map(({ number }) => number)).toEqual([result.attempt]);
    }
  });

  test('sends nothing, and rests on no unknown outcome', () => {
    const untold = all.filter((each) => !told.includes(each));
    expect(untold.length).toBeGreaterThanOrEqual(4);
    for (const { order, step, result } of untold) {
      const isAlone = provedOtherwise(order, step.decision.order, step.event).length === 0;
      expect(step.decision.command !== null || result.outcome === 'unknown' || !isAlone).toBe(true);
    }
    for (const { step, result } of told) {
      expect(step.decision.command).toBeNull();
      expect(result.outcome).not.toBe('unknown');
    }
  });
});
