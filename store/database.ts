import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { asStoreError } from './errors.ts';
import * as schema from './schema.ts';

/** Durations in milliseconds. */
export interface DatabaseOptions {
  /** Connections at most, default 10: all processes together must stay below the server's `max_connections`. */
  connections?: number;
  /** How long a call may wait for a connection, default 3000. */
  connectTimeoutMs?: number;
  /** How long one statement may take, default 5000; waiting for a lock counts. */
  statementTimeoutMs?: number;
}

const DEADLOCK_DETECTED = '40P01';
const DEADLOCKS_AT_MOST = 3;

/** The connection pool with drizzle over it. Every call goes through `run`, which names it and translates its errors. */
export class Database {
  readonly #pool: pg.Pool;
  readonly #drizzle: NodePgDatabase<typeof schema>;
  #closing: Promise<void> | null = null;

  constructor(databaseUrl: string, options: DatabaseOptions = {}) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 5000;
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'recoup',
      max: options.connections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3000,
      idleTimeoutMillis: 60_000,
      statement_timeout: statementTimeoutMs,
      // A server that vanished without closing its sockets: give up a little after it would have.
      query_timeout: statementTimeoutMs + 1000,
      idle_in_transaction_session_timeout: 10_000,
      keepAlive: true,
    });
    // An idle connection that the server closes (restart, failover) is dropped by the pool; the next call opens another.
    this.#pool.on('error', () => undefined);
    this.#drizzle = drizzle(this.#pool, { schema });
  }

  /** One call through drizzle. `call` names it in errors. */
  async run<T>(call: string, work: (db: NodePgDatabase<typeof schema>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#drizzle);
    } catch (error) {
      throw asStoreError(call, error);
    }
  }

  /**
   * One statement, prepared once for each connection under the name `call`: one round trip, one commit. One that PostgreSQL
   * chose as the victim of a deadlock has done nothing, and is made again.
   */
  async statement<Row extends pg.QueryResultRow>(call: string, text: string, values: unknown[]): Promise<Row[]> {
    for (let victim = 0; ; victim += 1) {
      try {
        const answer = await this.#pool.query<Row>({ name: `recoup_${call}`, text, values });
        return answer.rows;
      } catch (error) {
        if (victim === DEADLOCKS_AT_MOST || (error as { code?: unknown }).code !== DEADLOCK_DETECTED) {
          throw asStoreError(call, error);
        }
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }
}
