import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, OrderView, RecoveryRequest } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects, offered, toldTypes } from './acts.ts';

/** A mandate: later tries by schedule, no buyer waits. */
const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});
afterAll(() => scene.close());

const collected = async (token: string, more: Partial<CollectRequest> = {}) => {
  const orderId = newOrderId();
  return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token, more)) };
};
const why = { reason: 'a test asks' };

describe('cancel, through the API or with Temporal’s own button', () => {
  const STAGES: {
    at: string;
    token: string;
    more?: Partial<CollectRequest>;
    stage: OrderView['stage'];
    choice?: RecoveryRequest;
  }[] = [
    { at: 'while the buyer is asked', token: DECLINED, stage: 'waiting_buyer' },
    { at: 'while a later try is scheduled', token: DECLINED, more: MANDATE, stage: 'retry_scheduled' },
    { at: 'while the buyer authenticates', token: 'sim:alpha=3ds_ok', stage: 'waiting_authentication' },
    { at: 'while an amount is authorized', token: 'sim:alpha=ok', more: { capture: 'manual' }, stage: 'authorized' },
    {
      at: 'while hosted checkout is open',
      token: DECLINED,
      stage: 'hosted_checkout',
      choice: { path: 'hosted_checkout' },
    },
    { at: 'while an invoice is open', token: DECLINED, stage: 'invoiced', choice: { path: 'invoice' } },
  ];
  const brought = async ({ token, more, stage, choice }: (typeof STAGES)[number]) => {
    const { orderId, answer } = await collected(token, more);
    const view = choice === undefined ? answer : await scene.recoup.orders.recover(orderId, choice);
    expect(view.stage).toBe(stage);
    return { orderId, view };
  };
  const endedWithoutMoney = async (orderId: string, open: OrderView) => {
    const cancelled = await scene.until(orderId, ({ stage }) => stage === 'cancelled');
    expect(cancelled.nextAction).toMatchObject({ type: 'none', who: 'none', options: [] });
    expect(await scene.netCaptured(orderId)).toBe(0);
    expect((await effects(scene, orderId)).filter((each) => each.endsWith('captured'))).toEqual([]);
    expect(await toldTypes(scene, orderId)).toContain('order.cancelled');
    if (open.nextAction.url !== undefined) expect(await actOnPage(open)).toBe(410);
    expect(await scene.netCaptured(orderId)).toBe(0);
  };

  test.each(STAGES)('$at', async (stage) => {
    const { orderId, view } = await brought(stage);
    await scene.recoup.orders.cancel(orderId, why);
    await endedWithoutMoney(orderId, view);
  });

  test.each(STAGES)('$at, from Temporal', async (stage) => {
    const { orderId, view } = await brought(stage);
    await scene.workflow(orderId).cancel();
    await endedWithoutMoney(orderId, view);
    expect(await scene.workflow(orderId).result()).toEqual({ stage: 'cancelled' });
    expect((await scene.workflow(orderId).describe()).status.name).toBe('COMPLETED');
  });

  const duringACharge = async (token: string) => {
    const orderId = newOrderId();
    const answer = scene.recoup.orders.collect(order(orderId, token));
    await poll(
      () => scene.ledger(orderId),
      (entries) => entries.length > 0,
      5_000,
    );
    return { orderId, answer };
  };

  test.each(['the API', 'Temporal'])(
    'during a charge that succeeds: its answer is kept, the order is paid, and whoever asked is told (%s)',
    async (by) => {
      const { orderId, answer } = await duringACharge('sim:alpha=slow_1200');
      if (by === 'Temporal') await scene.workflow(orderId).cancel();
      else {
        const refused = { code: 'order_closed', message: expect.stringContaining('refund it at alpha') };
        await expect(scene.recoup.orders.cancel(orderId, why)).rejects.toMatchObject(refused);
      }
      await answer;
      await scene.until(orderId, ({ stage }) => stage === 'paid');
      const { entries } = await scene.recoup.orders.timeline(orderId);
      const [line] = entries.filter(({ kind }) => kind === 'command_refused');
      expect(line?.text).toContain('Cancel came while a payment was under way, and it succeeded');
      expect(await effects(scene, orderId)).toEqual(['alpha captured']);
      expect((await scene.ledger(orderId))[0]).toMatchObject({ requests: 1 });
    },
  );

  test('during a charge that times out and did nothing: nothing more is tried, and it is cancelled once that is sure', async () => {
    const { orderId, answer } = await duringACharge('sim:alpha=timeout_lost,ok');
    await scene.recoup.orders.cancel(orderId, why);
    await answer;
    await scene.until(orderId, ({ stage }) => stage === 'cancelled');
    expect(await effects(scene, orderId)).toEqual([]);
    expect((await scene.ledger(orderId)).find(({ operation }) => operation === 'charge')).toMatchObject({
      requests: 1,
    });
  });

  test('while the outcome of a charge is unknown and the money was taken: found, and paid rather than lost', async () => {
    const { orderId, answer } = await collected('sim:alpha=late_webhook_120');
    expect(answer.stage).toBe('confirming');
    const cancelling = await scene.recoup.orders.cancel(orderId, why);
    expect(['cancelling', 'paid']).toContain(cancelling.stage);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.money).toMatchObject({ captured: 4999, held: 0, net: 4999 });
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });
});

