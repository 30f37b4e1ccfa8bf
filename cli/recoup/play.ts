import { randomBytes } from 'node:crypto';
import type { OrderView, Recoup } from '../../client/index.ts';
import type { Scenario } from './scenarios.ts';

export interface Played {
  order: OrderView;
  /** Whether the order rests where the story says. */
  asExpected: boolean;
}

const REST_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 250;

/** Starts the scenario's order and watches it until it rests where it should, at most 20 s. */
export async function playScenario(recoup: Recoup, scenario: Scenario, orderId: string): Promise<Played> {
  const collected = await recoup.orders.collect({ ...scenario.order, orderId });
  const { created: _created, pending: _pending, ...first } = collected;
  let order: OrderView = first;
  if (scenario.recovery !== undefined) order = await recoup.orders.recover(orderId, scenario.recovery);
  const deadlineMs = Date.now() + REST_WITHIN_MS;
  while (order.stage !== scenario.rests && Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    order = await recoup.orders.get(orderId);
  }
  return { order, asExpected: order.stage === scenario.rests };
}

export function newOrderId(scenario: Scenario): string {
  return `${scenario.name.slice(0, 30)}-${randomBytes(4).toString('hex')}`;
}
