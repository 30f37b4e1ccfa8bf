import type { Stage } from '../policy/terms.ts';

/** Every stage, as callers may filter by. Plain. */
export const STAGES = [
  'attempting',
  'confirming',
  'payment_pending',
  'waiting_authentication',
  'waiting_buyer',
  'hosted_checkout',
  'invoiced',
  'retry_scheduled',
  'authorized',
  'capturing',
  'cancelling',
  'needs_review',
  'paid',
  'failed',
  'expired',
  'cancelled',
] as const satisfies readonly Stage[];
