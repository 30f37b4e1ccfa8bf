import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { asStoreError, MigrationChanged } from './errors.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any number that nobody else uses for an advisory lock in this database. */
const LOCK = 7_203_111_001;

/**
 * Brings the database's schema up to this code. Forward only, each file in a transaction of its own; several processes
 * may call it at the same time, one does the work. Migrations newer than this code are left alone.
 * @throws StoreUnavailable, MigrationChanged
 */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const files = await readMigrations();
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'recoup migrate',
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Whoever holds the lock is migrating: wait for it, but not for ever.
    await client.query("SET lock_timeout = '60s'");
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    return { applied: await applyMissing(client, files) };
  } catch (error) {
    throw asStoreError('migrate', error);
  } finally {
    // Closing the session releases the lock.
    await client.end().catch(() => undefined);
  }
}

interface Migration {
  name: string;
  sql: string;
  sha256: string;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function applyMissing(client: pg.Client, files: Migration[]): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS recoup_migrations (
    name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz(3) NOT NULL DEFAULT now())`);
  const known = await client.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM recoup_migrations');
  const sums = new Map(known.rows.map((row) => [row.name, row.sha256]));
  const changed = files.find((file) => sums.has(file.name) && sums.get(file.name) !== file.sha256);
  if (changed) throw new MigrationChanged(changed.name);

  const missing = files.filter((file) => !sums.has(file.name));
  for (const file of missing) {
    await client.query('BEGIN');
    await client.query(file.sql);
    await client.query('INSERT INTO recoup_migrations (name, sha256) VALUES ($1, $2)', [file.name, file.sha256]);
    await client.query('COMMIT');
  }
  return missing.map((file) => file.name);
}
