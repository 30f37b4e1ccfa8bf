import type { ListOrdersRequest } from '../../contract/schemas/orders.ts';
import type { ListOrdersQuery, Store } from '../../store/store.ts';
import { recoupError } from '../errors.ts';
import type { Policies } from './policies.ts';

export interface SearchParts {
  store: Store;
  policies: Policies;
}

/** An empty list means that no order is so, and not that nothing is called so. @throws `request_invalid` */
export async function searchOrders(parts: SearchParts, filter: Partial<ListOrdersRequest>, merchantId: string) {
  const page = await parts.store.listOrders(searchOf(filter, merchantId));
  if (page.orders.length === 0 && filter.processor !== undefined) {
    await refuseUnknownProcessor(parts, filter.processor, merchantId);
  }
  return page;
}

/** One that was taken out since is known as long as orders of the merchant's were tried there last. */
async function refuseUnknownProcessor({ store, policies }: SearchParts, processor: string, merchantId: string) {
  const { sheets } = await policies.deployment();
  const names = sheets.map((sheet) => sheet.processor);
  if (names.includes(processor)) return;
  const known = await store.listOrders({ merchantId, processor, limit: 1 });
  if (known.orders.length > 0) return;
  const must = `must be one of ${names.join(', ')}, or where one of your orders was tried last`;
  throw recoupError('request_invalid', '', { fields: [{ path: '$.processor', must }] });
}

/** A filter in the store's words. */
function searchOf(filter: Partial<ListOrdersRequest>, merchantId: string): ListOrdersQuery {
  const {
    stage,
    processor,
    class: failureClass,
    needsPerson,
    updatedAfter,
    updatedBefore,
    limit = 20,
    cursor,
  } = filter;
  return {
    merchantId,
    limit,
    ...(stage !== undefined && { stage }),
    ...(processor !== undefined && { processor }),
    ...(failureClass !== undefined && { failureClass }),
    ...(needsPerson !== undefined && { needsHuman: needsPerson }),
    ...(updatedAfter !== undefined && { updatedAfter }),
    ...(updatedBefore !== undefined && { updatedBefore }),
    ...(cursor !== undefined && { cursor }),
  };
}
