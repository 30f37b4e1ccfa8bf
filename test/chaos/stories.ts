import type { CollectRequest, PaymentMethod } from '../../client/index.ts';
import type { BuyerChoice } from './plan.ts';
import type { Dice } from './random.ts';

/** How an order begins: which tokens, and whatever else makes its story. */
export interface Story {
  name: string;
  /** Outcomes by processor, as a token says them. */
  script: (draw: Draw) => string;
  more?: (draw: Draw) => Partial<CollectRequest>;
  /** The card is declined for good wherever a request of it arrives: after that no other may be sent (I4). */
  hard?: boolean;
  /** Support looks a lost payment up and is wrong: it was made, and says so later. What follows is nobody else's doing. */
  supportErrs?: boolean;
  /** Support is wrong while the order is played, and then this happens, while the money is still on its way. */
  afterMistake?: (draw: Draw) => AfterMistake;
  /** Other orders of the batch come with the same card, by this name. */
  sharedCard?: string;
  /** The order has an end of its own, some seconds away. */
  expires?: boolean;
}

/** The buyer pays another way, or the shop gives up. */
export type AfterMistake = BuyerChoice | { path: 'cancel' };

export interface Draw {
  dice: Dice;
  orderId: string;
  /** Seconds before scaling, for `late_webhook_<s>` and the like: so many real milliseconds. */
  scaled(realMs: number): number;
}

export function method(script: string, card: string): PaymentMethod {
  return { token: `sim:card=${card};${script}` };
}

const plain = (weight: number, name: string, script: string, more?: Story['more']): [number, Story] => [
  weight,
  { name, script: () => script, ...(more === undefined ? {} : { more }) },
];

const GAMMA = () => ({ metadata: { route: 'gamma' } });
const MANUAL = () => ({ capture: 'manual' as const });
const MANDATE = ({ orderId }: Draw) => ({
  offSession: { agreement: 'recurring' as const, mandateRef: `mandate-${orderId}` },
});
const SAVED = ({ orderId }: Draw) => ({
  savedMethods: [method('alpha=ok', `${orderId}-s1`), method('alpha=timeout_charged', `${orderId}-s2`)],
});
/** Later than support is wrong and something else has paid, as far as the machine keeps up. */
const LATE = ({ dice, scaled }: Draw) => `alpha=late_webhook_${scaled(dice.whole(12_000, 20_000))}`;
const OTHER_WAY = ({ dice, orderId }: Draw): AfterMistake => {
  const script = dice.pick(['alpha=insufficient_funds;beta=ok', 'alpha=ok', 'alpha=timeout_charged']);
  return dice.weighted<AfterMistake>([
    [6, { path: 'new_method', paymentMethod: method(script, `${orderId}-other`) }],
    [2, { path: 'hosted_checkout' }],
    [3, { path: 'cancel' }],
  ]);
};
const wrong = (weight: number, name: string, ending: (draw: Draw) => string, more?: Story['more']): [number, Story] => [
  weight,
  {
    name: `support is wrong: ${name}`,
    script: (draw) => `${LATE(draw)}${ending(draw)}`,
    supportErrs: true,
    afterMistake: OTHER_WAY,
    ...(more === undefined ? {} : { more }),
  },
];
const HARD = ['stolen_card', 'lost_card', 'pickup_card', 'closed_account', 'do_not_try_again', 'blocked_for_good'];
const ADVICE = ['generic_decline@mac=03', 'generic_decline@mac=21', 'generic_decline@visa=14', 'do_not_honor@visa=04'];

