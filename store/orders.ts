import { and, asc, desc, eq, gte, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database } from './database.ts';
import * as schema from './schema.ts';
import type {
  ListOrdersQuery,
  OpenOrder,
  StoredMerchantEvent,
  StoredOperation,
  StoredOrder,
  StoredTimelineEntry,
} from './store.ts';

const { orders, operations, timeline, outbox } = schema;

export async function findOrder(database: Database, merchantId: string, orderId: string): Promise<StoredOrder | null> {
  const rows = await database.run('findOrder', (db) =>
    db
      .select()
      .from(orders)
      .where(and(eq(orders.merchantId, merchantId), eq(orders.orderId, orderId))),
  );
  return rows[0] ? storedOrder(rows[0]) : null;
}

export async function listOrders(
  database: Database,
  query: ListOrdersQuery,
): Promise<{ orders: StoredOrder[]; nextCursor: string | null }> {
  const conditions: (SQL | undefined)[] = [
    eq(orders.merchantId, query.merchantId),
    query.stage && inArray(orders.stage, query.stage),
    query.processor === undefined ? undefined : eq(orders.processor, query.processor),
    query.failureClass === undefined ? undefined : eq(orders.failureClass, query.failureClass),
    query.needsHuman === undefined ? undefined : eq(orders.needsHuman, query.needsHuman),
    query.updatedAfter === undefined ? undefined : gte(orders.updatedAt, new Date(query.updatedAfter)),
    query.updatedBefore === undefined ? undefined : lt(orders.updatedAt, new Date(query.updatedBefore)),
  ];
  if (query.cursor !== undefined) {
    const from = decodeCursor(query.cursor);
    conditions.push(sql`(updated_at, order_id) < (${from.updatedAt}::timestamptz, ${from.orderId})`);
  }
  const rows = await database.run('listOrders', (db) =>
    db
      .select()
      .from(orders)
      .where(and(...conditions))
      .orderBy(desc(orders.updatedAt), desc(orders.orderId))
      .limit(query.limit + 1),
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    orders: page.map(storedOrder),
    nextCursor: last ? encodeCursor({ updatedAt: last.updatedAt.toISOString(), orderId: last.orderId }) : null,
  };
}

export async function listOpenOrders(
  database: Database,
  input: { before: string; limit: number; after?: OpenOrder },
): Promise<OpenOrder[]> {
  const { after } = input;
  const rows = await database.run('listOpenOrders', (db) =>
    db
      .select({ merchantId: orders.merchantId, orderId: orders.orderId, updatedAt: orders.updatedAt })
      .from(orders)
      .where(
        and(
          eq(orders.isOpen, true),
          lt(orders.updatedAt, new Date(input.before)),
          after &&
            sql`(updated_at, merchant_id, order_id) > (${after.updatedAt}::timestamptz, ${after.merchantId}, ${after.orderId})`,
        ),
      )
      .orderBy(asc(orders.updatedAt), asc(orders.merchantId), asc(orders.orderId))
      .limit(input.limit),
  );
  return rows.map((row) => ({ ...row, updatedAt: row.updatedAt.toISOString() }));
}

export async function listTimeline(
  database: Database,
  merchantId: string,
  orderId: string,
): Promise<StoredTimelineEntry[]> {
  const rows = await database.run('listTimeline', (db) =>
    db
      .select({ epoch: timeline.epoch, entry: timeline.entry })
      .from(timeline)
      .where(and(eq(timeline.merchantId, merchantId), eq(timeline.orderId, orderId), isNull(timeline.supersededAt)))
      .orderBy(asc(timeline.epoch), asc(timeline.seq)),
  );
  return rows.map((row) => ({ ...row.entry, epoch: row.epoch }));
}

export async function listOperations(
  database: Database,
  merchantId: string,
  orderId: string,
): Promise<StoredOperation[]> {
  const rows = await database.run('listOperations', (db) =>
    db
      .select()
      .from(operations)
      .where(and(eq(operations.merchantId, merchantId), eq(operations.orderId, orderId)))
      .orderBy(asc(operations.attempt), asc(operations.claimedAt), asc(operations.operation), asc(operations.number)),
  );
  return rows.map(({ merchantId: _merchant, orderId: _order, reference: _reference, ...row }) => ({
    ...row,
    claimedAt: row.claimedAt.toISOString(),
    resendUntil: row.resendUntil?.toISOString() ?? null,
  }));
}

export async function findByReference(
  database: Database,
  processor: string,
  reference: string,
): Promise<{ merchantId: string; orderId: string; attempt: number } | null> {
  const rows = await database.run('findByReference', (db) =>
    db
      .select({ merchantId: operations.merchantId, orderId: operations.orderId, attempt: operations.attempt })
      .from(operations)
      .where(
        and(eq(operations.processor, processor), eq(operations.reference, reference), isNotNull(operations.reference)),
      )
      .orderBy(asc(operations.claimedAt))
      .limit(1),
  );
  return rows[0] ?? null;
}

export async function listOutbox(
  database: Database,
  merchantId: string,
  orderId: string,
): Promise<StoredMerchantEvent[]> {
  const rows = await database.run('listOutbox', (db) =>
    db
      .select({ id: outbox.id, event: outbox.event })
      .from(outbox)
      .where(and(eq(outbox.merchantId, merchantId), eq(outbox.orderId, orderId), isNull(outbox.deliveredAt)))
      .orderBy(asc(outbox.position)),
  );
  return rows.map((row) => ({ ...row.event, id: row.id, merchantId, orderId }));
}

function storedOrder(row: typeof orders.$inferSelect): StoredOrder {
  return {
    state: row.state,
    stage: row.stage,
    needsHuman: row.needsHuman,
    nextActionAt: row.nextActionAt?.toISOString() ?? null,
    epoch: row.epoch,
    version: row.version,
    updatedAt: row.updatedAt.toISOString(),
  };
}
