import { describe, expect, test } from 'vitest';
import { type BatchOptions, type BatchResult, runBatch } from './batch.ts';
import type { ViolationKind } from './checks.ts';
import type { OrderPlan } from './plan.ts';
import type { SabotageName } from './sabotage.ts';
import { STORIES, type Story } from './stories.ts';

/** Each story as often as the others, and nobody who interrupts it. */
function onlyStories(...scripts: string[]): readonly (readonly [number, Story])[] {
  return scripts.map((script) => [1, { name: script, script: () => script }]);
}

function undisturbed(order: OrderPlan): OrderPlan {
  return {
    ...order,
    callers: 1,
    merchant: { authorized: 'capture', cancelAfterMs: null },
    support: { holdAfterMs: null, retryAfterMs: null },
    cancelInTemporalAfterMs: null,
    terminatedAfterMs: null,
    reset: null,
    atTheEnd: 'leave',
  };
}

interface Play extends Pick<BatchOptions, 'stories' | 'adjust' | 'webhookDelayMs' | 'calmWithinMs'> {
  timeScale: number;
  /** Default: 8. */
  orders?: number;
}

interface Proof extends Play {
  finds: ViolationKind;
}

/** Two Mastercards that every order comes with, and that are declined wherever they are sent. */
const SHARED: Story = {
  name: 'shared',
  sharedCard: 'mastercard',
  script: () => 'brand=mastercard;alpha=insufficient_funds;beta=insufficient_funds',
};

/** With which orders each missing guard shows at once. */
const PROOFS: Record<SabotageName, Proof> = {
  // Notices later than the same key again: else they prove the payment first.
  key: { timeScale: 20, stories: onlyStories('alpha=reset_charged'), webhookDelayMs: 5_000, finds: 'double_charge' },
  claim: {
    timeScale: 600,
    stories: [[1, { name: 'gamma', script: () => 'gamma=ok', more: () => ({ metadata: { route: 'gamma' } }) }]],
    // Back to the first task: the claim is what remembers.
    adjust: (order) => ({ ...order, reset: { afterMs: 3_000, to: 0 } }),
    finds: 'double_charge',
  },
  // Notices later than the timeout: an answer that is only late is no doubt.
  'unknown-gate': { timeScale: 600, stories: onlyStories('alpha=late_webhook_3600;beta=ok'), finds: 'double_charge' },
  dedup: {
    timeScale: 600,
    stories: onlyStories('alpha=dispute_after_300', 'alpha=return_after_300'),
    finds: 'story_differs',
  },
  // 10 declines in 24 hours, which are 144 s here: 40 or so of each card, within a few seconds.
  ceiling: { timeScale: 600, stories: [[3, SHARED]], orders: 40, finds: 'forbidden_retry' },
  // Nothing tells of the payment for minutes, so nothing starts the order's next run either.
  'cancellation-shield': {
    timeScale: 600,
    stories: onlyStories('alpha=late_webhook_360000'),
    adjust: (order) => ({ ...order, cancelInTemporalAfterMs: 2_000 }),
    finds: 'stuck',
  },
};

function play(played: Play, without?: { sabotage: SabotageName; until: ViolationKind }): Promise<BatchResult> {
  const { timeScale, stories, adjust, webhookDelayMs = 0, orders = 8, calmWithinMs = 4_000 } = played;
  return runBatch({
    seed: 7,
    batch: 0,
    orders,
    timeScale,
    webhookDelayMs,
    stories,
    adjust: (order) => (adjust ?? ((each: OrderPlan) => each))(undisturbed(order)),
    faults: [],
    inFlight: 8,
    replays: 0,
    calmWithinMs,
    ...without,
    say: () => {},
  });
}

describe.each(Object.entries(PROOFS) as [SabotageName, Proof][])('without the guard "%s"', (name, proof) => {
  // The sweeper comes by once a minute, and may have helped a stuck order before anybody looked: then once more.
  const retry = proof.finds === 'stuck' ? 2 : 0;
  test(`the harness finds ${proof.finds}`, { timeout: 180_000, retry }, async () => {
    const { verdict } = await play(proof, { sabotage: name, until: proof.finds });
    expect(verdict.violations.map(({ kind }) => kind)).toContain(proof.finds);
  });
});

test('with every guard in its place the orders that miss "claim", "ceiling" or "cancellation-shield" are clean', async () => {
  const proofs = [PROOFS.claim, PROOFS.ceiling, PROOFS['cancellation-shield']];
  const stories = proofs.flatMap((proof) => proof.stories ?? []);
  // Each order as the proof that its story is of would have it.
  const adjust = (order: OrderPlan) => {
    const proof = proofs.find((each) => each.stories?.some(([, { name }]) => name === order.story));
    return proof?.adjust?.(order) ?? order;
  };
  const { verdict, plan } = await play({ timeScale: 600, stories, adjust, orders: 40 });
  expect(new Set(plan.orders.map(({ story }) => story)).size).toBe(stories.length);
  // Each of two cards is declined twice by each of its orders, and may be ten times.
  expect(plan.orders.filter(({ sharedCard }) => sharedCard !== null).length).toBeGreaterThan(20);
  expect(verdict.violations).toEqual([]);
}, 180_000);

test('support that is wrong makes surpluses in every kind of time, and they go back or a person is named', async () => {
  const stories = STORIES.filter(([, { afterMistake }]) => afterMistake !== undefined);
  for (const timeScale of [60, 6000]) {
    const { verdict } = await play({ timeScale, stories, orders: 20, calmWithinMs: 60_000 });
    expect(verdict.violations).toEqual([]);
    expect(verdict.surplusEpisodes).toBeGreaterThan(5);
    expect(verdict.surplusOpenMs).toBeLessThan(60_000);
  }
}, 240_000);
