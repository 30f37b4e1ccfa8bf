import type { Database } from './database.ts';
import type { Store } from './store.ts';

/** How long an answer is kept. */
const KEPT = "interval '24 hours'";
/**
 * How long a key stays taken when nobody is heard of any more: its gateway died, or the store was away when it wanted to
 * free it. Whoever works on it renews it, so a longer wait than this keeps its key.
 */
const LEASE = "interval '10 seconds'";

/** Takes the key if it is new, past its life, or if whoever took it for the same request is not heard of any more. */
const BEGIN = `
  INSERT INTO http_idempotency AS held (caller, key, request_hash, lease_until, expires_at)
  VALUES ($1, $2, $3, now() + ${LEASE}, now() + ${KEPT})
  ON CONFLICT (caller, key) DO UPDATE SET
    request_hash = excluded.request_hash, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
    status = NULL, body = NULL
  WHERE held.expires_at <= now()
     OR (held.status IS NULL AND held.lease_until <= now() AND held.request_hash = excluded.request_hash)
  RETURNING true AS taken`;

interface Held {
  request_hash: string;
  status: number | null;
  body: string | null;
}

export function openIdempotency(database: Database): Store['idempotency'] {
  return {
    async begin({ caller, key, requestHash }) {
      const taken = await database.statement('idempotency_begin', BEGIN, [caller, key, requestHash]);
      if (taken.length > 0) return { kind: 'new' };
      const [held] = await database.statement<Held>(
        'idempotency_held',
        'SELECT request_hash, status, body FROM http_idempotency WHERE caller = $1 AND key = $2',
        [caller, key],
      );
      // Freed between the two statements: the caller may ask again.
      if (!held) return { kind: 'in_flight' };
      if (held.request_hash !== requestHash) return { kind: 'other_body' };
      if (held.status === null) return { kind: 'in_flight' };
      return { kind: 'done', status: held.status, body: held.body ?? '' };
    },
    async finish({ caller, key, status, body }) {
      await database.statement(
        'idempotency_finish',
        `UPDATE http_idempotency SET status = $3, body = $4, expires_at = now() + ${KEPT}
         WHERE caller = $1 AND key = $2 AND status IS NULL`,
        [caller, key, status, body],
      );
    },
    async renew({ caller, key }) {
      await database.statement(
        'idempotency_renew',
        `UPDATE http_idempotency SET lease_until = now() + ${LEASE} WHERE caller = $1 AND key = $2 AND status IS NULL`,
        [caller, key],
      );
    },
    async abandon({ caller, key }) {
      await database.statement(
        'idempotency_abandon',
        'DELETE FROM http_idempotency WHERE caller = $1 AND key = $2 AND status IS NULL',
        [caller, key],
      );
    },
    async purge() {
      const gone = await database.statement(
        'idempotency_purge',
        'DELETE FROM http_idempotency WHERE expires_at <= now() RETURNING 1',
        [],
      );
      return gone.length;
    },
  };
}
