import type { FailureClass } from '../../terms.ts';
import type { FailureRow } from '../rows.ts';

const SIMULATOR = { document: 'Recoup simulator, README', edition: '0.1.0', evidence: 'primary' } as const;

/** Codes of one class: `[code, note]`. */
function rows(failureClass: FailureClass, codes: readonly (readonly [string, string])[]): FailureRow[] {
  // A class that forbids the instrument does so for every code of it: no table may forget the flag.
  const forbids = failureClass === 'hard_decline' || failureClass === 'blocked_for_good';
  return codes.map(([code, note]) => ({
    source: 'simulator',
    code,
    class: failureClass,
    ...(forbids ? { forbidsInstrument: true as const } : {}),
    ...SIMULATOR,
    note,
  }));
}

/** Reasons why a payment was declined: `code` of a payment. */
const DECLINES: readonly FailureRow[] = [
  ...rows('soft_decline', [
    ['insufficient_funds', 'not enough money on the account'],
    ['try_again_later', 'the issuer asks to try later'],
    ['issuer_not_available', 'the issuer could not be reached'],
    ['card_velocity_exceeded', 'limit of the card reached'],
    ['withdrawal_count_limit_exceeded', 'limit of the card reached'],
    ['approve_with_id', 'the issuer asks to try again'],
    ['reenter_transaction', 'the issuer asks to try again'],
  ]),
  ...rows('issuer_decline_unspecified', [
    ['do_not_honor', 'the issuer gives no reason'],
    ['generic_decline', 'nobody gives a reason'],
    ['call_issuer', 'the cardholder should call the issuer'],
    ['no_action_taken', 'the issuer gives no reason'],
    ['not_permitted', 'the issuer does not permit the payment'],
    ['transaction_not_allowed', 'the issuer does not permit the payment'],
    ['service_not_allowed', 'the issuer does not permit the payment'],
    ['security_violation', 'the issuer gives no clear reason'],
    ['suspected_fraud', 'the issuer suspects fraud'],
  ]),
  ...rows('processor_decline', [
    ['processor_declined', 'the acquirer or processor refuses'],
    ['processing_error', 'the processor could not process the card'],
    ['refund_failed', 'a refund was refused'],
    ['void_failed', 'a cancellation was refused'],
  ]),
  ...rows('authentication_required', [['authentication_required', 'the issuer wants 3DS']]),
  ...rows('authentication_failed', [
    ['authentication_failed', 'the challenge failed'],
    ['authentication_abandoned', 'the buyer left the challenge'],
    ['3ds_failed', 'the challenge failed'],
    ['3ds_abandoned', 'the buyer left the challenge'],
  ]),
  ...rows('instrument_problem', [
    ['expired_card', 'the card has expired'],
    ['incorrect_cvc', 'wrong security code'],
    ['invalid_cvc', 'wrong security code'],
    ['incorrect_number', 'no such card number'],
    ['invalid_number', 'no such card number'],
    ['incorrect_zip', 'wrong postal code'],
    ['invalid_expiry_month', 'wrong expiry date'],
    ['invalid_expiry_year', 'wrong expiry date'],
    ['invalid_amount', 'amount not allowed on this card'],
    ['currency_not_supported', 'the card does not take this currency'],
    ['card_not_supported', 'the card does not take this kind of payment'],
    ['credential_gone', 'the stored credential is not valid any more'],
    ['new_account_information_available', 'the card was replaced'],
  ]),
  ...rows('hard_decline', [
    ['stolen_card', 'reported stolen'],
    ['lost_card', 'reported lost'],
    ['pickup_card', 'the card must not be used'],
    ['closed_account', 'the account is closed'],
    ['restricted_card', 'the card must not be used'],
    ['fraudulent', 'the issuer calls it fraud'],
    ['invalid_account', 'no such account'],
    ['stop_payment_order', 'the cardholder stopped the payment'],
    ['revocation_of_authorization', 'the cardholder revoked the agreement'],
    ['revocation_of_all_authorizations', 'the cardholder revoked every agreement'],
    ['do_not_try_again', 'the issuer forbids another try'],
  ]),
  ...rows('blocked', [
    ['blocked', 'risk score or rule of the processor'],
    ['highest_risk_level', 'risk score of the processor'],
    ['rule_blocked', 'rule of the processor'],
  ]),
  ...rows('blocked_for_good', [
    ['blocked_for_good', 'block list, sanctions or defence against card testing'],
    ['merchant_blacklist', 'block list'],
    ['sanctions', 'sanctions'],
    ['card_testing', 'defence against card testing'],
    ['excessive_retries', 'too many tries on this card'],
  ]),
  ...rows('duplicate', [
    ['duplicate', 'the processor already has this payment'],
    ['duplicate_transaction', 'the processor already has this payment'],
  ]),
  ...rows('unsupported', [['unsupported_feature', 'the order uses a feature that the processor lacks']]),
  ...rows('misconfigured', [
    ['account_closed', "the merchant's account at the processor is closed"],
    ['invalid_credentials', "the merchant's credentials are wrong"],
    ['merchant_inactive', "the merchant's account is not active"],
  ]),
];

/** Codes of `error` bodies, where the request was refused rather than the payment declined. */
const ERRORS: readonly FailureRow[] = [
  ...rows('in_flight', [
    ['in_flight', 'this key is being worked on'],
    ['payment_pending', 'the payment is being processed and cannot be changed now'],
    ['waiting_for_buyer', 'the payment waits for the buyer'],
  ]),
  // Each of these says that something already happened under this key or to this payment: proved by lookup.
  ...rows('duplicate', [
    ['idempotency_key_reuse', 'the key was used before, with another request'],
    ['already_captured', 'the payment was captured before'],
    ['already_paid', 'the page was paid before'],
    ['already_voided', 'the payment was cancelled before'],
    ['already_declined', 'the payment was declined before'],
  ]),
  ...rows('transient', [
    ['rate_limited', 'too many requests; the sheet says that nothing was executed'],
    ['service_unavailable', 'overloaded; the sheet says that nothing was executed'],
    ['down', 'out of order; nothing was executed'],
  ]),
  ...rows('unknown_outcome', [['internal_error', 'the processor failed, perhaps after it took the money']]),
  ...rows('unsupported', [['not_supported', 'the processor does not offer this operation']]),
  ...rows('instrument_problem', [['invalid_token', 'the credential cannot be read']]),
  ...rows('misconfigured', [
    ['invalid_request', 'we sent something that the processor cannot read'],
    ['idempotency_key_missing', 'we sent no key'],
    ['idempotency_key_invalid', 'we sent a key that the processor cannot read'],
    ['body_too_large', 'we sent too much'],
  ]),
];

export const SIMULATOR_ROWS: readonly FailureRow[] = [...DECLINES, ...ERRORS];
