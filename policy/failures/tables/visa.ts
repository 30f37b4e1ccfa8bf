import type { FailureClass } from '../../terms.ts';
import type { FailureRow } from '../rows.ts';

/** Table 7-2, "Decline Response Code Use" (ID# 0030640, section 7.3.6.3). */
const VISA_RULES = {
  document: 'Visa Core Rules and Visa Product and Service Rules, ID# 0030640, Table 7-2',
  edition: '2026-04-18',
  evidence: 'primary',
} as const;

/** Names of codes that the rules put under "all other decline response codes" without naming them. */
const OTHER_CODES = {
  document: 'TabaPay developer docs, Network Response Codes',
  edition: '2026-05-31',
  evidence: 'secondary',
} as const;

/** Category 1, "issuer will never approve": zero reattempts, whatever route they take. */
function never(code: string, note: string): FailureRow {
  const category = 'Category 1';
  return {
    source: 'visa',
    code,
    class: 'hard_decline',
    forbidsInstrument: true,
    ...VISA_RULES,
    note: `${category}: ${note}`,
  };
}

/** Categories 2 and 3: reattempts allowed within the ceiling of 20 in 30 days, which is counted elsewhere. */
function limited(category: 2 | 3, code: string, failureClass: FailureClass, note: string): FailureRow {
  return { source: 'visa', code, class: failureClass, ...VISA_RULES, note: `Category ${category}: ${note}` };
}

/** Category 4: all other decline response codes. */
function other(code: string, failureClass: FailureClass, note: string): FailureRow {
  return { source: 'visa', code, class: failureClass, ...OTHER_CODES, note: `Category 4: ${note}` };
}

const REGIONAL = ['europe', 'cemea'].flatMap((region): FailureRow[] => [
  { ...limited(3, '1A', 'authentication_required', 'additional customer authentication required'), region },
  { ...limited(3, '70', 'authentication_required', 'PIN data required'), region },
]);

export const VISA_ROWS: readonly FailureRow[] = [
  never('04', 'pick up card, no fraud'),
  never('07', 'pick up card, special condition (fraud account)'),
  never('12', 'invalid transaction'),
  never('14', 'invalid account number; also counted for data quality since 2021-04-17'),
  never('15', 'no such issuer'),
  never('41', 'lost card, pick up'),
  never('43', 'stolen card, pick up'),
  never('46', 'closed account; since April 2026 also a deactivated token'),
  never('57', 'transaction not permitted to cardholder'),
  never('R0', 'stop payment order'),
  never('R1', 'revocation of authorization order'),
  never('R3', 'revocation of all authorizations order'),
  limited(2, '03', 'processor_decline', 'invalid merchant; category 1 before 2021-04-17'),
  limited(2, '19', 'soft_decline', 're-enter transaction'),
  limited(2, '39', 'instrument_problem', 'no credit account'),
  limited(2, '51', 'soft_decline', 'not sufficient funds'),
  limited(2, '52', 'instrument_problem', 'no checking account'),
  limited(2, '53', 'instrument_problem', 'no savings account'),
  limited(2, '59', 'issuer_decline_unspecified', 'suspected fraud'),
  limited(2, '61', 'soft_decline', 'exceeds approval amount limit'),
  limited(2, '62', 'instrument_problem', 'restricted card, invalid in region or country; category 1 before 2021-04-17'),
  limited(2, '65', 'soft_decline', 'exceeds withdrawal frequency limit'),
  limited(2, '75', 'instrument_problem', 'allowable number of PIN entry tries exceeded'),
  limited(
    2,
    '78',
    'instrument_problem',
    'blocked, first used; the account is blocked for now; category 1 before 2021-04-17',
  ),
  limited(
    2,
    '83',
    'blocked',
    'fraud or security, said by Visa itself; category 2 since 2026-07-25 (TabaPay: 2026-10-25)',
  ),
  limited(2, '86', 'instrument_problem', 'cannot verify PIN'),
  limited(2, '91', 'soft_decline', 'issuer or switch inoperative'),
  limited(2, '93', 'instrument_problem', 'cannot be completed, violation of law; category 1 before 2021-04-17'),
  limited(2, '96', 'soft_decline', 'system malfunction'),
  limited(2, '5C', 'instrument_problem', 'transaction not supported or blocked by issuer'),
  limited(2, '9G', 'instrument_problem', 'blocked by cardholder'),
  limited(2, 'N3', 'instrument_problem', 'cash service not available'),
  limited(2, 'N4', 'soft_decline', 'cash request exceeds issuer or approved limit'),
  limited(2, 'Z5', 'instrument_problem', 'valid account but amount not supported'),
  limited(3, '54', 'instrument_problem', 'expired card or expiration date missing'),
  limited(3, '55', 'instrument_problem', 'PIN incorrect or missing'),
  limited(3, '82', 'instrument_problem', 'negative online CAM, dCVV, iCVV or CVV results'),
  limited(3, '6P', 'instrument_problem', 'cardholder identification does not match the records of the issuer'),
  limited(3, 'N7', 'instrument_problem', 'CVV2 failure'),
  ...REGIONAL,
  {
    ...VISA_RULES,
    source: 'visa',
    code: '1A',
    class: 'authentication_required',
    note: 'Category 4: additional customer authentication required',
  },
  {
    ...VISA_RULES,
    source: 'visa',
    code: '70',
    class: 'authentication_required',
    note: 'Category 4: PIN data required',
  },
  other('01', 'issuer_decline_unspecified', 'refer to card issuer'),
  other('02', 'issuer_decline_unspecified', 'refer to card issuer, special condition'),
  other('05', 'issuer_decline_unspecified', 'do not honor'),
  other('06', 'issuer_decline_unspecified', 'error'),
  other('13', 'instrument_problem', 'invalid amount'),
  other('58', 'processor_decline', 'transaction not permitted to terminal'),
  other('63', 'issuer_decline_unspecified', 'security violation'),
  other('64', 'instrument_problem', 'transaction does not fulfil anti-money-laundering requirement'),
  other('92', 'processor_decline', 'destination cannot be found for routing'),
  other('94', 'duplicate', 'duplicate transmission: the first may have succeeded'),
];
