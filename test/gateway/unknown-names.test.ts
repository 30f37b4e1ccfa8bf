import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Recoup, RecoupError } from '../../client/index.ts';
import { errorOf } from '../client/error-of.ts';
import { embeddedIn, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
let embedded: Recoup;
beforeAll(async () => {
  world = await openWorld();
  embedded = embeddedIn(world);
});
afterAll(async () => {
  await embedded.close();
  await world.close();
});

const at = (...processors: string[]) => ({
  credentials: processors.map((processor) => ({ processor, token: 'sim:card=known' })),
});
const must = 'must be one of alpha, beta, gamma';
const declined = 'sim:alpha=insufficient_funds;beta=insufficient_funds';

/** What both forms of the client refuse with, which is the same. */
async function refusedByBoth(call: (recoup: Recoup) => Promise<unknown>): Promise<RecoupError> {
  const [there, here] = await Promise.all([world.recoup(), embedded].map((recoup) => errorOf(call(recoup))));
  expect([here?.code, here?.fields]).toEqual([there?.code, there?.fields]);
  return there ?? expect.fail('nothing was refused');
}

describe('a payment method for no processor that there is', () => {
  test('is refused by its places, with the processors that there are, and nothing is started', async () => {
    const orderId = newOrderId();
    const request = { ...order(orderId), paymentMethod: at('bta', 'stripe') };
    const { code, fields } = await refusedByBoth((recoup) => recoup.orders.collect(request));
    const paths = [0, 1].map((index) => `$.paymentMethod.credentials[${index}].processor`);
    expect({ code, fields }).toEqual({ code: 'request_invalid', fields: paths.map((path) => ({ path, must })) });
    expect((await errorOf(embedded.orders.get(orderId))).code).toBe('order_unknown');
  });

  test('is refused as another way to pay, and the order is as it was', async () => {
    const orderId = newOrderId();
    const before = await embedded.orders.collect(order(orderId, declined));
    const choice = { path: 'new_method', paymentMethod: at('gama') } as const;
    const { code, fields } = await refusedByBoth((recoup) => recoup.orders.recover(orderId, choice));
    const path = '$.paymentMethod.credentials[0].processor';
    expect({ code, fields }).toEqual({ code: 'request_invalid', fields: [{ path, must }] });
    expect((await embedded.orders.get(orderId)).attempts).toEqual(before.attempts);
  });

  test('finds the order that was accepted with it, when its processor was taken out since', async () => {
    const accepted = order(newOrderId(), '', { paymentMethod: at('alpha') });
    expect(await embedded.orders.collect(accepted)).toMatchObject({ stage: 'paid', created: true });
    const before = await world.store.currentDeployment();
    if (before === null) return expect.fail('no worker has started');
    await world.store.publishDeployment({ ...before, sheets: before.sheets.slice(1) });
    const later = embeddedIn(world);
    try {
      expect(await later.orders.collect(accepted)).toMatchObject({ stage: 'paid', created: false });
      const { fields } = await errorOf(later.orders.collect({ ...accepted, orderId: newOrderId() }));
      expect(fields).toEqual([
        { path: '$.paymentMethod.credentials[0].processor', must: 'must be one of beta, gamma' },
      ]);
    } finally {
      await Promise.all([later.close(), world.store.publishDeployment(before)]);
    }
  });
});

test('a choice that was carried out is answered as ever, when its processor was taken out since', async () => {
  const orderId = newOrderId();
  await embedded.orders.collect(order(orderId, declined));
  const choose = (recoup: Recoup) =>
    recoup.orders.recover(orderId, { path: 'new_method', paymentMethod: at('alpha') }, { idempotencyKey: 'choice-1' });
  expect(await choose(embedded)).toMatchObject({ stage: 'paid' });
  const before = await world.store.currentDeployment();
  if (before === null) return expect.fail('no worker has started');
  await world.store.publishDeployment({ ...before, sheets: before.sheets.slice(1) });
  const later = embeddedIn(world);
  try {
    expect(await choose(later)).toMatchObject({ stage: 'paid', attempts: { length: 3 } });
  } finally {
    await Promise.all([later.close(), world.store.publishDeployment(before)]);
  }
});

test('credentials of processors that there are not stop nobody from paying, and the timeline names them', async () => {
  const orderId = newOrderId();
  const other = { credentials: [{ processor: 'delta', token: 'sim:card=other' }] };
  const methods = { paymentMethod: at('alpha', 'bta'), savedMethods: [other] };
  expect(await embedded.orders.collect({ ...order(orderId), ...methods })).toMatchObject({ stage: 'paid' });
  const { entries } = await embedded.orders.timeline(orderId);
  expect(entries.find(({ kind }) => kind === 'processor_unknown')?.text).toContain('not here: bta, delta.');
});

test('a feature that nobody names is taken, and the timeline says that it decides nothing', async () => {
  const orderId = newOrderId();
  const paid = await embedded.orders.collect(order(orderId, 'sim:alpha=ok', { features: ['on_behalf_off'] }));
  expect(paid.stage).toBe('paid');
  const { entries } = await embedded.orders.timeline(orderId);
  expect(entries.find(({ kind }) => kind === 'feature_unknown')?.text).toContain('no rule names: on_behalf_off.');
});
