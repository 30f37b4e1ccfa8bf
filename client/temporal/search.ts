import type { ListOrdersRequest } from '../../contract/schemas/orders.ts';
import type { ListOrdersQuery } from '../../store/store.ts';

/** A filter in the store's words. */
export function searchOf(filter: Partial<ListOrdersRequest>, merchantId: string): ListOrdersQuery {
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
