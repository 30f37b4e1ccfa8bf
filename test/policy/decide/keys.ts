import type { OrderState } from '../../../policy/order.ts';

/** The operation of this name that is being sent for the first time gets its key, as the workflow gives it. */
export function withKey(order: OrderState, number: number, name: string, key: string): OrderState {
  const operations = (all: OrderState['attempts'][number]['operations']) =>
    all.map((each) =>
      each.key === '' && each.operation === name && each.endedAt === null ? { ...each, key, readableKey: key } : each,
    );
  const attempts = order.attempts.map((each) =>
    each.number === number ? { ...each, operations: operations(each.operations) } : each,
  );
  return { ...order, attempts };
}
