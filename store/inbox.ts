import { and, asc, eq, inArray, lt } from 'drizzle-orm';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { Instant } from '../policy/terms.ts';
import type { Database } from './database.ts';
import { storableText, toJson } from './json.ts';
import { inbox } from './schema.ts';
import type { InboxInput } from './store.ts';

/**
 * The unique index on (processor, event id) decides which of many deliveries is the first. One whose order is not in the
 * store is parked; the order's first write takes it out again.
 */
const STORE_EVENT = `
  INSERT INTO inbox (processor, event_id, body_hash, merchant_id, order_id, event, received_at, status, reason)
  SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::jsonb, $7::timestamptz,
         CASE WHEN known.yes THEN 'stored' ELSE 'parked' END, CASE WHEN known.yes THEN NULL ELSE 'no such order' END
    FROM (SELECT EXISTS (SELECT FROM orders WHERE merchant_id = $4::text AND order_id = $5::text) AS yes) known
  ON CONFLICT DO NOTHING
  RETURNING position`;

const QUARANTINE_EVENT = `
  WITH first AS (
    SELECT body_hash FROM inbox WHERE processor = $1::text AND event_id = $2::text AND status <> 'quarantined'
  ), quarantined AS (
    INSERT INTO inbox (processor, event_id, body_hash, merchant_id, order_id, event, received_at, status, reason)
    SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::jsonb, $7::timestamptz, 'quarantined',
           'the same id came before with another body'
      FROM first WHERE first.body_hash <> $3::text
    ON CONFLICT DO NOTHING
  )
  SELECT body_hash = $3::text AS same FROM first`;

export async function storeProcessorEvent(
  database: Database,
  input: InboxInput,
): Promise<'stored' | 'duplicate' | 'conflict'> {
  const { event } = input;
  const values = [
    event.processor,
    storableText(event.eventId),
    input.bodyHash,
    storableText(event.merchantId),
    storableText(event.orderId),
    toJson(event),
    input.receivedAt,
  ];
  const stored = await database.statement('store_event', STORE_EVENT, values);
  if (stored.length > 0) return 'stored';
  const [first] = await database.statement<{ same: boolean }>('quarantine_event', QUARANTINE_EVENT, values);
  return first?.same === false ? 'conflict' : 'duplicate';
}

export async function listUnappliedEvents(
  database: Database,
  input: { merchantId?: string; orderId?: string; before?: Instant; limit: number },
): Promise<ProcessorEvent[]> {
  const ofOneOrder = input.orderId !== undefined;
  const rows = await database.run('listUnappliedEvents', (db) =>
    db
      .select({ event: inbox.event })
      .from(inbox)
      .where(
        and(
          ofOneOrder ? inArray(inbox.status, ['stored', 'parked']) : eq(inbox.status, 'stored'),
          input.merchantId === undefined ? undefined : eq(inbox.merchantId, input.merchantId),
          input.orderId === undefined ? undefined : eq(inbox.orderId, input.orderId),
          input.before === undefined ? undefined : lt(inbox.receivedAt, new Date(input.before)),
        ),
      )
      .orderBy(...(ofOneOrder ? [asc(inbox.position)] : [asc(inbox.receivedAt), asc(inbox.position)]))
      .limit(input.limit),
  );
  return rows.map((row) => row.event);
}

export async function parkEvent(database: Database, processor: string, eventId: string, reason: string): Promise<void> {
  await database.run('parkEvent', (db) =>
    db
      .update(inbox)
      .set({ status: 'parked', reason: storableText(reason) })
      .where(
        and(
          eq(inbox.processor, processor),
          eq(inbox.eventId, storableText(eventId)),
          inArray(inbox.status, ['stored', 'parked']),
        ),
      ),
  );
}
