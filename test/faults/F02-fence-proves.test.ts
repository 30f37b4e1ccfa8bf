import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene, poll, type Scene } from '../setup/scene.ts';
import { control, settlesWithin, silent } from '../workflows/acts.ts';

const HOUR_MS = 3_600_000;
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=other;alpha=ok' } } as const;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 20, webhooks: 'held' });
  // Lookups that say "absent" are no proof for as long as this takes, so only the fence is.
  await settlesWithin(scene, 'alpha', 20 * HOUR_MS);
});
afterAll(() => scene.close());

test('F2: a fence resolves it as well: the choice that the buyer made meanwhile runs once it is confirmed', async () => {
  const { orderId, answer } = await silent(scene, 'sim:alpha=timeout_lost;beta=ok');
  await control(scene, 'alpha/down', {});
  expect((await answer).stage).toBe('confirming');
  const stored = await poll(
    () => scene.recoup.orders.recover(orderId, NEW_METHOD).catch(() => null),
    (view) => view !== null,
    15_000,
  );
  expect(stored).toMatchObject({ stage: 'confirming', attempts: [{ outcome: 'unknown' }] });
  expect((await scene.ledger(orderId)).map(({ processor }) => processor)).toEqual(['alpha']);
  await control(scene, 'alpha/up', {});
  const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
  expect(paid.attempts).toMatchObject([{ outcome: 'not_executed' }, { number: 2, outcome: 'succeeded' }]);
  const operations = (await scene.ledger(orderId)).map(({ operation, effect }) => `${operation} ${effect}`);
  expect(operations).toEqual(['charge none', 'void none', 'charge captured']);
});
