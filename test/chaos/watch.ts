import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Stage } from '../../policy/terms.ts';
import { MERCHANT_ID } from './world.ts';

/** What the store says of an order, without its state. */
export interface OrderRow {
  orderId: string;
  stage: Stage;
  needsHuman: boolean;
  /** A run has to work on it: of an order that is over, money may have to go back. */
  open: boolean;
  nextActionAtMs: number | null;
  /** Changes with every decision. */
  seq: number;
}

const POLL_MS = 100;

/** Reads the store's order rows again and again, for everybody who waits for one of them. */
export class Watch {
  readonly rows = new Map<string, OrderRow>();
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly database: pg.Pool) {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Resolves as soon as the order is as wanted, or with what it is when the time is over. */
  async until(
    orderId: string,
    wanted: (row: OrderRow | undefined) => boolean,
    withinMs: number,
  ): Promise<OrderRow | undefined> {
    const deadlineMs = Date.now() + withinMs;
    while (!wanted(this.rows.get(orderId)) && Date.now() < deadlineMs && !this.stopped) await sleep(POLL_MS / 2);
    return this.rows.get(orderId);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.refresh().catch(() => {});
      await sleep(POLL_MS);
    }
  }

  /** @throws while PostgreSQL is away. */
  async refresh(): Promise<void> {
    const { rows } = await this.database.query<{
      order_id: string;
      stage: Stage;
      needs_human: boolean;
      is_open: boolean;
      next_action_at: Date | null;
      seq: number;
    }>(
      `select order_id, stage, needs_human, is_open, next_action_at, (state->>'seq')::int as seq
         from orders where merchant_id = $1`,
      [MERCHANT_ID],
    );
    for (const row of rows) {
      this.rows.set(row.order_id, {
        orderId: row.order_id,
        stage: row.stage,
        needsHuman: row.needs_human,
        open: row.is_open,
        nextActionAtMs: row.next_action_at?.getTime() ?? null,
        seq: row.seq,
      });
    }
  }
}

const CLOSED: ReadonlySet<Stage> = new Set(['paid', 'failed', 'expired', 'cancelled']);

export function isClosed(row: OrderRow | undefined): boolean {
  return row !== undefined && CLOSED.has(row.stage);
}

/** Stages whose next step is somebody's: the buyer's, the merchant's, or support's. */
const SOMEBODYS: ReadonlySet<Stage> = new Set([
  'waiting_buyer',
  'hosted_checkout',
  'invoiced',
  'waiting_authentication',
  'authorized',
  'needs_review',
]);

/** Over, and nobody has anything left to do with it. */
export function isDone(row: OrderRow | undefined): boolean {
  return isClosed(row) && row?.open === false;
}

/** The processor, or we, have to do something next. */
export function isSystemsTurn(row: OrderRow | undefined): boolean {
  if (row === undefined) return true;
  if (isClosed(row)) return row.open && !row.needsHuman;
  return !SOMEBODYS.has(row.stage);
}
