/** Errors as `application/problem+json` (RFC 9457): a stable code, a page, nothing internal. */
import { type RecoupError, recoupError } from '../../client/errors.ts';
import { asRecoupError } from '../../client/temporal/faults.ts';
import { docPath, ERRORS, type ErrorCode, type Problem } from '../../contract/errors.ts';
import { WebhookRejected } from '../../processors/port.ts';

export function problemOf(error: RecoupError, baseUrl: string): Problem {
  const facts = ERRORS[error.code];
  const docUrl = `${baseUrl}${docPath(error.code)}`;
  return {
    type: docUrl,
    title: facts.title,
    status: facts.httpStatus,
    code: error.code,
    docUrl,
    ...(error.message !== facts.title && { detail: error.message }),
    ...(error.fields.length > 0 && { fields: error.fields }),
  };
}

export function problemResponse(error: RecoupError, baseUrl: string, headers: Record<string, string> = {}): Response {
  const problem = problemOf(error, baseUrl);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headersOf(error), ...headers, 'content-type': 'application/problem+json' },
  });
}

/** Whatever was thrown; what is none of ours says nothing of itself. */
export function asProblem(thrown: unknown): RecoupError {
  if (thrown instanceof WebhookRejected) return recoupError(thrown.code);
  return asRecoupError(thrown);
}

function headersOf(error: RecoupError): Record<string, string> {
  const retryAfterMs = error.retryAfterMs ?? (DEFAULT_RETRY_AFTER_MS[error.code] as number | undefined);
  return {
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    ...(error.code === 'unauthorized' && { 'www-authenticate': 'Bearer' }),
  };
}

const DEFAULT_RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = {
  idempotency_key_in_flight: 1_000,
  unavailable: 1_000,
  rate_limited: 1_000,
};
