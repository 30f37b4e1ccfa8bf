import { and, asc, eq } from 'drizzle-orm';
import type { Instant } from '../policy/terms.ts';
import type { Database } from './database.ts';
import { storableText, toJson } from './json.ts';
import { apiKeys, audit } from './schema.ts';

export interface AuditEntry {
  at: Instant;
  merchantId: string;
  orderId: string | null;
  actor: string;
  action: string;
  reason: string;
  detail: Record<string, unknown>;
}

export async function saveAudit(database: Database, entry: AuditEntry): Promise<void> {
  await database.statement(
    'audit',
    `INSERT INTO audit (at, merchant_id, order_id, actor, action, reason, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)`,
    [
      entry.at,
      entry.merchantId,
      entry.orderId,
      storableText(entry.actor),
      entry.action,
      storableText(entry.reason),
      toJson(entry.detail),
    ],
  );
}

export async function listAudit(database: Database, merchantId: string, orderId: string): Promise<AuditEntry[]> {
  const rows = await database.run('listAudit', (db) =>
    db
      .select()
      .from(audit)
      .where(and(eq(audit.merchantId, merchantId), eq(audit.orderId, orderId)))
      .orderBy(asc(audit.position)),
  );
  return rows.map(({ position: _position, ...row }) => ({ ...row, at: row.at.toISOString() }));
}

/** Saving a key's hash again changes its name and scopes, never its merchant. */
export async function saveApiKey(
  database: Database,
  input: { keyHash: string; merchantId: string; name: string; scopes: string[] },
): Promise<void> {
  await database.statement(
    'save_api_key',
    `INSERT INTO api_keys (key_hash, merchant_id, name, scopes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (key_hash) DO UPDATE SET name = excluded.name, scopes = excluded.scopes
     WHERE api_keys.merchant_id = excluded.merchant_id`,
    [input.keyHash, input.merchantId, input.name, input.scopes],
  );
}

export async function findApiKey(
  database: Database,
  keyHash: string,
): Promise<{ merchantId: string; name: string; scopes: string[] } | null> {
  const rows = await database.run('findApiKey', (db) =>
    db
      .select({ merchantId: apiKeys.merchantId, name: apiKeys.name, scopes: apiKeys.scopes })
      .from(apiKeys)
      .where(eq(apiKeys.keyHash, keyHash)),
  );
  return rows[0] ?? null;
}
