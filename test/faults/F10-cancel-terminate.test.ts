import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIOS, type Scenario } from '../../cli/recoup/scenarios.ts';
import { newOrderId, openScene, type Scene } from '../setup/scene.ts';
import { sweep } from '../workflows/acts.ts';
import { play } from './kill-points/lives.ts';
import { endOf, type OrderEnd } from './kill-points/order-end.ts';
import { waitPatiently } from './kill-points/patient.ts';
import { untilEvent } from './kill-points/watch.ts';

/** The worker is this much behind what we see, so that the order is met where we see it. */
const BEHIND_MS = 20;
const NAMES = ['recovered_by_retry_processor', 'new_card', 'timed_out_but_charged'];
const scenarios = SCENARIOS.filter(({ name }) => NAMES.includes(name));

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ worker: 'process', behindMs: BEHIND_MS });
  await waitPatiently(scene);
});
// Every history that was met on the way is replayed.
afterAll(() => scene.close(), 180_000);

/** Starts it, and does this to its run when its history has so many events. */
const metAt = async (scenario: Scenario, event: number, meet: (orderId: string) => Promise<unknown>) => {
  const orderId = newOrderId();
  let over = false;
  const playing = play(scene, scenario, orderId).finally(() => {
    over = true;
  });
  playing.catch(() => {});
  await untilEvent(scene, orderId, event, () => over);
  // Closed meanwhile: then there is nothing to cancel or terminate.
  const hit = await meet(orderId).then(
    () => true,
    () => false,
  );
  return { orderId, playing, hit };
};

/** A test that met nobody shows nothing. */
const expectMet = (met: { hit: boolean }[]) =>
  expect(met.filter(({ hit }) => hit).length).toBeGreaterThan(met.length / 2);

const inPeace = async (scenario: Scenario) => {
  const orderId = newOrderId();
  await play(scene, scenario, orderId);
  return { events: await scene.historyLength(orderId), end: await endOf(scene, orderId) };
};

const captured = (end: OrderEnd) => end.ledger.filter((line) => line.includes(' captured '));
const charges = (end: OrderEnd) => end.ledger.filter((line) => line.includes(' charge '));

describe.each(scenarios)('F10: at every event of “$name”', (scenario) => {
  test('F10: terminated: the order resumes and ends as the one that nobody touched, with no further charge', {
    timeout: 90_000,
  }, async () => {
    const { events, end } = await inPeace(scenario);
    const met = await Promise.all(
      Array.from({ length: events }, (_, index) =>
        metAt(scenario, index + 1, (orderId) => scene.workflow(orderId).terminate('a test terminates')),
      ),
    );
    expectMet(met);
    let done = false;
    const all = Promise.all(met.map(({ playing }) => playing)).finally(() => {
      done = true;
    });
    // The schedule does this once a minute.
    while (!done) await Promise.race([all, sweep(scene)]);
    await all;
    for (const [index, { orderId }] of met.entries()) {
      const now = await endOf(scene, orderId);
      expect(now, `terminated at event ${index + 1}`).toEqual(end);
    }
  });

  test('F10: cancelled from Temporal: cancelled, or paid if the money was under way; one charge at most', async () => {
    const { events, end } = await inPeace(scenario);
    const met = await Promise.all(
      Array.from({ length: events }, (_, index) =>
        metAt(scenario, index + 1, (orderId) => scene.workflow(orderId).cancel()),
      ),
    );
    expectMet(met);
    for (const [index, { orderId }] of met.entries()) {
      const view = await scene.until(orderId, ({ stage }) => stage === 'cancelled' || stage === 'paid', 30_000);
      const now = await endOf(scene, orderId);
      expect(captured(now), `cancelled at event ${index + 1}`).toHaveLength(view.stage === 'paid' ? 1 : 0);
      expect(charges(now).length).toBeLessThanOrEqual(charges(end).length);
      expect((await scene.workflow(orderId).result()).stage).toBe(view.stage);
    }
  });
});