describe.concurrent('hold, release, retry, close, reopen', () => {
  test('a hold stops the later try, a release lets it run', async () => {
    const { orderId, answer } = await collected(DECLINED, MANDATE);
    expect(answer.stage).toBe('retry_scheduled');
    const held = await scene.recoup.orders.hold(orderId, why);
    expect(held.nextAction).toMatchObject({ type: 'on_hold', who: 'support' });
    const released = await scene.recoup.orders.release(orderId, why);
    expect(released).toMatchObject({ stage: 'retry_scheduled', nextAction: { type: 'wait_scheduled' } });
  });

  test('retry now tries at once, and counts as support’s', async () => {
    const { orderId } = await collected('sim:alpha=insufficient_funds,ok;beta=insufficient_funds');
    const paid = await scene.recoup.orders.retry(orderId, why);
    expect(paid).toMatchObject({ stage: 'paid', attempts: [{}, {}, { number: 3, processor: 'alpha' }] });
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.find(({ kind, attempt }) => kind === 'attempt_started' && attempt === 3)?.actor).toBe('support');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('close ends the order as failed, reopen goes on: numbers and forbidden methods too', async () => {
    const { orderId } = await collected('sim:card=gone;alpha=stolen_card');
    expect((await scene.recoup.orders.close(orderId, why)).stage).toBe('failed');
    expect(await toldTypes(scene, orderId)).toContain('order.failed');
    const again = await scene.recoup.orders.reopen(orderId, why);
    expect(again.stage).toBe('waiting_buyer');
    const { entries } = await scene.recoup.orders.timeline(orderId);
    const line = { actor: 'merchant', text: expect.stringMatching(/^Collecting goes on, .*: a test asks$/) };
    expect(entries.filter(({ kind }) => kind === 'order_reopened')).toMatchObject([line]);
    const forbidden = { path: 'new_method', paymentMethod: { token: 'sim:card=gone;beta=ok' } } as const;
    await expect(scene.recoup.orders.recover(orderId, forbidden)).rejects.toMatchObject({ code: 'recovery_refused' });
    const paid = await scene.recoup.orders.recover(orderId, {
      path: 'new_method',
      paymentMethod: { token: 'sim:card=good;alpha=ok' },
    });
    expect(paid.attempts.map(({ number }) => number)).toEqual([1, 2]);
    expect(new Set((await scene.ledger(orderId)).map(({ key }) => key)).size).toBe(2);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a reopened order starts nothing by itself that it had tried before', async () => {
    const { orderId } = await collected(DECLINED);
    await scene.recoup.orders.close(orderId, why);
    const before = await scene.ledger(orderId);
    const again = await scene.recoup.orders.reopen(orderId, why);
    expect(again.stage).toBe('waiting_buyer');
    expect(offered(again)).toContain('hosted_checkout');
    expect(await scene.ledger(orderId)).toEqual(before);
  });

  test('closing with a page open closes the page first', async () => {
    const { orderId } = await collected(DECLINED);
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    await scene.recoup.orders.close(orderId, why);
    await scene.until(orderId, ({ stage }) => stage === 'failed');
    expect(await actOnPage(open)).toBe(410);
  });
});

describe.concurrent('a person resolves an unknown outcome', () => {
  const unknown = async (token: string) => {
    const found = await collected(token, { metadata: { route: 'gamma' } });
    expect(found.answer.stage).toBe('confirming');
    return found;
  };

  test('as succeeded: the order is paid, and says by whom it is known', async () => {
    const { orderId } = await unknown('sim:gamma=late_webhook_3000');
    const evidence = 'seen in the dashboard';
    const paid = await scene.recoup.orders.resolve(orderId, { attempt: 1, outcome: 'succeeded', evidence, ...why });
    expect(paid).toMatchObject({ stage: 'paid', money: { captured: 4999 } });
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.find(({ kind }) => kind === 'unknown_resolved')).toMatchObject({ actor: 'merchant', evidence });
  });

  test('as absent, and the money comes after all: given back, once another attempt has paid', async () => {
    const { orderId } = await unknown('sim:gamma=late_webhook_120');
    await scene.recoup.orders.resolve(orderId, { attempt: 1, outcome: 'absent', evidence: 'not there', ...why });
    await scene.recoup.orders.recover(orderId, { path: 'new_method', paymentMethod: { token: 'sim:gamma=ok' } });
    const settled = await scene.until(orderId, ({ money }) => money.refunded > 0);
    expect(settled).toMatchObject({ stage: 'paid', money: { captured: 9998, refunded: 4999, held: 0, net: 4999 } });
    expect(await scene.netCaptured(orderId)).toBe(4999);
    expect(await toldTypes(scene, orderId)).toContain('order.surplus_returned');
  });
});

