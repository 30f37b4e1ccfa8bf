/**
 * Ways in which payments break, each an order that anybody can start: `recoup trigger <name>`, and the demo of
 * `npm start`. The simulator's token tells each story.
 */
import type { CollectRequest, RecoveryRequest } from '../../client/index.ts';
import type { Stage } from '../../policy/terms.ts';

export interface Scenario {
  name: string;
  /** One line: what breaks, and what becomes of it. */
  story: string;
  /** All of the order but its id. */
  order: Omit<CollectRequest, 'orderId'>;
  /** What the buyer chooses after the first answer. */
  recovery?: RecoveryRequest;
  /** A stage that it passes on its way, long enough to be seen. */
  through?: Stage;
  /** Where the order rests when nobody does anything more. */
  rests: Stage;
}

const AMOUNT = { minor: 4999, currency: 'EUR' };
const TWICE_DECLINED = 'sim:alpha=insufficient_funds;beta=do_not_honor';

export const SCENARIOS: Scenario[] = [
  scenario('paid', 'The main processor takes the payment at once.', 'sim:alpha=ok', 'paid'),
  scenario(
    'recovered_by_retry_processor',
    'The main processor declines, the retry processor takes the same order.',
    'sim:alpha=insufficient_funds;beta=ok',
    'paid',
  ),
  scenario(
    'recovered_by_same_key',
    'The main processor is overloaded; the same key is sent again after a short wait.',
    'sim:alpha=503,ok',
    'paid',
  ),
  scenario(
    'timed_out_but_charged',
    'The charge went through and its answer was lost. It is found, and never repeated.',
    'sim:alpha=timeout_charged',
    'paid',
  ),
  {
    ...scenario(
      'confirmed_later',
      'The answer is lost and lookups tell nothing yet: the order waits for proof, and the webhook brings it.',
      'sim:alpha=late_webhook_6',
      'paid',
    ),
    through: 'confirming',
  },
  scenario(
    'needs_authentication',
    'The issuer asks for 3-D Secure: the buyer’s turn.',
    'sim:alpha=3ds_ok',
    'waiting_authentication',
  ),
  scenario(
    'blocked_recovered',
    'A risk rule of the main processor blocks; the retry processor takes it.',
    'sim:alpha=blocked;beta=ok',
    'paid',
  ),
  scenario(
    'hard_decline',
    'A stolen card: never tried again, by any route. Other ways to pay stay open.',
    'sim:alpha=stolen_card',
    'waiting_buyer',
  ),
  scenario(
    'buyer_recovers',
    'Both processors decline; the buyer is offered other ways to pay.',
    TWICE_DECLINED,
    'waiting_buyer',
  ),
  {
    ...scenario(
      'hosted_checkout',
      'Both decline; the buyer chooses the processor’s own page.',
      TWICE_DECLINED,
      'hosted_checkout',
    ),
    recovery: { path: 'hosted_checkout' },
  },
  {
    ...scenario('invoice', 'Both decline; the buyer asks for an invoice.', TWICE_DECLINED, 'invoiced'),
    recovery: { path: 'invoice' },
  },
  {
    ...scenario('new_card', 'Both decline; the buyer pays the same order with another card.', TWICE_DECLINED, 'paid'),
    recovery: {
      path: 'new_method',
      paymentMethod: { token: 'sim:card=another;brand=mastercard;alpha=ok', last4: '4444' },
    },
  },
  scenario(
    'unsupported_feature',
    'The order uses a feature that the retry processor lacks: it is skipped, and says so.',
    'sim:alpha=insufficient_funds;beta=ok',
    'waiting_buyer',
    { features: ['on_behalf_of'] },
  ),
  scenario(
    'pending',
    'The processor takes a few seconds to decide, and says yes.',
    'sim:alpha=pending_then_ok',
    'paid',
  ),
  scenario(
    'scheduled_retry',
    'A renewal with a mandate is declined: tried again in days, without the buyer.',
    'sim:alpha=insufficient_funds;beta=insufficient_funds',
    'retry_scheduled',
    { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } },
  ),
  scenario(
    'outcome_unknown',
    'A processor without idempotency and lookup never answers: nothing else is tried until somebody knows.',
    'sim:gamma=timeout_lost',
    'confirming',
    { metadata: { route: 'gamma' } },
  ),
  scenario('manual_capture', 'The amount is reserved; the merchant captures it later.', 'sim:alpha=ok', 'authorized', {
    capture: 'manual',
  }),
];

export function findScenario(name: string): Scenario | undefined {
  return SCENARIOS.find((each) => each.name === name);
}

function scenario(
  name: string,
  story: string,
  token: string,
  rests: Stage,
  more: Partial<Scenario['order']> = {},
): Scenario {
  return {
    name,
    story,
    order: {
      amount: AMOUNT,
      paymentMethod: { token, last4: '4242' },
      description: 'Three pairs of socks',
      ...more,
    },
    rests,
  };
}
