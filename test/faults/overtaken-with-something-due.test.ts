import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowOf } from '../../policy/row.ts';
import type { Progress } from '../../store/store.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { effects } from '../workflows/acts.ts';

describe('a run that another one overtook, and in whose story something is due', () => {
  let scene: Scene;
  beforeAll(async () => {
    // A later try after a day is one after 4.3 s.
    scene = await openScene({ timeScale: 20_000, webhooks: 'held' });
  });
  afterAll(() => scene.close());

  test('does it once, under a name of its own, instead of asking the store again and again', async () => {
    const orderId = newOrderId();
    const token = 'sim:alpha=insufficient_funds,ok;beta=insufficient_funds';
    await scene.recoup.orders.collect(
      order(orderId, token, { offSession: { agreement: 'recurring', mandateRef: 'm-1' } }),
    );
    const stored = await scene.store.findOrder(scene.merchantId, orderId);
    if (stored === null) return expect.fail('not stored');
    const { state, nextActionAt } = stored;
    expect(state.retryAt).toMatchObject({ reason: 'schedule' });
    const told = { ...state, seq: state.seq + 2 };
    const progress: Progress = {
      ...{ merchantId: scene.merchantId, orderId, runId: 'a-run-that-overtook', position: 500 },
      ...rowOf(told, null),
      ...{
        version: 'overtook',
        basedOn: stored.version,
        nextActionAt,
        entries: [],
        events: [],
        appliedEvents: [],
        proofs: [],
      },
    };
    expect(await scene.store.saveProgress(progress)).toBe('saved');
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid', 20_000);
    expect(paid.attempts.map(({ processor }) => processor)).toEqual(['alpha', 'beta', 'alpha']);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
    expect(await scene.historyLength(orderId)).toBeLessThan(60);
    await scene.workflow(orderId).result();
  });
});
