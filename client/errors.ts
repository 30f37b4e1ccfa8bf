/** Errors of every call: a closed union by `code`. */
import { docPath, ERRORS, type ErrorCode } from '../contract/errors.ts';

export interface ErrorExtras {
  /** Page of the code; a gateway answers a full address, the embedded form a path of the repository. */
  docUrl?: string;
  /** `request_invalid`: which fields, and what each must be. */
  fields?: { path: string; must: string }[];
  /** HTTP form only: finds the request in the gateway's log. */
  requestId?: string;
  /** How long to wait before repeating the call, where that is known. */
  retryAfterMs?: number;
  cause?: unknown;
}

export class RecoupError extends Error {
  override readonly name: string = 'RecoupError';
  readonly code: ErrorCode;
  /** True when the same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly docUrl: string;
  readonly fields: { path: string; must: string }[];
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(
      detail === '' ? (fieldText(extras.fields) ?? ERRORS[code].title) : detail,
      extras.cause === undefined ? {} : { cause: extras.cause },
    );
    this.code = code;
    this.retryable = ERRORS[code].retryable;
    this.docUrl = extras.docUrl ?? docPath(code);
    this.fields = extras.fields ?? [];
    this.requestId = extras.requestId ?? null;
    this.retryAfterMs = extras.retryAfterMs ?? null;
  }
}

/** The first that has to be mended; `fields` has all. */
function fieldText([first]: RecoupError['fields'] = []): string | null {
  return first === undefined ? null : `${first.path} ${first.must}`;
}

/** The request itself cannot be taken; sending it again gives the same answer. */
export class RequestError extends RecoupError {
  override readonly name = 'RequestError';
}

/** No credential, a wrong one, or too little of it. */
export class AccessError extends RecoupError {
  override readonly name = 'AccessError';
}

/** The order is unknown, another one, closed, or in no state for this command. It is as it was. */
export class OrderError extends RecoupError {
  override readonly name = 'OrderError';
}

/** Nothing is wrong with the call; repeat it. */
export class UnavailableError extends RecoupError {
  override readonly name = 'UnavailableError';
}

export function recoupError(code: ErrorCode, detail = '', extras: ErrorExtras = {}): RecoupError {
  switch (code) {
    case 'unauthorized':
    case 'scope_missing':
      return new AccessError(code, detail, extras);
    case 'order_unknown':
    case 'order_conflict':
    case 'order_closed':
    case 'order_not_reopenable':
    case 'recovery_refused':
    case 'nothing_to_capture':
    case 'not_unknown':
      return new OrderError(code, detail, extras);
    case 'connection_failed':
    case 'unavailable':
    case 'rate_limited':
    case 'internal_error':
    case 'idempotency_key_in_flight':
      return new UnavailableError(code, detail, extras);
    default:
      return new RequestError(code, detail, extras);
  }
}
