import { and, desc, eq } from 'drizzle-orm';
import type { Rulebook } from '../policy/rulebook.ts';
import type { Database } from './database.ts';
import { RulebookVersionTaken, StoreRefused } from './errors.ts';
import { toJson } from './json.ts';
import { deployments, rulebookPublications, rulebooks } from './schema.ts';
import type { Deployment } from './store.ts';

/** Adds the version if it is new, and a publication unless it is the current one already. */
const PUBLISH = `
  WITH added AS (
    INSERT INTO rulebooks (merchant_id, hash, rulebook_id, version, rulebook)
    VALUES ($1, $2, $3, $4, $5::jsonb) ON CONFLICT (merchant_id, hash) DO NOTHING
  ), current AS (
    SELECT hash FROM rulebook_publications WHERE merchant_id = $1 ORDER BY position DESC LIMIT 1
  )
  INSERT INTO rulebook_publications (merchant_id, hash)
  SELECT $1, $2 WHERE $2 IS DISTINCT FROM (SELECT hash FROM current)`;

export async function publishRulebook(
  database: Database,
  merchantId: string,
  rulebook: Rulebook,
  hash: string,
): Promise<void> {
  const values = [merchantId, hash, rulebook.id, rulebook.version, toJson(rulebook)];
  try {
    await database.statement('publish_rulebook', PUBLISH, values);
  } catch (error) {
    // 23505: the same id and version with another hash.
    const taken = error instanceof StoreRefused && error.sqlState === '23505';
    throw taken ? new RulebookVersionTaken(rulebook.id, rulebook.version) : error;
  }
}

export async function currentRulebook(
  database: Database,
  merchantId: string,
): Promise<{ rulebook: Rulebook; hash: string } | null> {
  const rows = await database.run('currentRulebook', (db) =>
    db
      .select({ rulebook: rulebooks.rulebook, hash: rulebooks.hash })
      .from(rulebookPublications)
      .innerJoin(
        rulebooks,
        and(eq(rulebooks.merchantId, rulebookPublications.merchantId), eq(rulebooks.hash, rulebookPublications.hash)),
      )
      .where(eq(rulebookPublications.merchantId, merchantId))
      .orderBy(desc(rulebookPublications.position))
      .limit(1),
  );
  return rows[0] ?? null;
}

export async function rulebookByHash(database: Database, merchantId: string, hash: string): Promise<Rulebook | null> {
  const rows = await database.run('rulebookByHash', (db) =>
    db
      .select({ rulebook: rulebooks.rulebook })
      .from(rulebooks)
      .where(and(eq(rulebooks.merchantId, merchantId), eq(rulebooks.hash, hash))),
  );
  return rows[0]?.rulebook ?? null;
}

export async function publishDeployment(database: Database, deployment: Deployment): Promise<void> {
  await database.statement(
    'publish_deployment',
    `INSERT INTO deployments (id, deployment) VALUES (true, $1::jsonb)
     ON CONFLICT (id) DO UPDATE SET deployment = excluded.deployment, published_at = now()`,
    [toJson(deployment)],
  );
}

export async function currentDeployment(database: Database): Promise<Deployment | null> {
  const rows = await database.run('currentDeployment', (db) =>
    db.select({ deployment: deployments.deployment }).from(deployments),
  );
  return rows[0]?.deployment ?? null;
}
