import { afterAll, beforeAll, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 20 });
});
afterAll(() => scene.close());

test('a claim that the store refuses sent nothing: no doubt is told, and the same key is sent once the store takes it', async () => {
  const rename = (from: string, to: string) => query(scene.databaseUrl, `ALTER FUNCTION ${from} RENAME TO ${to}`);
  const orderId = newOrderId();
  await rename('card_standing', 'card_standing_away');
  const collected = scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok;beta=ok'));
  try {
    const failed = async () => {
      const { events = [] } = await scene.workflow(orderId).fetchHistory();
      return events?.find((event) => event.activityTaskFailedEventAttributes != null);
    };
    const { activityTaskFailedEventAttributes: said } =
      (await poll(
        () => failed().catch(() => undefined),
        (event) => event !== undefined,
        10_000,
      )) ?? {};
    expect(said?.failure?.message).toMatch(/^The store refused claim_operation \(SQLSTATE 42883.*Nothing was sent/);
  } finally {
    await rename('card_standing_away', 'card_standing');
  }
  await collected;
  await scene.until(orderId, ({ stage }) => stage === 'paid');
  const { entries } = await scene.recoup.orders.timeline(orderId);
  expect(entries.map(({ kind }) => kind)).not.toContain('outcome_unknown');
  expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
});
