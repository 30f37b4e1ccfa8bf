/** What handlers read of a request, or refuse. */
import type { z } from 'zod';
import { recoupError } from '../../client/errors.ts';
import { ORDER_ID_PATTERN } from '../../contract/ids.ts';
import { parseRequest } from '../../contract/parse.ts';
import type { RequestContext } from '../http/route.ts';

export function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = parseRequest(schema, value);
  if (parsed.ok) return parsed.value;
  throw recoupError(parsed.code, '', { fields: parsed.fields });
}

/** An id that no order can have is an unknown order, as another merchant's is. */
export function orderIdOf(context: RequestContext): string {
  const orderId = context.param('orderId');
  if (!ORDER_ID_PATTERN.test(orderId)) throw recoupError('order_unknown');
  return orderId;
}

/** Members that come twice are refused, as in bodies. */
export function readQuery<Schema extends z.ZodType>(schema: Schema, query: URLSearchParams): z.output<Schema> {
  const names = [...query.keys()];
  if (new Set(names).size !== names.length) throw recoupError('request_invalid', 'A query parameter comes twice.');
  return read(schema, Object.fromEntries(query));
}
