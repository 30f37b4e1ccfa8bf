import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_BREAKER } from '../../policy/health/settings.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { effects } from './acts.ts';

const COOL_DOWN_MS = 8_000;
const CALM_MS = 1_000;
const settings = { ...DEFAULT_BREAKER, coolDownMs: COOL_DOWN_MS, calmMs: CALM_MS };
const ENV = { RECOUP_BREAKER_COOL_DOWN_MS: String(COOL_DOWN_MS), RECOUP_BREAKER_CALM_MS: String(CALM_MS) };

describe('a processor whose breaker is open', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ env: ENV });
  });
  afterAll(() => scene.close());

  /** As a worker elsewhere would, which sees it fail. */
  const sicken = (processor: string) =>
    poll(
      () => scene.store.health.count([{ processor, good: 0, bad: 200 }], settings),
      (told) => told.some((each) => each.processor === processor && each.state === 'open'),
      30_000,
    );
  /** Our worker has heard of it: an order that knows nothing is held back, and goes round it. */
  const untilHeld = (processor: string) =>
    poll(
      async () => {
        const orderId = newOrderId();
        await scene.collectWith(order(orderId, 'sim:alpha=ok'), {});
        return effects(scene, orderId);
      },
      (taken) => !taken.includes(`${processor} captured`),
      COOL_DOWN_MS,
    );

  test('is gone round, and the timeline and the explanation say why', async () => {
    await sicken('alpha');
    await untilHeld('alpha');
    const orderId = newOrderId();
    const view = await scene.collectWith(order(orderId, 'sim:alpha=ok'), {});
    expect(view).toMatchObject({ stage: 'paid', attempts: [{ number: 1, processor: 'beta', outcome: 'succeeded' }] });
    expect(await effects(scene, orderId)).toEqual(['beta captured']);
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.find(({ kind }) => kind === 'attempt_held_back')?.text).toMatch(
      /^alpha is down until .* UTC: attempt 1 was held back$/,
    );
    const { decisions } = await scene.recoup.orders.explain(orderId);
    const refused = decisions.flatMap((decision) => decision.refused);
    expect(refused.find(({ what }) => what === 'use alpha')).toMatchObject({ source: 'breaker of alpha' });
    expect(await scene.outbox(orderId)).toMatchObject([{ type: 'order.payment_succeeded' }]);
  });

  test('is waited for where the rule names no other, across runs, and the order goes on by itself', async () => {
    await sicken('gamma');
    const orderId = newOrderId();
    const downUntil = new Date(Date.now() + COOL_DOWN_MS).toISOString();
    const health = [{ processor: 'gamma', downUntil, spreadMs: COOL_DOWN_MS }];
    const view = await scene.collectWith(onGamma(orderId), { health, eventsPerRun: 1 });
    expect(view).toMatchObject({
      stage: 'retry_scheduled',
      attempts: [],
      nextAction: { type: 'wait_processor', who: 'system' },
    });
    expect(Date.parse(view.nextAction.at ?? '')).toBeGreaterThanOrEqual(Date.parse(downUntil));
    expect((await scene.recoup.orders.timeline(orderId)).entries.at(-1)).toMatchObject({
      planned: true,
      text: 'gamma is down: then go on',
    });
    await scene.until(orderId, ({ stage }) => stage === 'paid', 50_000);
    expect(await effects(scene, orderId)).toEqual(['gamma captured']);
    expect((await scene.recoup.orders.get(orderId)).attempts).toHaveLength(1);
  });
});

function onGamma(orderId: string) {
  return order(orderId, 'sim:gamma=ok', {
    metadata: { route: 'gamma' },
    offSession: { agreement: 'recurring', mandateRef: 'm-1' },
  });
}
