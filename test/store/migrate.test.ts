import { randomBytes } from 'node:crypto';
import { getTableColumns, getTableName, isTable } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { MigrationChanged, StoreRefused } from '../../store/errors.ts';
import { migrate } from '../../store/migrate.ts';
import { openStore } from '../../store/open.ts';
import * as schema from '../../store/schema.ts';
import '../setup/provided.ts';

const name = `test_${randomBytes(6).toString('hex')}`;
let url: string;

/** Without the template: nothing is applied yet. */
beforeAll(async () => {
  await query(inject('postgresUrl'), `create database "${name}"`);
  const own = new URL(inject('postgresUrl'));
  own.pathname = `/${name}`;
  url = own.toString();
});
afterAll(() => query(inject('postgresUrl'), `drop database "${name}" with (force)`));

test('a store over a database without tables says what the database says, and nothing more', async () => {
  const store = await openStore(url);
  const refused = await store.findOrder('default', 'o-secret').catch((error: unknown) => error);
  await store.close();
  expect(refused).toBeInstanceOf(StoreRefused);
  expect(refused).toMatchObject({ sqlState: '42P01', retryable: false });
  expect(String(refused)).not.toContain('o-secret');
});

test('eight processes that start at once apply each migration once', async () => {
  const runs = await Promise.all(Array.from({ length: 8 }, () => migrate(url)));
  const applied = runs.flatMap((run) => run.applied);
  expect(applied).toEqual([...new Set(applied)]);
  expect(applied.length).toBeGreaterThan(0);
  const rows = await query(url, 'SELECT name FROM recoup_migrations ORDER BY name');
  expect(rows).toEqual(applied.sort().map((each) => ({ name: each })));
  expect(await migrate(url)).toEqual({ applied: [] });
});

test('the schema that queries use is what the migrations made', async () => {
  for (const table of Object.values(schema).filter((each) => isTable(each))) {
    const rows = await query(url, 'SELECT column_name FROM information_schema.columns WHERE table_name = $1', [
      getTableName(table),
    ]);
    const made = rows.map((row) => (row as { column_name: string }).column_name);
    const used = Object.values(getTableColumns(table)).map((column) => column.name);
    expect(made, getTableName(table)).toEqual(expect.arrayContaining(used));
  }
});

test('a migration newer than this code is left alone', async () => {
  await query(url, "INSERT INTO recoup_migrations (name, sha256) VALUES ('9999_later.sql', 'x')");
  expect(await migrate(url)).toEqual({ applied: [] });
});

test('a migration that was changed after it had been applied is refused', async () => {
  await query(url, "UPDATE recoup_migrations SET sha256 = 'other' WHERE name LIKE '0001%'");
  await expect(migrate(url)).rejects.toBeInstanceOf(MigrationChanged);
});
