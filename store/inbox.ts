import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { ProcessorEvent } from '../policy/answers.ts';
import type { Instant } from '../policy/terms.ts';
import type { Database } from './database.ts';
import { storableText, toJson } from './json.ts';
import { inbox } from './schema.ts';
import type { EventName, InboxInput } from './store.ts';

type StoreEventAnswer = 'stored' | 'duplicate' | 'conflict';

export async function storeProcessorEvent(database: Database, input: InboxInput): Promise<StoreEventAnswer> {
  const [row] = await database.statement<{ answer: StoreEventAnswer }>(
    'store_event',
    'SELECT store_event($1::jsonb, $2, $3) AS answer',
    [toJson(input.event), input.bodyHash, input.receivedAt],
  );
  if (!row) throw new Error('store_event answered nothing');
  return row.answer;
}

export async function listUnappliedEvents(
  database: Database,
  input: { merchantId?: string; orderId?: string; before?: Instant; after?: EventName; limit: number },
): Promise<ProcessorEvent[]> {
  const { after } = input;
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
          after &&
            sql`(received_at, position) > (SELECT l.received_at, l.position FROM inbox l
                  WHERE l.processor = ${after.processor} AND l.event_id = ${after.eventId} AND l.status <> 'quarantined')`,
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
