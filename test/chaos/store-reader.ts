import type pg from 'pg';
import type { TimelineEntry } from '../../policy/events.ts';
import type { OrderState } from '../../policy/order.ts';
import type { OperationRow } from './checks.ts';
import { MERCHANT_ID } from './world.ts';

/** What our own store says, read beside the product's code: the harness judges that too. */
export async function readOperations(database: pg.Pool): Promise<Map<string, OperationRow[]>> {
  const { rows } = await database.query(
    `select order_id, attempt, operation, processor, key, instrument_id, amount_minor, claimed_at, outcome, recorded_at
       from operations where merchant_id = $1 order by attempt, claimed_at`,
    [MERCHANT_ID],
  );
  const byOrder = new Map<string, OperationRow[]>();
  for (const row of rows) {
    const operation: OperationRow = {
      orderId: row.order_id,
      attempt: row.attempt,
      operation: row.operation,
      processor: row.processor,
      key: row.key,
      instrumentId: row.instrument_id,
      amountMinor: Number(row.amount_minor),
      claimedAtMs: row.claimed_at.getTime(),
      outcome: row.outcome,
      recordedAtMs: row.recorded_at?.getTime() ?? null,
    };
    byOrder.set(operation.orderId, [...(byOrder.get(operation.orderId) ?? []), operation]);
  }
  return byOrder;
}

export async function readStates(database: pg.Pool): Promise<Map<string, OrderState>> {
  const { rows } = await database.query<{ order_id: string; state: OrderState }>(
    'select order_id, state from orders where merchant_id = $1',
    [MERCHANT_ID],
  );
  return new Map(rows.map(({ order_id, state }) => [order_id, state]));
}

/** The story as it stands, without what was superseded. */
export async function readTimelines(database: pg.Pool): Promise<Map<string, TimelineEntry[]>> {
  const { rows } = await database.query<{ order_id: string; entry: TimelineEntry }>(
    `select order_id, entry from timeline where merchant_id = $1 and superseded_at is null order by order_id, epoch, seq`,
    [MERCHANT_ID],
  );
  const byOrder = new Map<string, TimelineEntry[]>();
  for (const { order_id, entry } of rows) {
    const entries = byOrder.get(order_id);
    if (entries === undefined) byOrder.set(order_id, [entry]);
    else entries.push(entry);
  }
  return byOrder;
}

const SETTLES =
  /^(attempt_(succeeded|declined|not_executed)|fence_confirmed|buyer_action_required|payment_pending|unknown_resolved)$/;

/** How long each outcome stayed unknown, in real ms. One that still is has no end and is not in here. */
export function unknownTimes(timeline: TimelineEntry[]): number[] {
  const since = new Map<number, number>();
  const times: number[] = [];
  for (const { kind, attempt, at } of timeline) {
    if (attempt === undefined) continue;
    if (kind === 'outcome_unknown') since.set(attempt, since.get(attempt) ?? Date.parse(at));
    const from = since.get(attempt);
    if (from === undefined || !SETTLES.test(kind)) continue;
    times.push(Date.parse(at) - from);
    since.delete(attempt);
  }
  return times;
}