describe.concurrent('manual capture', () => {
  test('authorized, then captured when the merchant says so', async () => {
    const { orderId, answer } = await collected('sim:alpha=ok', { capture: 'manual' });
    expect(answer).toMatchObject({ stage: 'authorized', nextAction: { type: 'capture', who: 'merchant' } });
    expect(await effects(scene, orderId)).toEqual(['alpha authorized']);
    const paid = await scene.recoup.orders.capture(orderId, why);
    expect(paid).toMatchObject({ stage: 'paid', money: { captured: 4999 } });
    expect(await effects(scene, orderId)).toEqual(['alpha authorized', 'alpha captured']);
  });

  test('cancelled after the capture: too late, the money stays', async () => {
    const { orderId } = await collected('sim:alpha=ok', { capture: 'manual' });
    await scene.recoup.orders.capture(orderId, why);
    await expect(scene.recoup.orders.cancel(orderId, why)).rejects.toMatchObject({ code: 'order_closed' });
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });
});

describe.concurrent('a command that cannot apply changes nothing', () => {
  test('each refusal has its code', async () => {
    const { orderId: open } = await collected(DECLINED);
    const { orderId: paid } = await collected('sim:alpha=ok');
    const { orders } = scene.recoup;
    const resolve = { attempt: 1, outcome: 'absent', evidence: 'none', ...why } as const;
    const saved = { path: 'saved_method', instrument: 'ins_0123456789abcdef' } as const;
    const before = [await orders.get(open), await orders.get(paid)];
    await expect(orders.capture(open, why)).rejects.toMatchObject({ code: 'nothing_to_capture' });
    await expect(orders.resolve(open, resolve)).rejects.toMatchObject({ code: 'not_unknown' });
    await expect(orders.recover(open, saved)).rejects.toMatchObject({ code: 'recovery_refused' });
    await expect(orders.reopen(open, why)).rejects.toMatchObject({ code: 'order_not_reopenable' });
    await expect(orders.reopen(paid, why)).rejects.toMatchObject({ code: 'order_not_reopenable' });
    for (const each of ['cancel', 'hold', 'release', 'retry', 'capture', 'close'] as const) {
      await expect(orders[each](paid, why)).rejects.toMatchObject({ code: 'order_closed' });
    }
    await expect(orders.recover(paid, { path: 'invoice' })).rejects.toMatchObject({ code: 'order_closed' });
    await expect(orders.cancel('no-such-order', why)).rejects.toMatchObject({ code: 'order_unknown' });
    expect([await orders.get(open), await orders.get(paid)]).toEqual(before);
  });

  test('a command repeated with its id is one command, at once or later', async () => {
    const { orderId } = await collected('sim:alpha=insufficient_funds,insufficient_funds,ok;beta=insufficient_funds');
    const call = { idempotencyKey: 'support-clicked-once' };
    const [one, other] = await Promise.all([
      scene.recoup.orders.retry(orderId, why, call),
      scene.recoup.orders.retry(orderId, why, call),
    ]);
    expect(one.attempts).toHaveLength(4);
    expect(other.attempts).toHaveLength(4);
    const later = await scene.recoup.orders.retry(orderId, why, call);
    expect(later.attempts).toHaveLength(4);
    expect(await scene.ledger(orderId)).toHaveLength(4);
  });

  test('cancel and a new method at once: one of them wins, and the ledger agrees with the order', async () => {
    const { orderId } = await collected(DECLINED);
    await Promise.allSettled([
      scene.recoup.orders.cancel(orderId, why),
      scene.recoup.orders.recover(orderId, { path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } }),
    ]);
    const ended = await scene.until(orderId, ({ stage }) => stage === 'paid' || stage === 'cancelled');
    expect(await scene.netCaptured(orderId)).toBe(ended.stage === 'paid' ? 4999 : 0);
  });

  test('two ways to pay at once: one charge', async () => {
    const { orderId } = await collected(DECLINED);
    const pay = (card: string) =>
      scene.recoup.orders.recover(orderId, {
        path: 'new_method',
        paymentMethod: { token: `sim:card=${card};alpha=ok` },
      });
    await Promise.allSettled([pay('one'), pay('two')]);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});
