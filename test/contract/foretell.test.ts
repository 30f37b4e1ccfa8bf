import { describe, expect, test } from 'vitest';
import { foretell } from '../../contract/foretell.ts';
import type { OperationResult } from '../../policy/answers.ts';
import type { Basis } from '../../policy/decision.ts';
import type { OrderState } from '../../policy/order.ts';
import type { Step } from '../policy/decide/driver.ts';
import * as make from '../policy/decide/fixtures.ts';

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

  test('is the one that the workflow makes', () => {
    expect(told.length).toBeGreaterThanOrEqual(6);
    for (const { order, result, basis, now, step } of told) {
      expect(foretell(order, result, basis, now)?.decision).toEqual(step.decision);
    }
  });

  test('has the same hash on the other side of the wire', () => {
    for (const { order, result, basis, now } of told) {
      const here = foretell(order, result, basis, now)?.hash;
      expect(foretell(throughJson(order), throughJson(result), throughJson(basis), now)?.hash).toBe(here);
    }
  });

  test('has another hash when anything that is written of it is another', () => {
    for (const { order, result, basis, now } of told) {
      const hash = foretell(order, result, basis, now)?.hash;
      const later = new Date(Date.parse(now) + 1).toISOString();
      expect(foretell(order, result, basis, later)?.hash).not.toBe(hash);
      expect(foretell({ ...order, seq: order.seq + 1 }, result, basis, now)?.hash).not.toBe(hash);
    }
  });

  test('sends nothing, and rests on no unknown outcome', () => {
    const untold = all.filter((each) => !told.includes(each));
    expect(untold.length).toBeGreaterThanOrEqual(4);
    for (const { step, result } of untold)
      expect(step.decision.command !== null || result.outcome === 'unknown').toBe(true);
    for (const { step, result } of told) {
      expect(step.decision.command).toBeNull();
      expect(result.outcome).not.toBe('unknown');
    }
  });
});
