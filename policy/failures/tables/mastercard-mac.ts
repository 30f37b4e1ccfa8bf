import type { FailureClass } from '../../terms.ts';
import type { FailureRow } from '../rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Mastercard publishes the list to its customers only; processors relay it. */
const RELAYED = {
  document: 'Mastercard merchant advice codes, as listed by Braintree and TabaPay (Merchant Advice Code)',
  edition: '2026-09-30',
  evidence: 'secondary',
} as const;

function advice(code: string, failureClass: FailureClass | null, note: string): FailureRow {
  return { source: 'mastercard_mac', code, class: failureClass, ...RELAYED, note };
}

function never(code: string, failureClass: 'hard_decline' | 'blocked_for_good', note: string): FailureRow {
  return { ...advice(code, failureClass, note), forbidsInstrument: true };
}

function wait(code: string, retryAfterMs: number, note: string): FailureRow {
  return { ...advice(code, 'soft_decline', note), retryAfterMs };
}

export const MASTERCARD_MAC_ROWS: readonly FailureRow[] = [
  advice('01', 'instrument_problem', 'new account information available'),
  advice('02', 'soft_decline', 'cannot approve at this time, try again later'),
  never('03', 'hard_decline', 'do not try again'),
  advice('04', 'instrument_problem', 'token requirements not fulfilled for this token type'),
  advice('05', 'issuer_decline_unspecified', 'negotiated value not approved'),
  never('21', 'hard_decline', 'payment cancellation: the cardholder ended the agreement'),
  advice('22', 'processor_decline', 'merchant does not qualify for product code'),
  wait('24', HOUR_MS, 'retry after 1 hour'),
  wait('25', DAY_MS, 'retry after 24 hours'),
  wait('26', 2 * DAY_MS, 'retry after 2 days'),
  wait('27', 4 * DAY_MS, 'retry after 4 days'),
  wait('28', 6 * DAY_MS, 'retry after 6 days'),
  wait('29', 8 * DAY_MS, 'retry after 8 days'),
  wait('30', 10 * DAY_MS, 'retry after 10 days'),
  advice('40', null, 'consumer non-reloadable prepaid card; also said on approvals'),
  advice('41', null, 'consumer single-use virtual card number; also said on approvals'),
  never('42', 'blocked_for_good', 'sanctions score exceeds the applicable threshold'),
  advice('43', null, 'consumer multi-use virtual card number; also said on approvals'),
];
