import { test } from '@fast-check/vitest';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import { life } from './commands.ts';
import { OrderModel } from './order-model.ts';
import { RealOrder } from './real-order.ts';

describe('decide does what somebody with pencil and paper foretells', () => {
  test.prop([life])(
    'after each thing that happens: stage, attempts, money, and what is refused',
    ({ first, happenings }) => {
      fc.modelRun(() => ({ model: new OrderModel(), real: new RealOrder(first) }), happenings);
    },
  );
});
