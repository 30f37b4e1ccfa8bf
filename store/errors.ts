/**
 * What the store throws. Messages name the call and the database's own code, never a statement, a parameter or the
 * connection string: the original error carries those, so it is not attached as `cause`.
 */
export abstract class StoreError extends Error {
  abstract readonly code: string;
  /** True when the same call may succeed later without anything being changed. */
  abstract readonly retryable: boolean;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * The database could not be reached, was shutting down, or took too long. A write may or may not have been committed:
 * every write of the store can be repeated safely.
 */
export class StoreUnavailable extends StoreError {
  readonly code = 'store_unavailable';
  readonly retryable = true;

  constructor(call: string, reason: string) {
    super(`The store did not answer (${call}: ${reason}). Nothing is lost: the same call can be made again.`);
  }
}

/** The database refused a statement: a programming error or a schema that does not fit this code. */
export class StoreRefused extends StoreError {
  readonly code = 'store_refused';
  readonly retryable = false;

  constructor(
    call: string,
    /** SQLSTATE, e.g. `42P01`, or `unknown`. */
    readonly sqlState: string,
    detail = '',
  ) {
    super(`The store refused ${call} (SQLSTATE ${sqlState}${detail}). Nothing was changed.`);
  }
}

/** A list cursor that this store did not make, or that was cut. */
export class BadCursor extends StoreError {
  readonly code = 'bad_cursor';
  readonly retryable = false;

  constructor() {
    super('The cursor is not one of this list. Start again without a cursor.');
  }
}

/** An outcome for an operation that was never claimed. */
export class UnknownOperation extends StoreError {
  readonly code = 'unknown_operation';
  readonly retryable = false;

  constructor() {
    super('An outcome came for an operation that was never claimed. Nothing was recorded: claim before the call.');
  }
}

/** A published version of a rulebook is immutable. */
export class RulebookVersionTaken extends StoreError {
  readonly code = 'rulebook_version_taken';
  readonly retryable = false;

  constructor(id: string, version: number) {
    super(`Version ${version} of rulebook ${id} is published with other contents. Publish yours as a new version.`);
  }
}

/** A migration that was applied before reads differently now. */
export class MigrationChanged extends StoreError {
  readonly code = 'migration_changed';
  readonly retryable = false;

  constructor(name: string) {
    super(`Migration ${name} was changed after it had been applied. Nothing was run: add a new migration instead.`);
  }
}

const UNREACHABLE = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
]);
/** 08: connection; 53: out of resources; 57P: shutting down; then time-outs, deadlock, serialization, read-only. */
const TEMPORARY = /^(08...|53...|57P0.|57014|55P03|25P03|40P01|40001|25006)$/;
/** What `pg` says without a code. */
const LOST = /connection terminated|timeout exceeded|query read timeout|pool after calling end|not queryable/i;

/** Turns what `pg` or drizzle throws into an error of the store. */
export function asStoreError(call: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const root = rootOf(error);
  const code = typeof root.code === 'string' ? root.code : '';
  if (UNREACHABLE.has(code) || TEMPORARY.test(code)) return new StoreUnavailable(call, code);
  if (code === '' && LOST.test(String(root.message))) return new StoreUnavailable(call, 'connection lost');
  const constraint = typeof root.constraint === 'string' ? `, constraint ${root.constraint}` : '';
  return new StoreRefused(call, code || 'none', code === '' ? `, ${root.constructor.name}` : constraint);
}

interface DriverError {
  code?: unknown;
  message?: unknown;
  constraint?: unknown;
}

/** The driver's own error under drizzle's wrapper, or the first of several connection attempts (IPv6, IPv4). */
function rootOf(error: unknown): DriverError {
  let root = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (root instanceof AggregateError && root.errors.length > 0) root = root.errors[0];
    else if (root instanceof Error && root.cause instanceof Error) root = root.cause;
    else break;
  }
  return root instanceof Error ? (root as DriverError) : {};
}
