import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { createSealingKeys } from '../../contract/sealing.ts';
import { openStore } from '../../store/open.ts';
import { openSealedStore, openSealer } from '../../store/sealing.ts';
import type { Store } from '../../store/store.ts';
import { type FreshDatabase, freshDatabase } from '../setup/database.ts';

const newKey = () => randomBytes(32).toString('base64');
const CARD = ['credential', 'stripe', 'pm_1'];

describe('identities and sealing keys', () => {
  let database: FreshDatabase;
  let store: Store;
  const [first, second, third] = [newKey(), newKey(), newKey()];
  const identity = async (keys: string) => (await openSealer(store, createSealingKeys(keys))).identityHash(CARD);

  beforeAll(async () => {
    database = await freshDatabase();
    store = await openStore(database.url);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  test('processes that start at once on an empty database, with rings in any order, have one identity key', async () => {
    const rings = [`${first},${second}`, `${second},${first}`, first, `${second},${first}`];
    const found = await Promise.all(rings.map(identity));
    expect(new Set(found).size).toBe(1);
  });

  test('a card keeps its identity through a rotation, also once the old key is taken out', async () => {
    const before = await identity(first);
    expect(await identity(`${first},${second}`)).toBe(before);
    expect(await identity(`${second},${first}`)).toBe(before);
    expect(await identity(second)).toBe(before);
    expect(await identity(`${third},${second}`)).toBe(before);
    expect(await identity(third)).toBe(before);
  });

  test('a process whose keys open nothing here does not start, and its message names ids, not keys', async () => {
    const foreign = newKey();
    const error = await openSealedStore(database.url, createSealingKeys(foreign, 'sealingKey')).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(SettingInvalid);
    expect(String(error)).toContain('sealingKey holds none of the keys');
    expect(String(error)).toContain(createSealingKeys(first).kid);
    for (const key of [foreign, first, second]) expect(String(error)).not.toContain(key);
  });

  test('the identity key stands nowhere in clear', async () => {
    const rows = (await query(database.url, 'select * from identity_keys')) as { kid: string; sealed: string }[];
    expect(rows.length).toBe(3);
    for (const { kid, sealed } of rows) {
      expect(JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid });
    }
    expect(new Set(rows.map(({ sealed }) => sealed)).size).toBe(3);
  });

  test('open and reopenable orders are counted by the key that they need; paid ones need none', async () => {
    const [a, b] = [createSealingKeys(first), createSealingKeys(second)];
    const rows: [string, string, string[]][] = [
      ['one', 'waiting_buyer', [await a.seal('x')]],
      ['two', 'confirming', [await a.seal('x'), await a.seal('y'), await b.seal('z')]],
      ['three', 'failed', [await b.seal('x')]],
      ['four', 'paid', [await a.seal('x')]],
      ['five', 'needs_review', ['no.jwe', '']],
    ];
    for (const [orderId, stage, sealed] of rows) {
      const state = { instruments: sealed.map((text) => ({ credentials: [{ processor: '*', sealed: text }] })) };
      await query(
        database.url,
        `insert into orders (merchant_id, order_id, stage, is_open, needs_human, epoch,
           run_id, state, version, based_on, state_position)
         values ('m', '${orderId}', '${stage}', ${stage !== 'paid'}, false, 1, 'r', '${JSON.stringify(state)}', 'v', '{}', 1)`,
      );
    }
    const used = await store.listSealingKeyUse();
    const of = (kid: string) => used.find((use) => use.kid === kid);
    expect(of(a.kid)).toMatchObject({ openOrders: 2, reopenableOrders: 0 });
    expect(of(b.kid)).toMatchObject({ openOrders: 1, reopenableOrders: 1 });
    expect(of('unreadable')).toMatchObject({ openOrders: 1 });
    expect(used.length).toBe(3);
  });
});
