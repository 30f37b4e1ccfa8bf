/**
 * Idempotency-Key (IETF draft), per caller: the first request is carried out, a repeated one gets its answer.
 * Only the status is kept, and errors: what a call answered may hold a processor's page or a token, and is made afresh.
 */
import { createHash } from 'node:crypto';
import { type RecoupError, recoupError } from '../../client/errors.ts';
import { ERRORS, type ErrorCode, isErrorCode } from '../../contract/errors.ts';
import { asProblem } from './problem.ts';
import type { Answer, RequestContext, Route } from './route.ts';

export function readIdempotencyKey(request: Request): string {
  const key = request.headers.get('idempotency-key');
  if (key === null) throw recoupError('idempotency_key_missing');
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) throw recoupError('idempotency_key_invalid');
  return key;
}

/** The same key of the same caller is the same command, also after the kept answer is gone. */
export function commandIdOf(callerId: string, key: string): string {
  return `cmd_${createHash('sha256')
    .update(JSON.stringify([callerId, key]))
    .digest('hex')
    .slice(0, 32)}`;
}

export async function onceOnly(
  route: Route & { again: NonNullable<Route['again']> },
  context: RequestContext,
  caller: string,
  key: string,
): Promise<Answer> {
  const { idempotency } = context.services.store;
  const path = new URL(context.request.url).pathname;
  const requestHash = createHash('sha256').update(`${route.method} ${path}\n`).update(context.rawBody).digest('hex');
  const begun = await idempotency.begin({ caller, key, requestHash });
  switch (begun.kind) {
    case 'in_flight':
      throw recoupError('idempotency_key_in_flight');
    case 'other_body':
      throw recoupError('idempotency_key_reused');
    case 'done':
      return repeat(route, context, begun);
    case 'new':
      return first(route, context, { caller, key });
  }
}

/** Some renewals may be lost before the store's lease of a key ends. */
const RENEW_EVERY_MS = 3_000;

async function first(route: Route, context: RequestContext, held: { caller: string; key: string }): Promise<Answer> {
  const { idempotency } = context.services.store;
  const renewal = setInterval(() => void idempotency.renew(held).catch(() => {}), RENEW_EVERY_MS);
  try {
    const answer = await route.handle(context);
    await idempotency.finish({ ...held, status: answer.status, body: '' });
    return answer;
  } catch (thrown) {
    const error = asProblem(thrown);
    // Faults free the key: the same request may succeed next time.
    if (error.retryable) await idempotency.abandon(held).catch(() => {});
    else await idempotency.finish({ ...held, status: ERRORS[error.code].httpStatus, body: keptError(error) });
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

async function repeat(
  route: Route & { again: NonNullable<Route['again']> },
  context: RequestContext,
  kept: { status: number; body: string },
): Promise<Answer> {
  if (kept.status >= 400) throw readKeptError(kept.body);
  const answer = await route.again(context, kept.status);
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } };
}

function keptError({ code, message, fields }: RecoupError): string {
  return JSON.stringify({ code, message, fields });
}

function readKeptError(body: string): RecoupError {
  const { code, message, fields } = JSON.parse(body) as {
    code: ErrorCode;
    message: string;
    fields: { path: string; must: string }[];
  };
  return isErrorCode(code) ? recoupError(code, message, { fields }) : recoupError('internal_error');
}
