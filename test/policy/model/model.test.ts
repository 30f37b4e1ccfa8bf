import { test as property } from '@fast-check/vitest';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { life } from './commands.ts';
import { OrderModel } from './order-model.ts';
import { RealOrder } from './real-order.ts';

const RUNS = Number(process.env.RECOUP_PROPERTY_RUNS ?? 1_000);

describe('decide does what somebody with pencil and paper foretells', () => {
  property.prop([life], { numRuns: RUNS })(
    'after each thing that happens: stage, attempts, money, and what is refused',
    ({ first, happenings }) => {
      fc.modelRun(() => ({ model: new OrderModel(), real: new RealOrder(first) }), happenings);
    },
  );
});

/** Lives that the model once foretold better than the code. */
describe('found by the model', () => {
  test('a page that opened without an answer and is found open hours later is the buyer’s again, not a person’s', () => {
    const real = new RealOrder('stolen');
    real.collect();
    real.setLine('alpha', 'answers_lost');
    real.choose('page');
    real.wait();
    expect(real.world.nextAction).toMatchObject({ type: 'review', who: 'support' });
    real.setLine('alpha', 'clear');
    real.wait();
    expect(real.world.nextAction).toMatchObject({ type: 'hosted_checkout', who: 'buyer' });
  });
});