/** Every scripted outcome of the simulator is in here somewhere. */
export const STORIES: readonly (readonly [number, Story])[] = [
  plain(14, 'paid at once', 'alpha=ok'),
  [2, { name: 'a slow answer', script: ({ dice }) => `alpha=slow_${dice.whole(200, 1500)}` }],
  [2, { name: 'an answer slower than we wait', script: ({ dice }) => `alpha=slow_${dice.whole(1900, 2600)}` }],
  plain(8, 'declined, the retry processor takes it', 'alpha=insufficient_funds;beta=ok'),
  plain(6, 'declined twice', 'alpha=insufficient_funds;beta=do_not_honor', SAVED),
  plain(2, 'declined without a reason, twice', 'alpha=do_not_honor;beta=generic_decline'),
  plain(2, 'overloaded, then fine', 'alpha=503,ok'),
  plain(2, 'overloaded for good', 'alpha=503;beta=ok'),
  plain(2, 'too many requests', 'alpha=429,429,ok'),
  plain(1, 'out of order', 'alpha=down;beta=ok'),
  plain(7, 'charged, answer lost', 'alpha=timeout_charged'),
  plain(5, 'request lost', 'alpha=timeout_lost;beta=ok'),
  plain(3, 'request lost, then charged and lost at the other', 'alpha=timeout_lost;beta=timeout_charged'),
  plain(4, 'charged, 500', 'alpha=500_charged'),
  plain(4, 'not charged, 500', 'alpha=500_lost;beta=ok'),
  plain(4, 'charged, connection cut', 'alpha=reset_charged'),
  plain(4, 'not charged, connection cut', 'alpha=reset_lost,ok'),
  [
    5,
    {
      name: 'charged, known late',
      script: ({ dice, scaled }) => `alpha=late_webhook_${scaled(dice.whole(300, 4000))}`,
    },
  ],
  plain(5, '3DS', 'alpha=3ds_ok'),
  plain(2, '3DS fails', 'alpha=3ds_failed'),
  plain(2, '3DS given up', 'alpha=3ds_abandoned'),
  plain(1, '3DS passed, declined', 'alpha=3ds_ok_declined'),
  plain(1, '3DS without the buyer', 'alpha=3ds_frictionless'),
  plain(2, '3DS asked for by a decline', 'alpha=authentication_required,3ds_ok'),
  plain(4, 'pending, then paid', 'alpha=pending_then_ok'),
  plain(3, 'pending, then declined', 'alpha=pending_then_declined;beta=ok'),
  plain(2, 'blocked by risk rules', 'alpha=blocked;beta=ok'),
  plain(2, 'a card problem', 'alpha=expired_card'),
  plain(1, 'a code that nobody knows', 'alpha=some_new_code'),
  plain(1, 'a duplicate, says the processor', 'alpha=duplicate;beta=ok'),
  plain(1, 'in flight, says the processor', 'alpha=in_flight,in_flight,ok'),
  [
    4,
    {
      name: 'a hard decline',
      hard: true,
      script: ({ dice }) => {
        const code = dice.pick(HARD);
        return `alpha=${code};beta=${code}`;
      },
    },
  ],
  [
    3,
    {
      name: 'a decline with advice never to try again',
      hard: true,
      script: ({ dice }) => {
        const code = dice.pick(ADVICE);
        return `brand=${code.includes('mac') ? 'mastercard' : 'visa'};alpha=${code};beta=${code}`;
      },
    },
  ],
  [
    6,
    {
      name: 'a card that many orders come with',
      sharedCard: 'mastercard',
      script: () => 'brand=mastercard;alpha=insufficient_funds;beta=insufficient_funds',
    },
  ],
  [
    3,
    {
      name: 'a card that many orders come with, declined for good',
      sharedCard: 'stolen',
      hard: true,
      script: () => 'brand=visa;alpha=stolen_card;beta=stolen_card',
    },
  ],
  plain(1, 'a feature that the retry processor lacks', 'alpha=insufficient_funds;beta=ok', () => ({
    features: ['on_behalf_of'],
  })),
  plain(3, 'gamma', 'gamma=ok', GAMMA),
  plain(3, 'gamma: charged, answer lost', 'gamma=timeout_charged', GAMMA),
  plain(1, 'gamma: request lost', 'gamma=timeout_lost', GAMMA),
  plain(1, 'gamma: declined', 'gamma=insufficient_funds', GAMMA),
  plain(1, 'gamma: connection cut', 'gamma=reset_charged', GAMMA),
  [
    2,
    {
      name: 'gamma: charged, known late, and support is wrong',
      script: ({ dice, scaled }) => `gamma=late_webhook_${scaled(dice.whole(4_000, 15_000))}`,
      more: GAMMA,
      supportErrs: true,
    },
  ],
  wrong(5, 'the money goes back', ({ dice }) => dice.pick(['', ';refund=timeout_done', ';refund=timeout_lost,ok'])),
  wrong(1, 'the refund is refused', () => ';refund=failed'),
  wrong(2, 'the reservation is voided', ({ dice }) => dice.pick(['', ';void=timeout_done']), MANUAL),
  [
    3,
    {
      name: 'support is wrong: what was called absent is reserved while another reservation is captured',
      script: ({ dice, scaled }) => `alpha=late_webhook_${scaled(dice.whole(3_000, 7_000))}`,
      supportErrs: true,
      afterMistake: ({ dice, orderId }) => {
        const script = dice.pick(['alpha=insufficient_funds;beta=ok', 'beta=timeout_charged', 'alpha=ok']);
        return dice.chance(75)
          ? { path: 'new_method', paymentMethod: method(script, `${orderId}-other`) }
          : { path: 'hosted_checkout' };
      },
      more: MANUAL,
    },
  ],
  plain(4, 'manual capture', 'alpha=ok', MANUAL),
  plain(3, 'manual capture: answer lost', 'alpha=timeout_charged', MANUAL),
  plain(1, 'manual capture: void in doubt', 'alpha=ok;void=timeout_done', MANUAL),
  plain(1, 'manual capture with 3DS', 'alpha=3ds_ok', MANUAL),
  plain(3, 'a renewal', 'alpha=ok', MANDATE),
  plain(
    3,
    'a renewal tried again in days',
    'alpha=insufficient_funds,insufficient_funds,ok;beta=insufficient_funds',
    MANDATE,
  ),
  plain(2, 'a renewal, in doubt', 'alpha=timeout_charged', MANDATE),
  [2, { name: 'disputed later', script: ({ dice, scaled }) => `alpha=dispute_after_${scaled(dice.whole(200, 3000))}` }],
  [2, { name: 'returned later', script: ({ dice, scaled }) => `alpha=return_after_${scaled(dice.whole(200, 3000))}` }],
  [
    3,
    {
      name: 'an order with an end',
      script: ({ dice }) =>
        dice.pick(['alpha=timeout_charged', 'alpha=3ds_ok', 'alpha=insufficient_funds;beta=do_not_honor']),
      expires: true,
    },
  ],
];
