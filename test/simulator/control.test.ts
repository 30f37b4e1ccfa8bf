import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseOutcome } from '../../simulator/outcomes.ts';
import { charge, postJson, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

test('down closes a processor alone, up opens it on the same port; the ledger stays', async () => {
  await world.pay('alpha', 'down', 'sim:', 'down');
  const url = world.simulator.processors.alpha;
  expect((await world.control('alpha/down')).body).toEqual({ processor: 'alpha', up: false });
  await expect(postJson(`${url}/v1/payments`, 'refused', charge('down', 'sim:'))).rejects.toThrow();
  expect((await world.pay('beta', 'down', 'sim:', 'beta')).status).toBe(200);
  await world.control('alpha/down');
  await world.control('alpha/up');
  expect((await world.pay('alpha', 'down', 'sim:', 'down')).replayed).toBe(true);
  expect(await world.lines('down')).toEqual(['charge down captured 4999 x2', 'charge beta captured 4999 x1']);
});

test('a call that is cut by down is carried out all the same', async () => {
  const cut = world.payUnanswered('alpha', 'cut', 'sim:alpha=slow_1000', 'cut');
  await expect.poll(() => world.lines('cut')).toEqual(['charge cut none 4999 x1']);
  await world.control('alpha/down');
  expect(await cut).toBe('cut');
  await expect.poll(() => world.lines('cut'), { timeout: 10_000 }).toEqual(['charge cut captured 4999 x1']);
  await world.control('alpha/up');
});

test('there is no processor delta', async () => {
  expect((await world.control('delta/down')).status).toBe(404);
  expect((await world.control('__proto__/down')).status).toBe(404);
});

test('the ledger keeps merchants apart', async () => {
  await world.pay('alpha', 'shared', 'sim:', 'shared1');
  await world.pay('alpha', 'shared', 'sim:', 'shared2', { merchantId: 'other', amountMinor: 1 });
  expect(await world.lines('shared')).toEqual(['charge shared1 captured 4999 x1']);
  const other = await fetch(`${world.simulator.url}/ledger?orderId=shared&merchantId=other`);
  expect(((await other.json()) as { entries: object[] }).entries).toMatchObject([{ key: 'shared2', amountMinor: 1 }]);
  const all = await fetch(`${world.simulator.url}/ledger`);
  expect(((await all.json()) as { entries: object[] }).entries).toContainEqual(
    expect.objectContaining({ orderId: 'shared' }),
  );
});

test('a ledger entry has exactly the fields of the contract', async () => {
  await world.pay('alpha', 'fields', 'sim:', 'fields');
  const [entry] = await world.ledger('fields');
  const fields = ['amountMinor', 'at', 'currency', 'effect', 'key', 'operation', 'processor', 'reference', 'requests'];
  expect(Object.keys(entry).sort()).toEqual(fields);
  expect(new Date(entry.at).toISOString()).toBe(entry.at);
});

test('the list of outcomes can be read, and names only what the grammar takes', async () => {
  const answer = await fetch(`${world.simulator.url}/control/tokens`);
  const { outcomes } = (await answer.json()) as { outcomes: { outcome: string; explanation: string }[] };
  expect(outcomes.length).toBeGreaterThan(25);
  for (const { outcome } of outcomes) {
    if (outcome.startsWith('refund=') || outcome.startsWith('void=')) continue;
    const text = outcome.replace('<decline code>', 'do_not_honor').replace(/<\w+>/, '3');
    expect(() => parseOutcome(text)).not.toThrow();
  }
});
