/**
 * Identifiers of ours, each built by one function with its inverse. Plain: workflows import this file.
 * A merchant id has no `-`, so the first `-` after the prefix always ends it.
 */

export const MERCHANT_ID_PATTERN = /^[A-Za-z0-9_]{1,40}$/;
export const ORDER_ID_PATTERN = /^[A-Za-z0-9_-]{1,40}$/;
/** `ins_` and 16 hex digits of the hash of merchant and counting identity. */
export const INSTRUMENT_ID_PATTERN = /^ins_[0-9a-f]{16}$/;
export const PROCESSOR_PATTERN = /^[a-z][a-z0-9_]{0,39}$/;

/** The merchant of the embedded stack. */
export const DEFAULT_MERCHANT_ID = 'default';

export interface OrderRef {
  merchantId: string;
  orderId: string;
}

export function orderWorkflowId(order: OrderRef): string {
  return `order-${checkedSuffix(order)}`;
}

export function lateEventWorkflowId(order: OrderRef): string {
  return `late-${checkedSuffix(order)}`;
}

/** Inverse of {@link orderWorkflowId} and {@link lateEventWorkflowId}; `null` for ids that are not ours. */
export function orderOfWorkflowId(workflowId: string): OrderRef | null {
  const match = /^(?:order|late)-([A-Za-z0-9_]{1,40})-([A-Za-z0-9_-]{1,40})$/.exec(workflowId);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { merchantId: match[1], orderId: match[2] };
}

/** One id for every `collect` of an order, whatever the request: a second caller joins the first one's update. */
export function collectUpdateId(orderId: string): string {
  return `collect:${orderId}`;
}

function checkedSuffix({ merchantId, orderId }: OrderRef): string {
  if (!MERCHANT_ID_PATTERN.test(merchantId)) throw new RangeError('merchantId must match ^[A-Za-z0-9_]{1,40}$');
  if (!ORDER_ID_PATTERN.test(orderId)) throw new RangeError('orderId must match ^[A-Za-z0-9_-]{1,40}$');
  return `${merchantId}-${orderId}`;
}

/** Name of the write that an activity makes with its answer, onto the write (`version`) that made its claim. */
export function answeredVersion(version: string): string {
  return `${version}/answered`;
}
