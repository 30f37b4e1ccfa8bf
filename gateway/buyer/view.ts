/** What a buyer may see of an order: no codes, no classes, no processors, no word of fraud or review. */
import type { OrderView } from '../../policy/view.ts';

export interface BuyerView {
  orderId: string;
  amount: { minor: number; currency: string };
  /** `paying`: we work on it; `your_turn`: the buyer can go on; `paid`; `closed`: nothing more can be paid here. */
  status: 'paying' | 'your_turn' | 'paid' | 'closed';
  nextAction: {
    type: string;
    /** Key of the sentence to show. */
    messageKey: string;
    at?: string;
    expiresAt?: string;
    url?: string;
    options: {
      path: string;
      rank: number;
      instrument?: { id: string; network?: string; last4?: string };
      url?: string;
      expiresAt?: string;
    }[];
  };
}

/** Where the plain name would tell a buyer what is none of theirs. */
const SAID_KINDLY: Record<string, string> = {
  review: 'wait_confirming',
  on_hold: 'wait_confirming',
  capture: 'none',
  wait_processor: 'wait_scheduled',
};

export function buyerView(view: OrderView): BuyerView {
  const { nextAction } = view;
  const status = statusOf(view);
  // Nothing was charged and nothing is being confirmed: the buyer can simply pay in another way.
  const parked = nextAction.messageKey === 'credential_unreadable' && nextAction.options.length > 0;
  // What we and our people still do about the money of a closed order is none of the buyer's concern.
  const over = OVER.has(view.stage);
  const type = over ? 'none' : parked ? 'choose_method' : (SAID_KINDLY[nextAction.type] ?? nextAction.type);
  const confirming = nextAction.who === 'support' && !parked && !over;
  // When a person of ours is due says nothing about when the buyer is served.
  const at = over || nextAction.type === 'review' ? undefined : nextAction.at;
  return {
    orderId: view.orderId,
    amount: view.amount,
    status,
    nextAction: {
      type,
      messageKey: confirming ? 'confirming' : `${status}.${type}`,
      ...(at !== undefined && { at }),
      ...(nextAction.expiresAt !== undefined && { expiresAt: nextAction.expiresAt }),
      ...(nextAction.url !== undefined && { url: nextAction.url }),
      options: nextAction.options,
    },
  };
}

const OVER: ReadonlySet<OrderView['stage']> = new Set(['paid', 'failed', 'expired', 'cancelled']);

function statusOf({ stage, nextAction }: OrderView): BuyerView['status'] {
  switch (stage) {
    case 'paid':
    case 'authorized':
    case 'capturing':
      return 'paid';
    case 'failed':
    case 'expired':
    case 'cancelled':
    case 'cancelling':
      return 'closed';
    default:
      return nextAction.who === 'buyer' || nextAction.options.length > 0 ? 'your_turn' : 'paying';
  }
}
