import type { CollectRequest, PaymentMethod } from '../../client/index.ts';
import { type ForeignNotice, foreignNotices } from './foreign.ts';
import { type Dice, dice } from './random.ts';
import { type AfterMistake, type Draw, method, STORIES, type Story } from './stories.ts';

/** What a buyer does when it is the buyer's turn. */
export type BuyerChoice =
  | { path: 'new_method'; paymentMethod: PaymentMethod }
  | { path: 'saved_method' | 'authenticate' | 'hosted_checkout' | 'invoice' };

/** One order and everybody around it, drawn before anything starts. Instants count from the first `collect`. */
export interface OrderPlan {
  orderId: string;
  story: string;
  request: CollectRequest;
  /** The order's own end (`expiresAt`), from when it is collected. */
  expiresAfterMs: number | null;
  /** So many send the same `collect` at the same time. */
  callers: number;
  /** So long each of them waits for the first answer; after that, nobody being there, nothing is charged by itself. */
  patienceMs: number;
  buyer: {
    /** On the 3DS page. */
    authentication: 'authenticate' | 'fail' | 'abandon' | 'leave';
    /** On the hosted page or invoice. */
    page: 'pay' | 'decline_then_pay' | 'leave';
    /** In turn, each time that it is the buyer's turn. */
    choices: BuyerChoice[];
    /** Chooses another way while a page is open. */
    switches: boolean;
  };
  merchant: { authorized: 'capture' | 'cancel' | 'leave'; cancelAfterMs: number | null };
  support: { holdAfterMs: number | null; retryAfterMs: number | null };
  /** Somebody presses Cancel in Temporal Web UI. */
  cancelInTemporalAfterMs: number | null;
  /** Somebody terminates the order's run in Temporal, and the shop collects again. */
  terminatedAfterMs: number | null;
  /** Somebody resets the run in Temporal, running or closed, to one of its tasks: 0 is the first, 1 the last. */
  reset: { afterMs: number; to: number } | null;
  /** Support takes a payment that was made for one that was not. */
  supportErrs: boolean;
  /** What follows when support is wrong at once; `null`: it is wrong at the end, if at all. */
  afterMistake: AfterMistake | null;
  foreign: ForeignNotice[];
  /** When everything is calm and the order still waits for somebody. */
  atTheEnd: 'cancel' | 'close' | 'leave';
  /** Cards that are declined for good at every processor. */
  hardCards: string[];
  /** A card that other orders of the batch have too. */
  sharedCard: string | null;
}

export interface BatchPlan {
  seed: number;
  batch: number;
  timeScale: number;
  /** On top of the processors' own, never scaled: webhooks that outrun every timeout would leave nothing in doubt. */
  webhookDelayMs: number;
  orders: OrderPlan[];
}

/** Hours pass in seconds, in minutes, or while the first call is still under way: each shows other races. */
const TIME_SCALES = [60, 600, 6000] as const;

export interface PlanOptions {
  seed: number;
  batch: number;
  orders: number;
  timeScale?: number | undefined;
  /** Drawn when left out. */
  webhookDelayMs?: number | undefined;
  /** Default: all of them, by weight. */
  stories?: readonly (readonly [number, Story])[] | undefined;
  /** Changes an order after it was drawn. */
  adjust?: ((order: OrderPlan) => OrderPlan) | undefined;
}

export function planBatch({
  seed,
  batch,
  orders,
  timeScale,
  webhookDelayMs,
  stories = STORIES,
  adjust,
}: PlanOptions): BatchPlan {
  const scale = timeScale ?? TIME_SCALES[batch % TIME_SCALES.length] ?? 600;
  const drawn = dice(seed).fork(`batch ${batch}`);
  return {
    seed,
    batch,
    timeScale: scale,
    webhookDelayMs: webhookDelayMs ?? drawn.pick([0, 2_500, 6_000]),
    orders: Array.from({ length: orders }, (_, index) => {
      const order = planOrder(drawn.fork(`order ${index}`), `c${seed}-${batch}-${index}`, scale, stories);
      return adjust === undefined ? order : adjust(order);
    }),
  };
}

