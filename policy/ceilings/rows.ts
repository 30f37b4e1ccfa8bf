import type { Instant } from '../terms.ts';

/**
 * A network's limit on trying one card again at one merchant, as one edition of a document states it. Data, so that a new
 * edition is a new row: the newest row of a name that is in force is the one that counts.
 */
export interface Ceiling {
  /** Lower case, as on instruments. */
  network: string;
  /** Stable from edition to edition, and what people read: `mastercard declines in 24 hours`. */
  name: string;
  /**
   * `declines`: attempts that were not approved; what is on its way, or unknown, counts as one until it is known.
   * `attempts`: approved ones too. No document that we know counts approvals: a buyer who pays often is no ceiling's business.
   */
  counts: 'declines' | 'attempts';
  /** The network compares the amount too: another amount on the same card is another series. */
  sameAmount: boolean;
  /** So many in the window are allowed; one more is refused. */
  limit: number;
  /** Rolling: an attempt leaves it exactly this long after it was made. */
  windowMs: number;
  /** In force from this instant. */
  from: Instant;
  document: string;
  /** Date of the document. */
  edition: string;
  /** `primary`: the network wrote it. `secondary`: somebody who relays it. */
  evidence: 'primary' | 'secondary';
  /** What it says, in the document's sense, and where we are stricter. */
  note: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const VISA = {
  network: 'visa',
  name: 'visa declines of one amount in 30 days',
  counts: 'declines',
  sameAmount: true,
  windowMs: 30 * DAY_MS,
} as const;

const MASTERCARD_24_HOURS = {
  network: 'mastercard',
  name: 'mastercard declines in 24 hours',
  counts: 'declines',
  sameAmount: false,
  windowMs: DAY_MS,
} as const;

const MASTERCARD_30_DAYS = {
  network: 'mastercard',
  name: 'mastercard declines of one amount in 30 days',
  counts: 'declines',
  sameAmount: true,
  windowMs: 30 * DAY_MS,
} as const;

/** Visa category 1 and Mastercard advice 03 and 21 are limits of zero: they forbid the card, see the failure tables. */
export const CEILINGS: readonly Ceiling[] = [
  {
    ...VISA,
    limit: 15,
    from: '2021-04-17T00:00:00.000Z',
    document: 'Payvision scheme updates, New Visa fees for declined transactions reattempts',
    edition: '2021-03-29',
    evidence: 'secondary',
    note: 'categories 2 to 4: at most 15 reattempts in 30 days. We count the first decline too.',
  },
  {
    ...VISA,
    limit: 20,
    from: '2025-05-25T00:00:00.000Z',
    document: 'Visa Core Rules and Visa Product and Service Rules, ID# 0030640, section 7.3.6.3',
    edition: '2026-04-18',
    evidence: 'primary',
    note:
      'categories 2 to 4: 20 in 30 days, since 2025-05-25 (Cielo, card brands retry program). Visa compares card, merchant ' +
      'and amount (PayPal, Avoid excessive retries penalties) and counts buyer-made and merchant-made tries apart ' +
      '(Checkout.com, changes to Visa system integrity fees). We count both together, and the first decline too.',
  },
  {
    ...MASTERCARD_24_HOURS,
    limit: 20,
    from: '2019-10-14T00:00:00.000Z',
    document: 'Moneris, Development considerations for new Mastercard fees (excessive authorization attempts)',
    edition: '2019-10-14',
    evidence: 'secondary',
    note: 'after 20 declines on the same card at the same merchant in 24 hours, whatever the amount',
  },
  {
    ...MASTERCARD_24_HOURS,
    limit: 10,
    from: '2022-10-01T00:00:00.000Z',
    document: 'Braintree network updates, Mastercard: revised excessive authorization attempts (TPE)',
    edition: '2024-04-01',
    evidence: 'secondary',
    note: 'stop for 24 hours after 10 declines on the same card at the same merchant. We count them also when an approval came between.',
  },
  {
    ...MASTERCARD_30_DAYS,
    limit: 35,
    from: '2023-11-01T00:00:00.000Z',
    document: 'Braintree network updates, Mastercard: revised excessive authorization attempts (TPE)',
    edition: '2024-04-01',
    evidence: 'secondary',
    note: '35 declines on the same card at the same merchant for the same amount in 30 days; those of the 24 hours count too',
  },
];
