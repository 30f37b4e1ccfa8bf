import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Recoup, type RecoupError } from '../../client/index.ts';
import { errorOf } from '../client/error-of.ts';
import { newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
let embedded: Recoup;
beforeAll(async () => {
  world = await openWorld();
  embedded = openEmbedded();
});
afterAll(async () => {
  await embedded.close();
  await world.close();
});

function openEmbedded(): Recoup {
  return new Recoup({
    temporal: { address: inject('temporalAddress') },
    databaseUrl: world.databaseUrl,
    sealingKey: world.sealingKey,
    merchantId: world.merchantId,
  });
}

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

describe('a credential of a processor that there is not', () => {
  test.each([
    ['beside one that there is', { paymentMethod: at('alpha', 'bta') }, ['$.paymentMethod.credentials[1].processor']],
    ['alone', { paymentMethod: at('stripe') }, ['$.paymentMethod.credentials[0].processor']],
    [
      'of saved methods',
      { savedMethods: [at('alpha'), at('betta', 'gamma'), at('beta', 'delta')] },
      ['$.savedMethods[1].credentials[0].processor', '$.savedMethods[2].credentials[1].processor'],
    ],
  ])(
    '%s is refused by its place, with the processors that there are, and nothing is started',
    async (_name, change, paths) => {
      const orderId = newOrderId();
      const request = { ...order(orderId), ...change };
      const { code, fields } = await refusedByBoth((recoup) => recoup.orders.collect(request));
      expect({ code, fields }).toEqual({ code: 'request_invalid', fields: paths.map((path) => ({ path, must })) });
      expect((await errorOf(embedded.orders.get(orderId))).code).toBe('order_unknown');
    },
  );

  test('is refused as another way to pay, and the order is as it was', async () => {
    const orderId = newOrderId();
    const before = await embedded.orders.collect(order(orderId, declined));
    const choice = { path: 'new_method', paymentMethod: at('alpha', 'gama') } as const;
    const { code, fields } = await refusedByBoth((recoup) => recoup.orders.recover(orderId, choice));
    const path = '$.paymentMethod.credentials[1].processor';
    expect({ code, fields }).toEqual({ code: 'request_invalid', fields: [{ path, must }] });
    expect((await embedded.orders.get(orderId)).attempts).toEqual(before.attempts);
  });

  test('finds the order that was accepted with it, when its processor was taken out since', async () => {
    const accepted = order(newOrderId(), '', { paymentMethod: at('alpha', 'gamma') });
    expect(await embedded.orders.collect(accepted)).toMatchObject({ stage: 'paid', created: true });
    const before = await world.store.currentDeployment();
    if (before === null) return expect.fail('no worker has started');
    await world.store.publishDeployment({ ...before, sheets: before.sheets.slice(0, 2) });
    const later = openEmbedded();
    try {
      expect(await later.orders.collect(accepted)).toMatchObject({ stage: 'paid', created: false });
      const { fields } = await errorOf(later.orders.collect({ ...accepted, orderId: newOrderId() }));
      expect(fields).toEqual([
        { path: '$.paymentMethod.credentials[1].processor', must: 'must be one of alpha, beta' },
      ]);
    } finally {
      await Promise.all([later.close(), world.store.publishDeployment(before)]);
    }
  });
});

test('a feature that nobody names is taken, and the timeline says that it decides nothing', async () => {
  const orderId = newOrderId();
  const paid = await embedded.orders.collect(order(orderId, 'sim:alpha=ok', { features: ['on_behalf_off'] }));
  expect(paid.stage).toBe('paid');
  const { entries } = await embedded.orders.timeline(orderId);
  expect(entries.find(({ kind }) => kind === 'feature_unknown')?.text).toContain('no rule names: on_behalf_off.');
});
