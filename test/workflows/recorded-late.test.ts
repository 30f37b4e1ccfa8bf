import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';

/** The answer itself cannot be recorded: what the run writes next has to take it along. */
describe('an answer that the store did not take when it came', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 20 });
    await query(scene.databaseUrl, 'ALTER FUNCTION record_answer RENAME TO record_answer_away');
  });
  afterAll(() => scene.close());

  const collected = async (token: string) => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, token));
    return orderId;
  };
  const recorded = async (orderId: string) => {
    const text = `SELECT o.outcome, l.state FROM operations o JOIN card_ledger l ON l.key = o.key AND l.try = 0
      WHERE o.order_id = $1 ORDER BY o.attempt`;
    return (await query(scene.databaseUrl, text, [orderId])) as { outcome: string | null; state: string }[];
  };
  const allSettled = (orderId: string) =>
    poll(
      () => recorded(orderId),
      (rows) => rows.length > 0 && rows.every(({ outcome }) => outcome !== null),
      10_000,
    );

  test('is recorded with the decision on it: what was paid', async () => {
    const orderId = await collected('sim:alpha=ok');
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await allSettled(orderId)).toEqual([{ outcome: 'succeeded', state: 'succeeded' }]);
  });

  test('gives back the place of the card: what no send of a key executed', async () => {
    const orderId = await collected('sim:alpha=down;beta=ok');
    const { attempts } = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(attempts).toMatchObject([{ processor: 'alpha', outcome: 'not_executed' }, { processor: 'beta' }]);
    expect(await allSettled(orderId)).toEqual([
      { outcome: 'not_executed', state: 'released' },
      { outcome: 'succeeded', state: 'succeeded' },
    ]);
  });
});
