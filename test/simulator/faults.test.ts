import { afterEach, beforeEach, expect, test } from 'vitest';
import { unanswered, World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

const faults = (settings: object) => world.control('alpha/faults', settings);

test('lost: nothing happens, the arrival is counted, the script does not move on', async () => {
  await faults({ lostPercent: 100 });
  const token = 'sim:alpha=ok,expired_card';
  expect(await world.payUnanswered('alpha', 'lost', token, 'lost')).toBe('timeout');
  expect(await world.lines('lost')).toEqual(['charge lost none 4999 x1']);
  await faults({});
  expect((await world.pay('alpha', 'lost', token, 'lost')).body.status).toBe('captured');
  expect(await world.lines('lost')).toEqual(['charge lost captured 4999 x2']);
});

test('answer lost: it is done, for refunds as for charges', async () => {
  const { body } = await world.pay('alpha', 'refund', 'sim:', 'charge');
  await faults({ answerLostPercent: 100 });
  const refund = { merchantId: 'default', orderId: 'refund', reference: body.reference };
  expect(await unanswered(`${world.simulator.processors.alpha}/v1/refunds`, 'refund', refund)).toBe('timeout');
  expect((await world.lines('refund'))[1]).toBe('refund refund refunded 4999 x1');
});

test('overload and errors do nothing and stay with their processor', async () => {
  await faults({ overloadPercent: 100 });
  expect((await world.pay('alpha', 'over', 'sim:', 'over')).status).toBe(503);
  expect((await world.get('alpha', '/v1/operations?key=over')).status).toBe(503);
  expect((await world.pay('beta', 'over', 'sim:', 'beta')).status).toBe(200);
  await faults({ errorPercent: 100 });
  expect((await world.pay('alpha', 'over', 'sim:', 'over')).status).toBe(500);
  await faults({});
  expect(await world.pay('alpha', 'over', 'sim:', 'over')).toMatchObject({ status: 200, replayed: false });
});

test('the same seed brings the same faults', async () => {
  const run = async (name: string) => {
    await faults({ overloadPercent: 30, errorPercent: 20, seed: 7 });
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++) statuses.push((await world.pay('alpha', name, 'sim:', `${name}${i}`)).status);
    return statuses;
  };
  const first = await run('seed1');
  expect(await run('seed2')).toEqual(first);
  expect(new Set(first)).toEqual(new Set([200, 500, 503]));
});

test('slow weather delays every call', async () => {
  await faults({ delayMs: 120 });
  const startedAt = Date.now();
  await world.pay('alpha', 'slow', 'sim:', 'slow');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(115);
});

test('percentages above 100 together are refused', async () => {
  expect((await faults({ lostPercent: 60, errorPercent: 60 })).status).toBe(400);
  expect((await faults({ lostPercent: -1 })).status).toBe(400);
});