function planOrder(
  drawn: Dice,
  orderId: string,
  timeScale: number,
  stories: readonly (readonly [number, Story])[],
): OrderPlan {
  const story = drawn.weighted(stories);
  const draw: Draw = { dice: drawn, orderId, scaled: (realMs) => Math.max(1, Math.round((realMs * timeScale) / 1000)) };
  const sharedCard =
    story.sharedCard === undefined ? null : `${orderId.replace(/-\d+$/, '')}-${story.sharedCard}${drawn.whole(1, 2)}`;
  const card = sharedCard ?? `${orderId}-c`;
  const hardNew = drawn.chance(8);
  const newCards = [newCard(drawn, `${orderId}-n1`, hardNew), newCard(drawn, `${orderId}-n2`, false)];
  const request: CollectRequest = {
    orderId,
    amount: { minor: drawn.whole(1, 99_999), currency: drawn.pick(['EUR', 'USD', 'JPY']) },
    paymentMethod: method(story.script(draw), card),
    ...story.more?.(draw),
  };
  const buyer: OrderPlan['buyer'] = {
    authentication: drawn.weighted([
      [7, 'authenticate'],
      [1, 'fail'],
      [1, 'abandon'],
      [1, 'leave'],
    ] as const),
    page: drawn.weighted([
      [6, 'pay'],
      [2, 'decline_then_pay'],
      [2, 'leave'],
    ] as const),
    choices: Array.from({ length: drawn.whole(0, 3) }, () => choice(drawn, newCards)),
    switches: drawn.chance(15),
  };
  const sometimes = (percent: number, mostMs: number) => (drawn.chance(percent) ? drawn.whole(0, mostMs) : null);
  return {
    orderId,
    story: story.name,
    request,
    expiresAfterMs: story.expires === true ? drawn.whole(2_000, 9_000) : null,
    callers: drawn.weighted([
      [80, 1],
      [14, 2],
      [6, 5],
    ] as const),
    patienceMs: drawn.chance(8) ? 2_500 : 20_000,
    buyer,
    merchant: {
      authorized: drawn.weighted([
        [6, 'capture'],
        [3, 'cancel'],
        [1, 'leave'],
      ] as const),
      cancelAfterMs: sometimes(7, 4000),
    },
    support: { holdAfterMs: sometimes(4, 3000), retryAfterMs: sometimes(6, 5000) },
    cancelInTemporalAfterMs: sometimes(2, 3000),
    terminatedAfterMs: sometimes(3, 4000),
    reset: drawn.chance(4) ? { afterMs: drawn.whole(200, 6_000), to: drawn.next() } : null,
    supportErrs: story.supportErrs === true,
    afterMistake: story.afterMistake?.(draw) ?? null,
    atTheEnd: drawn.weighted([
      [6, 'cancel'],
      [3, 'close'],
      [1, 'leave'],
    ] as const),
    foreign: foreignNotices(drawn.fork('foreign')),
    sharedCard,
    hardCards: [...(story.hard === true ? [card] : []), ...(hardNew ? [`${orderId}-n1`] : [])],
  };
}

function newCard(drawn: Dice, card: string, hard: boolean): PaymentMethod {
  if (hard) return method('alpha=stolen_card;beta=stolen_card;gamma=stolen_card', card);
  const script = drawn.weighted([
    [6, 'alpha=ok;gamma=ok'],
    [2, 'alpha=timeout_charged;gamma=timeout_charged'],
    [1, 'alpha=timeout_lost;beta=timeout_charged'],
    [2, 'alpha=do_not_honor;beta=do_not_honor'],
    [1, 'alpha=3ds_ok'],
    [1, 'alpha=500_charged'],
    [1, 'alpha=reset_charged;gamma=reset_lost'],
  ] as const);
  return method(script, card);
}

function choice(drawn: Dice, newCards: PaymentMethod[]): BuyerChoice {
  const path = drawn.weighted([
    [5, 'new_method'],
    [2, 'saved_method'],
    [1, 'authenticate'],
    [4, 'hosted_checkout'],
    [2, 'invoice'],
  ] as const);
  return path === 'new_method' ? { path, paymentMethod: drawn.pick(newCards) } : { path };
}
