import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects, offered, toldTypes } from './acts.ts';

describe('the issuer wants 3DS', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
  });
  afterAll(() => scene.close());

  const collected = async (token: string) => {
    const orderId = newOrderId();
    return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token)) };
  };
  const offeredOtherWays = async (orderId: string) => {
    const view = await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer');
    expect(view.attempts).toHaveLength(1);
    expect(offered(view)).toEqual(['new_method', 'hosted_checkout', 'invoice']);
    expect(await toldTypes(scene, orderId)).toContain('order.payment_failed');
    expect((await scene.outbox(orderId)).find(({ type }) => type === 'order.payment_failed')?.willRetry).toBe(false);
    expect((await scene.ledger(orderId)).map(({ processor }) => processor)).toEqual(['alpha']);
    expect(await effects(scene, orderId)).toEqual([]);
    return view;
  };

  test('the buyer authenticates on the processor’s page, and its webhook pays the order', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_ok');
    expect(answer.stage).toBe('waiting_authentication');
    expect(answer.nextAction).toMatchObject({ type: 'authenticate', who: 'buyer', url: expect.any(String) });
    expect(answer.nextAction.expiresAt).toBeDefined();
    expect(await toldTypes(scene, orderId)).toEqual(['order.action_required']);
    expect(await actOnPage(answer)).toBe(200);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toMatchObject([{ number: 1, processor: 'alpha', authentication: 'challenged' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a frictionless authentication pays at once, without the buyer', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_frictionless');
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([{ authentication: 'frictionless', outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a failed challenge goes to no other processor: the buyer is offered other ways', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_failed');
    await actOnPage(answer);
    const view = await offeredOtherWays(orderId);
    expect(view.attempts).toMatchObject([{ failureClass: 'authentication_failed', authentication: 'failed' }]);
  });

  test('a challenge that the buyer gives up goes to no other processor either', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_ok');
    await actOnPage(answer, { decision: 'abandon' });
    const view = await offeredOtherWays(orderId);
    expect(view.attempts).toMatchObject([{ failureClass: 'authentication_failed', authentication: 'abandoned' }]);
  });

  test('a challenge that gives up by itself is an abandoned one', async () => {
    const { orderId } = await collected('sim:alpha=3ds_abandoned');
    const view = await offeredOtherWays(orderId);
    expect(view.attempts).toMatchObject([{ failureClass: 'authentication_failed', authentication: 'abandoned' }]);
  });

  test('authenticated and then declined: no other processor, whatever the decline says', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_ok_declined');
    await actOnPage(answer);
    const view = await offeredOtherWays(orderId);
    expect(view.attempts).toMatchObject([{ failureClass: 'authentication_failed', authentication: 'challenged' }]);
    const { decisions } = await scene.recoup.orders.explain(orderId);
    expect(JSON.stringify(decisions)).toContain('no other processor');
  });

  test('«authentication required» is challenged at the same processor, and paid there', async () => {
    const { orderId, answer } = await collected('sim:alpha=authentication_required,3ds_ok');
    expect(answer.stage).toBe('waiting_authentication');
    expect(answer.attempts).toMatchObject([
      { processor: 'alpha', failureClass: 'authentication_required' },
      { processor: 'alpha', outcome: 'requires_action' },
    ]);
    await actOnPage(answer);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect((await scene.ledger(orderId)).map(({ processor }) => processor)).toEqual(['alpha', 'alpha']);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('at most three challenges, then other ways to pay', async () => {
    const { answer } = await collected('sim:alpha=authentication_required');
    expect(answer.stage).toBe('waiting_buyer');
    expect(answer.attempts.map(({ processor }) => processor)).toEqual(['alpha', 'alpha', 'alpha', 'alpha']);
    expect(offered(answer)).toEqual(['new_method', 'hosted_checkout', 'invoice']);
  });

  test('a buyer who chooses another way while the challenge is open: it is closed first, then the choice runs', async () => {
    const { orderId, answer } = await collected('sim:alpha=3ds_ok');
    const chosen = await scene.recoup.orders.recover(orderId, {
      path: 'new_method',
      paymentMethod: { token: 'sim:beta=ok' },
    });
    expect(chosen.stage).toBe('paid');
    expect(chosen.attempts).toMatchObject([{ outcome: 'not_executed' }, { processor: 'alpha', outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha voided', 'alpha captured']);
    expect(await actOnPage(answer)).toBe(410);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });
});

describe('the issuer wants 3DS, and no webhook comes', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10, webhooks: 'held' });
  });
  afterAll(() => scene.close());

  test('the buyer who comes back from the page is reason enough to look, and the order is paid', async () => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=3ds_ok'));
    await actOnPage(answer);
    await scene.workflow(orderId).signal('buyerReturned', { id: 'return-1' });
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toMatchObject([{ authentication: 'challenged', outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a buyer who comes back before the page is done changes nothing', async () => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect(order(orderId, 'sim:alpha=3ds_ok'));
    await scene.workflow(orderId).signal('buyerReturned', { id: 'too-early' });
    await poll(
      () => scene.recoup.orders.timeline(orderId),
      ({ entries }) => entries.some(({ kind }) => kind === 'buyer_returned'),
      5_000,
    );
    const waiting = await scene.until(orderId, ({ stage }) => stage === 'waiting_authentication');
    expect(waiting.attempts).toHaveLength(1);
    await actOnPage(answer);
    await scene.workflow(orderId).signal('buyerReturned', { id: 'now-done' });
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });
});
