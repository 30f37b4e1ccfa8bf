import type { Review } from './order.ts';

/** What a person is asked, and what else answers it. A question stays open until something that its row names does. */
interface Row {
  /** Why a person is asked: support and the merchant read it. */
  text: string;
  /** Nothing speaks for money that nobody has explained: the buyer may choose another way meanwhile, support may try again. */
  buyerMayGoOn?: true;
  /** It says only that something took too long: a graver one takes its place, and proof answers it. */
  yieldsToProof?: true;
  /** Proof that the order has its money answers it. What that does not answer comes back, from the state. */
  answeredByMoney?: true;
  /** Another way to pay answers it. */
  answeredByChoice?: true;
  /** Money that has to go back. It never keeps an order from being paid, nor flips it. */
  ofGiveBack?: true;
  /**
   * What a person puts aside with `accepted`: money that is known, kept though it is too much (`money`) or enough though it is
   * less (`less_money`), or a payment that a processor tells of and nobody has explained (`notice`). Anything else needs proof.
   */
  accepts?: 'money' | 'less_money' | 'notice';
  /** Nobody has explained the money that it speaks of: the end of the order does not either. */
  outlivesTheEnd?: true;
}

const TOO_LONG = { buyerMayGoOn: true, yieldsToProof: true } as const;

const ROWS = {
  unknown_too_long: {
    ...TOO_LONG,
    answeredByMoney: true,
    text: 'nobody could prove what became of a charge',
  },
  pending_too_long: {
    ...TOO_LONG,
    answeredByMoney: true,
    text: 'a processor has not decided in its own time',
  },
  cannot_fence: {
    ...TOO_LONG,
    text: 'a processor cannot close an attempt that may still take money',
  },
  capture_unknown: {
    yieldsToProof: true,
    answeredByMoney: true,
    text: 'nobody knows whether the reserved amount was taken',
  },
  capture_declined: {
    answeredByMoney: true,
    text: 'the reserved amount could not be taken',
  },
  windows_over: {
    buyerMayGoOn: true,
    answeredByMoney: true,
    answeredByChoice: true,
    text: 'every way to pay was offered and none was taken',
  },
  credential_unreadable: {
    buyerMayGoOn: true,
    answeredByChoice: true,
    text: 'the payment method is sealed with a key that is not here; nothing was charged',
  },
  claim_conflict: {
    text: 'a charge was asked for that differs from the one on record, and was not sent',
  },
  duplicate_unexplained: {
    outlivesTheEnd: true,
    text: 'a processor says that it has this payment, and we know of none',
  },
  amount_mismatch: {
    accepts: 'less_money',
    text: 'a processor took another amount than the order’s',
  },
  event_unmatched: {
    accepts: 'notice',
    outlivesTheEnd: true,
    text: 'a processor tells of a payment that is none of ours',
  },
  event_mismatch: {
    accepts: 'notice',
    outlivesTheEnd: true,
    text: 'a notice of a processor disagrees with the order',
  },
  surplus: {
    accepts: 'money',
    ofGiveBack: true,
    text: 'more was taken than the order asks for, and it does not go back by itself',
  },
  refund_failed: {
    accepts: 'money',
    ofGiveBack: true,
    outlivesTheEnd: true,
    text: 'a refund failed',
  },
  refund_unknown: {
    ofGiveBack: true,
    text: 'nobody could prove what became of a refund',
  },
} satisfies Record<string, Row>;

/** Stable: on the wire as `nextAction.messageKey` and `nextAction.question.code`, and in stored orders. */
export type ReviewCode = keyof typeof ROWS;

export const REVIEW_CODES = Object.keys(ROWS) as ReviewCode[];

const rowOf = ({ code }: Pick<Review, 'code'>): Row => ROWS[code];

export const reviewText = (review: Review): string => rowOf(review).text;

/** Does nobody start another attempt before this is answered? */
export const holdsBack = (review: Review): boolean => rowOf(review).buyerMayGoOn !== true;
export const yieldsToProof = (review: Review): boolean => rowOf(review).yieldsToProof === true;
export const isAnsweredByMoney = (review: Review): boolean => rowOf(review).answeredByMoney === true;
export const isAnsweredByChoice = (review: Review): boolean => rowOf(review).answeredByChoice === true;
export const outlivesTheEnd = (review: Review): boolean => rowOf(review).outlivesTheEnd === true;
export const isOfGiveBack = (review: Review): boolean => rowOf(review).ofGiveBack === true;

/** May a person put the question aside as it is, with evidence? What is not proved needs proof. */
export const isAcceptable = (review: Review): boolean => rowOf(review).accepts !== undefined;
/** Less than the amount was taken: a person accepts it, or ends the order, and it goes back. */
export const isLessMoney = (review: Review): boolean => rowOf(review).accepts === 'less_money';
/** Money that is known: kept though it is too much, or enough though it is less. */
export const isAboutMoney = (review: Review): boolean => isLessMoney(review) || rowOf(review).accepts === 'money';
/** A payment that a processor tells of, which nobody has explained. */
export const isAboutNotice = (review: Review): boolean => rowOf(review).accepts === 'notice';

/** What became of an attempt’s charge, capture or fence: answered by whoever says that, and by nothing else. */
export function isAboutPayment(review: Review): boolean {
  return review.attempt !== null && !isAcceptable(review) && !isOfGiveBack(review);
}
