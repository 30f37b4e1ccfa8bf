import type { Authentication, FailureClass } from '../../../policy/terms.ts';

/** How each request goes: the n-th request takes the n-th word, the last one repeats. */
export interface Script {
  /** For requests that collect: a decline's name, or a word of `ODDITIES`. Default `ok`. */
  collect?: string[];
  /** For hosted sessions and invoices that are opened: the same words, without cards. Default `ok`. */
  page?: string[];
  /** For voids and closes: `ok`, `timeout_done`, `timeout_lost`, `503`, `store_down`. */
  fence?: string[];
  /** For captures: as for fences, `declined`, and `timeout_late`: not answered, and done 2.5 s later if the reservation is there. */
  capture?: string[];
  /** For refunds: as for captures. */
  refund?: string[];
  /** For lookups: `ok`, `no_answer`, or `other`: of money that was taken it tells under another reference. */
  lookup?: string[];
}

interface Decline {
  failureClass: FailureClass;
  forbids?: boolean;
  retryAfterMs?: number;
  authentication?: Authentication;
  notExecuted?: boolean;
}

export const DECLINES: Record<string, Decline> = {
  insufficient_funds: { failureClass: 'soft_decline' },
  advice_1h: { failureClass: 'soft_decline', retryAfterMs: 3_600_000 },
  do_not_honor: { failureClass: 'issuer_decline_unspecified' },
  processor_declined: { failureClass: 'processor_decline' },
  authentication_required: { failureClass: 'authentication_required' },
  '3ds_failed': { failureClass: 'authentication_failed', authentication: 'failed' },
  '3ds_ok_declined': { failureClass: 'authentication_failed', authentication: 'challenged' },
  expired_card: { failureClass: 'instrument_problem' },
  stolen_card: { failureClass: 'hard_decline', forbids: true },
  blocked: { failureClass: 'blocked' },
  blocked_for_good: { failureClass: 'blocked_for_good', forbids: true },
  unclassified: { failureClass: 'unclassified' },
  unsupported: { failureClass: 'unsupported', notExecuted: true },
  misconfigured: { failureClass: 'misconfigured', notExecuted: true },
};

/** What else a collecting request can meet. `charged`: executed, whatever is heard; `lost`: never; `delayed`: 2.5 s later. */
export const ODDITIES = [
  'ok',
  'slow_ok',
  'timeout_charged',
  'timeout_lost',
  'timeout_delayed',
  'timeout_declined',
  'timeout_pending',
  'timeout_3ds',
  '500_charged',
  '500_lost',
  '503',
  'refused',
  'late_webhook',
  '3ds',
  'pending_ok',
  'pending_declined',
  'duplicate',
  'surprise',
  'short',
];
