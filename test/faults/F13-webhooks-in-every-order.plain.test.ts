import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { moneyOf } from '../../policy/facts.ts';
import type { OrderState } from '../../policy/order.ts';
import { needsHuman, stageOf } from '../../policy/stage.ts';
import type { World } from '../policy/decide/driver.ts';
import { choose, scene } from '../policy/decide/fixtures.ts';
import { permutations } from './permutations.ts';

type Told = Pick<ProcessorEvent, 'type' | 'processor' | 'attempt'> & Partial<ProcessorEvent>;

/** What must be the same, whatever came first. */
const endOf = (order: OrderState) => ({
  stage: stageOf(order),
  needsHuman: needsHuman(order),
  money: moneyOf(order),
  attempts: order.attempts.map(({ number, processor, outcome }) => ({ number, processor, outcome })),
});

interface Case {
  what: string;
  world: () => World;
  told: Told[];
  stage: string;
}

/** No proof comes but by webhook: the world's own webhooks are lost, and no time passes for lookups. */
const LOST = { webhooks: { lose: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } };
const alpha = (type: Told['type'], more: Partial<ProcessorEvent> = {}): Told => ({
  type,
  processor: 'alpha',
  attempt: 1,
  currency: 'EUR',
  ...more,
});

const CASES: Case[] = [
  {
    what: 'a charge without an answer: captured, partly refunded, disputed, returned',
    world: () => scene({ alpha: ['timeout_charged'] }, LOST),
    told: [
      alpha('payment_succeeded', { amountMinor: 4_999 }),
      alpha('refund_succeeded', { amountMinor: 1_000 }),
      alpha('dispute_opened', { amountMinor: 500 }),
      alpha('payment_returned', { amountMinor: 300 }),
    ],
    stage: 'paid',
  },
  {
    what: 'an authorization without an answer: authorized, captured, partly refunded',
    world: () => scene({ alpha: ['timeout_charged'] }, { ...LOST, facts: { capture: 'manual' } }),
    told: [
      alpha('payment_authorized', { amountMinor: 4_999 }),
      alpha('payment_succeeded', { amountMinor: 4_999 }),
      alpha('refund_succeeded', { amountMinor: 1_000 }),
    ],
    stage: 'paid',
  },
  {
    what: 'a hosted page: a declined try, then paid, then closed',
    world: () => {
      const world = scene({ alpha: ['insufficient_funds'], beta: ['insufficient_funds'] }, LOST).open();
      world.say(choose('hosted_checkout'));
      return world;
    },
    told: [
      alpha('payment_failed', { attempt: 3, code: 'insufficient_funds', failureClass: 'soft_decline' }),
      alpha('payment_succeeded', { attempt: 3, amountMinor: 4_999 }),
      alpha('session_closed', { attempt: 3 }),
    ],
    stage: 'paid',
  },
  {
    what: 'a decline at one processor and a charge without an answer at the other',
    world: () => scene({ alpha: ['insufficient_funds'], beta: ['timeout_charged'] }, LOST),
    told: [
      alpha('payment_failed', { code: 'insufficient_funds', failureClass: 'soft_decline' }),
      { ...alpha('payment_succeeded', { amountMinor: 4_999 }), processor: 'beta', attempt: 2 },
      { ...alpha('dispute_opened', { amountMinor: 4_999 }), processor: 'beta', attempt: 2 },
    ],
    stage: 'paid',
  },
];

describe('F13: webhooks in every order', () => {
  test.each(CASES)(
    'F13: $what: the same end for all orders, also when each comes twice',
    ({ world: begin, told, stage }) => {
      const ends = [...permutations(told)].flatMap((order) => [play(begin, order), play(begin, [...order, ...order])]);
      const [first] = ends;
      expect(first?.stage).toBe(stage);
      for (const end of ends) expect(end).toEqual(first);
    },
  );
});

function play(begin: () => World, order: Told[]) {
  const world = begin();
  if (world.order.attempts.length === 0) world.open();
  const { merchantId, orderId } = world.order.facts;
  for (const each of order) {
    const eventId = `${each.type}-${each.processor}`;
    const event: ProcessorEvent = { eventId, merchantId, orderId, occurredAt: world.now, ...each };
    world.message({ type: 'processor_event', event }, true);
    world.pass(1);
  }
  return endOf(world.order);
}
