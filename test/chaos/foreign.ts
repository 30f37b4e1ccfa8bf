import { setTimeout as sleep } from 'node:timers/promises';
import type { Recoup } from '../../client/index.ts';
import { deliverNotice, notice } from '../setup/notices.ts';
import type { OrderPlan } from './plan.ts';
import type { Stage } from './play.ts';
import type { Dice } from './random.ts';
import { said } from './said.ts';
import type { ProcessorName } from './simulator-control.ts';
import { MERCHANT_ID } from './world.ts';

const TYPES = {
  'payment.captured': { object: 'payment', status: 'captured' },
  'payment.authorized': { object: 'payment', status: 'authorized' },
  'payment.declined': { object: 'payment', status: 'declined' },
  'payment.voided': { object: 'payment', status: 'voided' },
  'refund.succeeded': { object: 'action', status: 'succeeded' },
} as const;

/** A processor tells, under this order's name, of a payment that is none of the order's. */
export interface ForeignNotice {
  afterMs: number;
  processor: ProcessorName;
  type: keyof typeof TYPES;
  /** Which of the foreign payments: the same one is told of more than once. */
  payment: 1 | 2;
}

export function foreignNotices(dice: Dice): ForeignNotice[] {
  if (!dice.chance(15)) return [];
  return Array.from({ length: dice.whole(1, 4) }, () => ({
    // Mostly while the first attempt is still under way: a settled one has a name of its own.
    afterMs: dice.chance(60) ? dice.whole(100, 1_500) : dice.whole(0, 6_000),
    processor: dice.pick(['alpha', 'alpha', 'beta', 'gamma'] as const),
    type: dice.chance(40) ? 'payment.captured' : dice.pick(Object.keys(TYPES) as (keyof typeof TYPES)[]),
    payment: dice.pick([1, 2] as const),
  }));
}

/** Every foreign payment has this in its name: by it support knows that it is none of ours. */
const FOREIGN = 'foreign';
const DELIVERIES = 5;

/** Once, or again while nobody answers. */
export async function tellOfForeign(
  { world, foreignTold }: Stage,
  plan: OrderPlan,
  told: ForeignNotice,
): Promise<void> {
  const { minor, currency } = plan.request.amount;
  const reference = `${told.processor}_${FOREIGN}_${told.payment}`;
  const order = { merchantId: MERCHANT_ID, orderId: plan.orderId };
  // Money that left may be an attempt's own where nothing else is said: this one names none that there is.
  const attempt = told.type === 'refund.succeeded' ? 99 : 1;
  const body = notice(
    order,
    {
      ...TYPES[told.type],
      processor: told.processor,
      attempt,
      payment: { ...order, attempt },
      key: `${FOREIGN}-${plan.orderId}-${told.payment}`,
      ...{ reference, paymentReference: reference, currency, amountMinor: minor },
      ...{ authorizedMinor: minor, capturedMinor: minor },
    },
    told.type,
  );
  const id = `evt_${FOREIGN}_${plan.orderId}_${told.afterMs}`;
  for (let n = 0; n < DELIVERIES; n += 1) {
    try {
      if ((await deliverNotice(world.gatewayUrl, body, { secret: world.webhookSecret, id })) < 300) {
        foreignTold.count += 1;
        return;
      }
    } catch {
      // The gateway is down.
    }
    await sleep(500);
  }
}

/** Support puts the payment aside that is none of ours. False when that is not what a person is asked. */
export async function putForeignAside(
  stage: Pick<Stage, 'answered'>,
  caller: Recoup,
  { orderId, foreign }: OrderPlan,
): Promise<boolean> {
  const view = foreign.length === 0 ? undefined : await said(stage, () => caller.orders.get(orderId));
  const question = view?.nextAction.question;
  if (question === undefined || question === null || !isForeign(question)) return false;
  const why = { evidence: 'it is another shop’s', reason: 'none of ours' };
  await said(stage, () => caller.orders.resolve(orderId, { outcome: 'accepted', question: question.id, ...why }));
  return true;
}

function isForeign({ code, about }: { code: string; about: string | null }): boolean {
  return code === 'event_unmatched' && about?.includes(FOREIGN) === true;
}
