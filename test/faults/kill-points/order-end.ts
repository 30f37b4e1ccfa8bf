import type { Scene } from '../../setup/scene.ts';
import { toldTypes } from '../../workflows/acts.ts';

/** Where an order ends, as far as it must be the same whoever died on the way. */
export interface OrderEnd {
  stage: string;
  nextAction: string;
  money: unknown;
  attempts: unknown[];
  ledger: string[];
  /** What the merchant is told. That an outcome was unknown for a while is no end. */
  told: string[];
}

export async function endOf(scene: Scene, orderId: string): Promise<OrderEnd> {
  const { stage, nextAction, money, attempts } = await scene.recoup.orders.get(orderId);
  const ledger = await scene.ledger(orderId);
  return {
    stage,
    nextAction: nextAction.type,
    money,
    attempts: attempts.map(
      ({ number, processor, outcome, failureClass, processorCode, authentication, operations }) => ({
        ...{ number, processor, outcome, failureClass, processorCode, authentication },
        operations: operations.map(({ operation, outcome: end }) => `${operation} ${end}`),
      }),
    ),
    ledger: ledger.map((each) => `${each.processor} ${each.operation} ${each.effect} ${each.amountMinor}`),
    told: (await toldTypes(scene, orderId)).filter((type) => type !== 'order.outcome_unknown'),
  };
}
