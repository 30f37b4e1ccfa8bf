/** One HTTP call, re-sent until its answer arrives: always the same key, never for ever. */
import { randomUUID } from 'node:crypto';
import { type ErrorCode, isErrorCode, type Problem } from '../../contract/errors.ts';
import { type RecoupError, recoupError } from '../errors.ts';

export interface HttpSettings {
  baseUrl: string;
  apiKey: string;
  /** Sends of one call, the first one included. Default 5. */
  maxSends: number;
}

export interface HttpCall {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  idempotencyKey?: string;
  waitMs: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  body: unknown;
}

/** Time for connection and the answer's way, on top of the wait that was asked for. */
const OVERHEAD_MS = 10_000;
const FIRST_BACKOFF_MS = 200;

export async function send(settings: HttpSettings, call: HttpCall): Promise<HttpAnswer> {
  const idempotencyKey = call.method === 'POST' ? (call.idempotencyKey ?? randomUUID()) : undefined;
  const deadlineMs = Date.now() + call.waitMs + OVERHEAD_MS;
  let sends = 0;
  for (;;) {
    const tried = await sendOnce(settings, call, idempotencyKey);
    if ('status' in tried) return tried;
    const { error } = tried;
    // Our own earlier send is still being worked on: that is waiting, not trying.
    const waiting = error.code === 'idempotency_key_in_flight' && Date.now() < deadlineMs;
    if (!waiting) sends += 1;
    if (!error.retryable || sends >= settings.maxSends || call.signal?.aborted) throw error;
    await pause(error.retryAfterMs ?? FIRST_BACKOFF_MS * 2 ** sends * (0.5 + Math.random()), call.signal);
  }
}

async function sendOnce(
  settings: HttpSettings,
  call: HttpCall,
  idempotencyKey: string | undefined,
): Promise<HttpAnswer | { error: RecoupError }> {
  const timeout = AbortSignal.timeout(call.waitMs + OVERHEAD_MS);
  try {
    const response = await fetch(`${settings.baseUrl}${call.path}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${settings.apiKey}`,
        accept: 'application/json',
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && {
          'idempotency-key': idempotencyKey,
          prefer: `wait=${Math.ceil(call.waitMs / 1000)}`,
        }),
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      // Not followed: a redirect would carry the API key to another place.
      redirect: 'manual',
      signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
    });
    const body = objectIn(await response.text());
    if (response.ok && body !== null) return { status: response.status, body };
    return { error: errorOf(response, body ?? {}) };
  } catch (cause) {
    const detail =
      'The gateway could not be reached, or its answer did not arrive. Repeat the call with the same order id.';
    return { error: recoupError('connection_failed', detail, { cause }) };
  }
}

function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function errorOf(response: Response, problem: Partial<Problem>): RecoupError {
  const { status, headers } = response;
  const code = isErrorCode(problem.code) ? problem.code : codeOfAnother(response);
  if (code === 'settings_invalid' && code !== problem.code) {
    return recoupError(code, `The answer (HTTP ${status}) was not Recoup's: is baseUrl a gateway?`);
  }
  const retryAfterSeconds = Number(headers.get('retry-after') ?? Number.NaN);
  const requestId = headers.get('x-request-id');
  const { fields, docUrl, title = '' } = problem;
  // Without a detail the first field says more than the title.
  return recoupError(code, problem.detail ?? (fields === undefined ? title : ''), {
    ...(docUrl !== undefined && { docUrl }),
    ...(fields !== undefined && { fields }),
    ...(requestId !== null && { requestId }),
    ...(Number.isFinite(retryAfterSeconds) && { retryAfterMs: Math.min(retryAfterSeconds, 60) * 1000 }),
  });
}

/** For answers without a code that we know: of a newer gateway, of something on the way to it, or of another server. */
function codeOfAnother({ status, headers }: Response): ErrorCode {
  if (status === 429) return 'rate_limited';
  if (status >= 500 || status === 408) return 'connection_failed';
  return headers.get('content-type')?.startsWith('application/problem+json') ? 'request_invalid' : 'settings_invalid';
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
