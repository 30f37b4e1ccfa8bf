import { Connection } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { SEARCH_ATTRIBUTES } from '../../contract/search-attributes.ts';
import { freshDatabase } from './database.ts';
import './provided.ts';

test('the shared Temporal server is a real one and knows our search attributes', async () => {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(SEARCH_ATTRIBUTES.map(({ name }) => name)),
    );
  } finally {
    await connection.close();
  }
});

test('two fresh databases do not see each other, and nothing listens beyond loopback', async () => {
  const [one, other] = [await freshDatabase(), await freshDatabase()];
  await query(one.url, 'create table only_here (id int)');
  await expect(query(other.url, 'select * from only_here')).rejects.toThrow(/only_here/);
  expect(await query(one.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  await one.drop();
  await other.drop();
});
