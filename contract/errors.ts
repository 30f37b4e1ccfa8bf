/**
 * The closed list of error codes. Stable: callers branch on `code`, never on text. One page each in docs/errors/.
 * Plain: workflows refuse commands with an `ApplicationFailure` whose type is one of these codes.
 */

export interface ErrorFacts {
  /** What happened, for people. The same for every occurrence. */
  title: string;
  httpStatus: number;
  /** True when the same request may succeed later without any change. */
  retryable: boolean;
}

export const ERRORS = {
  // — the request —
  json_invalid: { title: 'The body is not one well-formed JSON object', httpStatus: 400, retryable: false },
  request_invalid: { title: 'A field is missing, unknown or out of range', httpStatus: 400, retryable: false },
  card_data_refused: { title: 'Text that looks like card data was refused', httpStatus: 400, retryable: false },
  wrong_environment: { title: 'A credential of the other environment', httpStatus: 400, retryable: false },
  body_too_large: { title: 'The body is too large', httpStatus: 413, retryable: false },
  content_type_unsupported: { title: 'The body must be application/json', httpStatus: 415, retryable: false },
  path_unknown: { title: 'There is nothing at this path', httpStatus: 404, retryable: false },
  method_not_allowed: { title: 'This path does not take this method', httpStatus: 405, retryable: false },
  // — Idempotency-Key —
  idempotency_key_missing: { title: 'Idempotency-Key is required', httpStatus: 400, retryable: false },
  idempotency_key_invalid: { title: 'Idempotency-Key is malformed', httpStatus: 400, retryable: false },
  idempotency_key_in_flight: { title: 'A request with this key is being worked on', httpStatus: 409, retryable: true },
  idempotency_key_reused: { title: 'This key was used for another request', httpStatus: 422, retryable: false },
  // — who asks —
  unauthorized: { title: 'No valid credential', httpStatus: 401, retryable: false },
  scope_missing: { title: 'The credential does not allow this', httpStatus: 403, retryable: false },
  rate_limited: { title: 'Too many requests', httpStatus: 429, retryable: true },
  // — the order —
  order_unknown: { title: 'There is no such order', httpStatus: 404, retryable: false },
  order_conflict: { title: 'The order exists with other facts', httpStatus: 409, retryable: false },
  order_closed: { title: 'The order is closed', httpStatus: 409, retryable: false },
  order_not_reopenable: { title: 'Only failed and expired orders can be reopened', httpStatus: 409, retryable: false },
  recovery_refused: { title: 'This way of paying cannot be used', httpStatus: 409, retryable: false },
  nothing_to_capture: { title: 'Nothing is authorized', httpStatus: 409, retryable: false },
  not_unknown: { title: 'The outcome of this attempt is known', httpStatus: 409, retryable: false },
  rulebook_unknown: { title: 'There is no such rulebook', httpStatus: 400, retryable: false },
  // — the payload codec —
  payload_unreadable: { title: 'A payload cannot be decrypted', httpStatus: 422, retryable: false },
  // — incoming webhooks —
  processor_unknown: { title: 'There is no such processor', httpStatus: 404, retryable: false },
  webhook_signature_invalid: { title: 'The webhook is not signed by the processor', httpStatus: 401, retryable: false },
  webhook_conflict: { title: 'This notice id came before with another body', httpStatus: 409, retryable: false },
  webhook_body_invalid: { title: 'The webhook is not what the processor sends', httpStatus: 400, retryable: false },
  // — us —
  settings_invalid: { title: 'A setting is missing or not usable', httpStatus: 500, retryable: false },
  connection_failed: { title: 'The answer did not arrive', httpStatus: 503, retryable: true },
  unavailable: { title: 'A part that we need is not reachable', httpStatus: 503, retryable: true },
  internal_error: { title: 'We made a mistake', httpStatus: 500, retryable: true },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** Codes with which the workflow refuses a command: the type of its `ApplicationFailure`. Nothing was changed then. */
export const COMMAND_REFUSALS = [
  'recovery_refused',
  'order_closed',
  'nothing_to_capture',
  'not_unknown',
] as const satisfies readonly ErrorCode[];

export type CommandRefusal = (typeof COMMAND_REFUSALS)[number];

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

/** Page of an error code: a path of the repository, and of every gateway. */
export function docPath(code: ErrorCode): string {
  return `/docs/errors/${code}`;
}

/** One error as HTTP says it (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  docUrl: string;
  /** What happened here, what was left unchanged, what to do; or the first of `fields`. Never echoes what was sent. */
  detail?: string;
  /** `request_invalid`: which fields, as JSON paths, and what each must be. */
  fields?: { path: string; must: string }[];
}
