import type { ReviewCode } from './review-codes.ts';
import type { Actor, Authentication, FailureClass, Instant, Outcome, RecoveryPath, Stage } from './terms.ts';

/** The order as every caller sees it: the body of each order call, the answer of `collect`. */
export interface OrderView {
  orderId: string;
  stage: Stage;
  amount: { minor: number; currency: string };
  money: MoneyView;
  attempts: AttemptView[];
  nextAction: NextAction;
  rulebook: { id: string; version: number; hash: string };
}

/** Integers, minor units of the order's currency. `net` = captured − refunded − returned − disputed. */
export interface MoneyView {
  captured: number;
  refunded: number;
  returned: number;
  disputed: number;
  /** Taken or reserved beyond what the order asks for, not given back yet. */
  held: number;
  net: number;
}

export interface AttemptView {
  number: number;
  processor: string;
  instrument: { id: string; network?: string; last4?: string } | null;
  outcome: Outcome | null;
  failureClass: FailureClass | null;
  processorCode: string | null;
  authentication: Authentication;
  operations: {
    operation: string;
    key: string;
    outcome: Outcome | null;
    startedAt: Instant;
    endedAt: Instant | null;
  }[];
}

export type NextActionType =
  | 'none'
  | 'wait_confirming'
  | 'wait_pending'
  | 'wait_scheduled'
  | 'wait_processor'
  | 'authenticate'
  | 'choose_method'
  | 'fix_method'
  | 'new_method'
  | 'hosted_checkout'
  | 'invoice'
  | 'display_details'
  | 'capture'
  | 'on_hold'
  | 'review';

/** What happens next, when, and whose turn it is. */
export interface NextAction {
  type: NextActionType;
  who: 'system' | 'buyer' | 'merchant' | 'support' | 'none';
  at?: Instant;
  expiresAt?: Instant;
  /** The processor's page. Filled in by whoever answers the call (fetched when asked for), never kept. */
  url?: string;
  /** Key of the buyer-safe sentence. */
  messageKey: string;
  options: RecoveryOption[];
  /** `review` only: what a person is asked, and under which id it is answered. */
  question?: QuestionView;
  /** Somebody stopped the automatic tries. Whatever happens next: proofs, the buyer's and the merchant's turn go on. */
  hold?: HoldView;
}

export interface HoldView {
  actor: Actor;
  reason: string;
  since: Instant;
}

/** `about`: processor and payment that a notice tells of. */
export interface QuestionView {
  id: string;
  code: ReviewCode;
  attempt: number | null;
  about: string | null;
  since: Instant;
}

export interface RecoveryOption {
  path: RecoveryPath;
  /** 1 is the default. */
  rank: number;
  instrument?: { id: string; network?: string; last4?: string };
  url?: string;
  expiresAt?: Instant;
}
