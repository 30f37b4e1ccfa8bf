import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';

/** Windows, schedules and settle times pass 10 times as fast; calls take as long as they take. */
const TIME_SCALE = 10;

describe('a charge without an answer, and no webhook either', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: TIME_SCALE, webhooks: 'held' });
  });
  afterAll(() => scene.close());

  const collected = async (token: string, metadata?: Record<string, string>) => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, token, metadata === undefined ? {} : { metadata }));
    return { orderId, answer };
  };

  test('whose connection was cut after it went through: the same key again, one charge, paid', async () => {
    const { orderId } = await collected('sim:alpha=reset_charged');
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 2 }]);
  });

  test('that never arrived: the same key again, one charge, paid', async () => {
    const { orderId } = await collected('sim:alpha=timeout_lost,ok');
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 2 }]);
  });

  test('that answered 500 although it went through: found by lookup, never sent again', async () => {
    const { orderId, answer } = await collected('sim:alpha=500_charged');
    expect(answer.stage).toBe('confirming');
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toHaveLength(1);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 1 }]);
  });

  test('that answered 500 and did nothing: proved absent twice, then the retry processor collects', async () => {
    const { orderId } = await collected('sim:alpha=500_lost');
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toMatchObject([
      { processor: 'alpha', outcome: 'not_executed' },
      { processor: 'beta', outcome: 'succeeded' },
    ]);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('at a processor without key, lookup and fence: nothing is sent again and nothing else is tried', async () => {
    const { orderId, answer } = await collected('sim:gamma=timeout_lost', { route: 'gamma' });
    expect(answer.stage).toBe('confirming');
    expect(answer.nextAction).toMatchObject({ type: 'wait_confirming', who: 'system' });
    const explained = await scene.recoup.orders.explain(orderId);
    expect(JSON.stringify(explained)).toContain('it would be a second charge there');
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'gamma', effect: 'none', requests: 1 }]);
    const resolved = await scene.recoup.orders.resolve(orderId, {
      attempt: 1,
      outcome: 'absent',
      evidence: 'not in the dashboard',
      reason: 'looked it up by hand',
    });
    expect(resolved.stage).toBe('waiting_buyer');
  });

  test('while the main processor is down as well: the retry processor stays untouched until it is proved', async () => {
    const { orderId, answer } = await collected('sim:alpha=timeout_charged');
    expect(answer.stage).toBe('confirming');
    await fetch(`${scene.simulator.url}/control/alpha/down`, { method: 'POST' });
    await scene.until(orderId, ({ attempts }) => (attempts[0]?.operations[0]?.endedAt ?? null) !== null);
    expect((await scene.ledger(orderId)).map(({ processor }) => processor)).toEqual(['alpha']);
    await fetch(`${scene.simulator.url}/control/alpha/up`, { method: 'POST' });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect((await scene.ledger(orderId)).map(({ processor }) => processor)).toEqual(['alpha']);
  });

  test('refused connections and overload are proved not executed: same key, then the retry processor', async () => {
    const { orderId, answer } = await collected('sim:alpha=503');
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([
      { processor: 'alpha', failureClass: 'transient' },
      { processor: 'beta', outcome: 'succeeded' },
    ]);
    const alpha = (await scene.ledger(orderId)).find(({ processor }) => processor === 'alpha');
    expect(alpha).toMatchObject({ effect: 'none', requests: 3 });
  });
});
