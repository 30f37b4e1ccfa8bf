import { randomBytes } from 'node:crypto';
import type { OrderView, Recoup } from '../../client/index.ts';
import type { Stage } from '../../policy/terms.ts';
import type { Scenario } from './scenarios.ts';

export interface Played {
  order: OrderView;
  /** Every stage that was seen, in order, the last one included. */
  stages: Stage[];
  /** Whether the order rests where the story says, and passed what it should pass. */
  asExpected: boolean;
}

export interface PlayOptions {
  /** How long to wait for the first answer before the order is watched instead, ms. The client's own default. */
  firstAnswerWithinMs?: number;
  /** Called once the order has been started. */
  onStarted?: () => void;
}

const REST_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 250;

/** Starts the scenario's order and watches it until it rests where it should, at most 20 s. */
export async function playScenario(
  recoup: Recoup,
  scenario: Scenario,
  orderId: string,
  { firstAnswerWithinMs, onStarted }: PlayOptions = {},
): Promise<Played> {
  const deadlineMs = Date.now() + REST_WITHIN_MS;
  const stages: Stage[] = [];
  const see = (order: OrderView): OrderView => {
    if (stages.at(-1) !== order.stage) stages.push(order.stage);
    return order;
  };
  const watch = async (order: OrderView, isOver: (stage: Stage) => boolean): Promise<OrderView> => {
    let seen = order;
    while (!isOver(seen.stage) && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      seen = see(await recoup.orders.get(orderId));
    }
    return seen;
  };

  const wait = firstAnswerWithinMs === undefined ? {} : { waitMs: firstAnswerWithinMs };
  const {
    created: _created,
    pending: _pending,
    ...first
  } = await recoup.orders.collect({ ...scenario.order, orderId }, wait);
  onStarted?.();
  let order = see(first);
  if (scenario.recovery !== undefined) {
    await watch(order, (stage) => stage !== 'attempting');
    order = see(await recoup.orders.recover(orderId, scenario.recovery));
  }
  order = await watch(order, (stage) => stage === scenario.rests);
  const passed = scenario.through === undefined || stages.includes(scenario.through);
  return { order, stages, asExpected: passed && order.stage === scenario.rests };
}

export function newOrderId(scenario: Scenario): string {
  return `${scenario.name.slice(0, 30)}-${randomBytes(4).toString('hex')}`;
}
