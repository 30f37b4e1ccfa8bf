/** Reads what callers send: card data is looked for before anything else, and no message repeats what was sent. */
import type { z } from 'zod';
import { findCardData, plainName } from './card-data.ts';
import type { ErrorCode } from './errors.ts';

export type Parsed<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode; fields: { path: string; must: string }[] };

export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): Parsed<z.output<Schema>> {
  const cardDataAt = findCardData(value);
  if (cardDataAt !== null) {
    return { ok: false, code: 'card_data_refused', fields: [{ path: cardDataAt, must: 'must not hold card data' }] };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, code: 'request_invalid', fields: result.error.issues.slice(0, 20).map(describeIssue) };
}

function describeIssue(issue: z.core.$ZodIssue): { path: string; must: string } {
  const path = issue.path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${plainName(String(part))}`),
    '$',
  );
  return { path, must: describeRule(issue) };
}

/** Our own words for each kind of issue: the library's would repeat values. */
function describeRule(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
    case 'unrecognized_keys':
      return `must not have ${issue.keys.map(plainName).join(', ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
    case 'custom':
    case 'invalid_key':
      return issue.message.startsWith('must') || issue.message.startsWith('is needed') ? issue.message : 'is malformed';
    default:
      return 'is not valid';
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : '';
}
