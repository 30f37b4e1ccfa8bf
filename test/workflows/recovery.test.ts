import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, RecoveryRequest } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage, effects, offered } from './acts.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ timeScale: 20 });
});
afterAll(() => scene.close());

const collected = async (token: string, more: Partial<CollectRequest> = {}) => {
  const orderId = newOrderId();
  return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token, more)) };
};
const processors = async (orderId: string) => (await scene.ledger(orderId)).map(({ processor }) => processor);

describe('after a hard decline', () => {
  // A card of its own in each test: one that was declined for good is forbidden to all later orders.
  const stolenCard = () => `sim:card=stolen-${newOrderId()};`;
  const refusedChoice = async (orderId: string, choice: RecoveryRequest) => {
    const before = await scene.ledger(orderId);
    await expect(scene.recoup.orders.recover(orderId, choice)).rejects.toMatchObject({ code: 'recovery_refused' });
    await expect(scene.http.orders.recover(orderId, choice)).rejects.toMatchObject({ code: 'recovery_refused' });
    expect(await scene.ledger(orderId)).toEqual(before);
  };

  test('no other processor is tried, and a new method pays', async () => {
    const { orderId, answer } = await collected(`${stolenCard()}alpha=stolen_card`);
    expect(answer).toMatchObject({ stage: 'waiting_buyer', nextAction: { who: 'buyer' } });
    expect(await processors(orderId)).toEqual(['alpha']);
    const paid = await scene.recoup.orders.recover(orderId, {
      path: 'new_method',
      paymentMethod: { token: 'sim:card=fine;alpha=ok' },
    });
    expect(paid.stage).toBe('paid');
    expect(paid.attempts).toMatchObject([{ failureClass: 'hard_decline' }, { number: 2, outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a saved method of the buyer pays', async () => {
    const { orderId, answer } = await collected(`${stolenCard()}alpha=stolen_card`, {
      savedMethods: [{ token: 'sim:card=saved;alpha=ok' }],
    });
    expect(offered(answer)).toEqual(['saved_method', 'new_method', 'hosted_checkout', 'invoice']);
    const instrument = answer.nextAction.options[0]?.instrument?.id;
    if (instrument === undefined) return expect.fail('no saved method offered');
    const paid = await scene.recoup.orders.recover(orderId, { path: 'saved_method', instrument });
    expect(paid.stage).toBe('paid');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('the same card is refused: as it was, as a “new” method, and with whatever else its token says', async () => {
    const card = stolenCard();
    const { orderId } = await collected(`${card}alpha=stolen_card`);
    for (const rest of ['alpha=stolen_card', 'alpha=ok', 'brand=visa;beta=ok']) {
      await refusedChoice(orderId, { path: 'new_method', paymentMethod: { token: card + rest } });
    }
    await expect(scene.recoup.orders.retry(orderId, { reason: 'the buyer insists' })).rejects.toMatchObject({
      code: 'recovery_refused',
    });
    expect(await processors(orderId)).toEqual(['alpha']);
  });

  test('a saved method that turns out to be stolen is not offered again', async () => {
    const { orderId, answer } = await collected(`${stolenCard()}alpha=stolen_card`, {
      savedMethods: [{ token: 'sim:card=lost;alpha=lost_card' }],
    });
    const instrument = answer.nextAction.options[0]?.instrument?.id ?? '';
    const declined = await scene.recoup.orders.recover(orderId, { path: 'saved_method', instrument });
    expect(declined.stage).toBe('waiting_buyer');
    expect(offered(declined)).toEqual(['new_method', 'hosted_checkout', 'invoice']);
    await refusedChoice(orderId, { path: 'saved_method', instrument });
  });
});

describe('on a page of the processor', () => {
  const declined = async () => collected('sim:alpha=insufficient_funds;beta=insufficient_funds');

  test('hosted checkout: opened on click, paid there, and the order is paid', async () => {
    const { orderId, answer } = await declined();
    expect(answer.stage).toBe('waiting_buyer');
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    expect(open.stage).toBe('hosted_checkout');
    expect(await actOnPage(open)).toBe(200);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toHaveLength(3);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('a declined try on the page leaves the page open, and the next one pays', async () => {
    const { orderId } = await declined();
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    expect(await actOnPage(open, { decision: 'decline' })).toBe(402);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('hosted_checkout');
    await actOnPage(open);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('leaving hosted checkout for a new method closes the session first', async () => {
    const { orderId } = await declined();
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    const paid = await scene.recoup.orders.recover(orderId, {
      path: 'new_method',
      paymentMethod: { token: 'sim:alpha=ok' },
    });
    expect(paid.stage).toBe('paid');
    expect(await actOnPage(open)).toBe(410);
    const operations = (await scene.ledger(orderId)).map(({ operation }) => operation);
    expect(operations).toEqual(['charge', 'charge', 'open_hosted', 'close_hosted', 'charge']);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('an invoice, paid on its page', async () => {
    const { orderId } = await declined();
    const open = await scene.recoup.orders.recover(orderId, { path: 'invoice' });
    expect(open).toMatchObject({ stage: 'invoiced', nextAction: { type: 'invoice', url: expect.any(String) } });
    await actOnPage(open);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});

describe('before anything was tried', () => {
  test('a main processor that lacks what the order uses is never asked; as the retry processor it is skipped with a reason', async () => {
    const { orderId, answer } = await collected('sim:alpha=insufficient_funds;beta=ok', { features: ['on_behalf_of'] });
    expect(answer.stage).toBe('waiting_buyer');
    expect(await processors(orderId)).toEqual(['alpha']);
    const { entries } = await scene.recoup.orders.timeline(orderId);
    const skipped = entries.find(({ kind }) => kind === 'processor_skipped');
    expect(skipped?.text).toContain('beta skipped: it does not support on_behalf_of');
  });

  test('a processor without a credential for the card is skipped with a reason', async () => {
    const orderId = newOrderId();
    const answer = await scene.recoup.orders.collect({
      orderId,
      amount: { minor: 4999, currency: 'EUR' },
      paymentMethod: { credentials: [{ processor: 'beta', token: 'sim:card=only-at-beta;beta=ok' }] },
    });
    expect(answer).toMatchObject({ stage: 'paid', attempts: [{ number: 1, processor: 'beta' }] });
    expect(await processors(orderId)).toEqual(['beta']);
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(entries.find(({ kind }) => kind === 'processor_skipped')?.text).toContain(
      'alpha skipped: it has no credential',
    );
  });

  test('blocked by the main processor’s risk rules: the retry processor pays', async () => {
    const { orderId, answer } = await collected('sim:alpha=blocked');
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([{ failureClass: 'blocked' }, { processor: 'beta', outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['beta captured']);
  });

  test('blocked for good: no processor, and this card no more', async () => {
    const { orderId, answer } = await collected('sim:card=bad;alpha=blocked_for_good');
    expect(answer.stage).toBe('waiting_buyer');
    const again = { path: 'new_method', paymentMethod: { token: 'sim:card=bad;alpha=ok' } } as const;
    await expect(scene.recoup.orders.recover(orderId, again)).rejects.toMatchObject({ code: 'recovery_refused' });
    expect(await processors(orderId)).toEqual(['alpha']);
  });
});

describe.concurrent('while an outcome is unknown', () => {
  const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=other;alpha=ok' } } as const;

  test('another way is refused before the buyer’s patience is over, and the refusal says from when', async () => {
    const { orderId, answer } = await collected('sim:alpha=late_webhook_600');
    expect(answer.stage).toBe('confirming');
    const refused = scene.recoup.orders.recover(orderId, NEW_METHOD);
    await expect(refused).rejects.toMatchObject({ code: 'recovery_refused', message: /can be chosen from/ });
    expect(await processors(orderId)).toEqual(['alpha']);
  });

  test('a charge that went through after all wins over the choice: one charge, and the choice is dropped', async () => {
    const { orderId } = await collected('sim:alpha=late_webhook_120');
    const stored = await poll(
      () => scene.recoup.orders.recover(orderId, NEW_METHOD).catch(() => null),
      (view) => view !== null,
      10_000,
    );
    expect(stored?.attempts).toHaveLength(1);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts).toMatchObject([{ number: 1, outcome: 'succeeded' }]);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });
});
