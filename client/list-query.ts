import type { ListOrdersRequest } from '../contract/schemas/orders.ts';

/** A filter as the query of `GET /v1/orders` says it: both forms of the client mean the same by it. */
export function listQuery(filter: Partial<ListOrdersRequest>): Record<string, string> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : `${value}`]));
}
