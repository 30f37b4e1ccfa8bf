/** Reads what callers send: card data is looked for before anything else, and no message repeats what was sent but for a member's name. */
import type { z } from 'zod';
import { findCardData } from './card-data.ts';
import type { ErrorCode } from './errors.ts';
import { namesAt, pathText } from './member-names.ts';

export type Parsed<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode; fields: { path: string; must: string }[] };

export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): Parsed<z.output<Schema>> {
  const cardDataAt = findCardData(value);
  if (cardDataAt !== null) {
    const path = pathText(schema, cardDataAt);
    return { ok: false, code: 'card_data_refused', fields: [{ path, must: 'must not hold card data' }] };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    code: 'request_invalid',
    fields: result.error.issues.slice(0, 20).map((issue) => describeIssue(schema, issue)),
  };
}

function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue): { path: string; must: string } {
  const path = pathText(schema, issue.path);
  if (issue.code !== 'unrecognized_keys') return { path, must: describeRule(issue) };
  return {
    path,
    must: `must have no other members than ${namesAt(schema, issue.path).join(', ')}${tooMany(issue.keys)}`,
  };
}

/** In camel case, of letters only, and short, as our own are: nobody's credential or number looks like that. */
const MEMBER_NAME = /^(?=.{1,30}$)[a-z]+([A-Z][a-z]+)*$/;

function tooMany(names: string[]): string {
  const told = names.filter((name) => MEMBER_NAME.test(name)).slice(0, 5);
  if (told.length === 0) return '';
  return `: ${told.join(', ')} ${told.length === 1 ? 'is' : 'are'} none of them`;
}

/** Our own words for each kind of issue: the library's would repeat values. */
function describeRule(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
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
