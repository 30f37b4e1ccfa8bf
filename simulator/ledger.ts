import type { Entry } from './model.ts';
import type { State } from './state.ts';

/** What really happened, for `GET /ledger?orderId=&merchantId=`. Without an order: everything of the merchant. */
export function ledger(state: State, query: URLSearchParams): object[] {
  const merchantId = query.get('merchantId') || 'default';
  const orderId = query.get('orderId') || null;
  const entries = orderId === null ? state.entriesOfMerchant(merchantId) : state.entriesOfOrder(merchantId, orderId);
  return entries.map((entry) => entryView(entry, orderId === null));
}

function entryView(entry: Entry, withOrder: boolean): object {
  const view = {
    processor: entry.processor,
    operation: entry.operation,
    key: entry.key,
    reference: entry.reference,
    amountMinor: entry.amountMinor,
    currency: entry.currency,
    at: new Date(entry.atMs).toISOString(),
    effect: entry.effect,
    requests: entry.requests,
  };
  return withOrder ? { ...view, orderId: entry.orderId } : view;
}
