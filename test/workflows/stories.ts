import type { CallOptions, CollectRequest, OrderView, RecoveryRequest } from '../../client/index.ts';
import type { Stage } from '../../policy/terms.ts';
import { newOrderId, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage } from './acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
const why = { reason: 'a test asks' };
/** Later than support errs and another card has paid. */
export const LATE = 'late_webhook_60';

/** Done once, by whoever has the turn then. The same `call` again is the same command. */
type Act = (scene: Scene, orderId: string, view: OrderView, call: CallOptions) => Promise<unknown>;
/** What somebody does once the order is at one of these stages. */
export interface Step {
  at: Stage[];
  act: Act;
}

const recover = (choice: RecoveryRequest, at: Stage = 'waiting_buyer'): Step => ({
  at: [at],
  act: (scene, id, _, call) => scene.recoup.orders.recover(id, choice, call),
});
const command = (name: 'hold' | 'release' | 'retry' | 'capture' | 'cancel', at: Stage): Step => ({
  at: [at],
  act: (scene, id, _, call) => scene.recoup.orders[name](id, why, call),
});
const onPage = (at: Stage): Step => ({ at: [at], act: (_, __, view) => actOnPage(view) });

/**
 * Support believes that the first charge never was. Said while the same key is being sent again, it does not speak for that
 * send: then it is said once more.
 */
export const believedAbsent = (scene: Scene, orderId: string): Promise<OrderView> => {
  const word = { attempt: 1, outcome: 'absent', evidence: 'not in the dashboard', ...why } as const;
  return poll(
    () => scene.recoup.orders.resolve(orderId, word),
    ({ stage }) => stage !== 'confirming' && stage !== 'needs_review',
    20_000,
  );
};
/** A worker that died may not have sent it yet, and then support would be right. */
const SUPPORT_ERRS: Step = {
  at: ['confirming', 'needs_review'],
  act: async (scene, id) => {
    await poll(
      () => scene.ledger(id),
      (entries) => entries.length > 0,
      60_000,
    );
    return believedAbsent(scene, id);
  },
};
/** The late reservation goes back, then the shop takes the one that stays. */
const CAPTURED_ONCE_VOIDED: Step = {
  at: ['authorized'],
  act: async (scene, id, _, call) => {
    await poll(
      () => scene.ledger(id),
      (entries) => entries.some(({ operation, effect }) => operation === 'void' && effect === 'voided'),
      60_000,
    );
    return scene.recoup.orders.capture(id, why, call);
  },
};

export interface Story {
  story: string;
  token: string;
  more?: Partial<CollectRequest>;
  steps: Step[];
  /** Where it ends; by default as soon as it is paid or cancelled. */
  end?: (view: OrderView) => boolean;
}

/** Its name where no spaces may be: files, command lines. */
export const shortName = ({ story }: Story): string => story.replaceAll(/[^a-z0-9]+/g, '-');

/** An order's life each, from collect to its end. */
export const STORIES: Story[] = [
  { story: 'paid at once', token: 'sim:alpha=ok', steps: [] },
  { story: 'paid by the retry processor', token: 'sim:alpha=insufficient_funds', steps: [] },
  { story: 'unknown, then found', token: 'sim:alpha=500_charged', steps: [] },
  { story: 'unknown, then absent, then paid elsewhere', token: 'sim:alpha=500_lost', steps: [] },
  { story: 'the same key after a cut connection', token: 'sim:alpha=reset_lost,ok', steps: [] },
  { story: 'authenticated', token: 'sim:alpha=3ds_ok', steps: [onPage('waiting_authentication')] },
  { story: 'a new method pays', token: DECLINED, steps: [recover(NEW_METHOD)] },
  {
    story: 'hosted checkout is paid',
    token: DECLINED,
    steps: [recover({ path: 'hosted_checkout' }), onPage('hosted_checkout')],
  },
  {
    story: 'hosted checkout, left for a new method',
    token: DECLINED,
    steps: [recover({ path: 'hosted_checkout' }), recover(NEW_METHOD, 'hosted_checkout')],
  },
  { story: 'an invoice is paid', token: DECLINED, steps: [recover({ path: 'invoice' }), onPage('invoiced')] },
  {
    story: 'held, released, tried again',
    token: 'sim:alpha=insufficient_funds,ok;beta=insufficient_funds',
    steps: [command('hold', 'waiting_buyer'), command('release', 'waiting_buyer'), command('retry', 'waiting_buyer')],
  },
  {
    story: 'authorized, then captured',
    token: 'sim:alpha=ok',
    more: { capture: 'manual' },
    steps: [command('capture', 'authorized')],
  },
  { story: 'charged, known by its notice', token: 'sim:alpha=timeout_charged', steps: [] },
  {
    story: 'authorized, known by its notice, then cancelled',
    token: 'sim:alpha=timeout_charged',
    more: { capture: 'manual' },
    steps: [command('cancel', 'authorized')],
  },
  {
    story: 'a surplus is given back',
    token: `sim:card=first;alpha=${LATE}`,
    steps: [SUPPORT_ERRS, recover(NEW_METHOD)],
    end: ({ money }) => money.refunded > 0 && money.held === 0,
  },
  {
    story: 'a surplus reservation is voided',
    token: `sim:card=first;alpha=${LATE}`,
    more: { capture: 'manual' },
    steps: [SUPPORT_ERRS, recover(NEW_METHOD), CAPTURED_ONCE_VOIDED],
  },
  {
    story: 'hosted checkout, cancelled',
    token: DECLINED,
    steps: [recover({ path: 'hosted_checkout' }), command('cancel', 'hosted_checkout')],
  },
];

export const hasEnded = ({ stage }: OrderView) => stage === 'paid' || stage === 'cancelled';

/** Plays a story until the order and its run are closed. */
export async function played(
  scene: Scene,
  { token, more = {}, steps, end = hasEnded }: Story,
  eventsPerRun: number,
): Promise<{ orderId: string; end: OrderView }> {
  const orderId = newOrderId();
  await scene.collectWith(order(orderId, token, more), { eventsPerRun });
  for (const [index, { at, act }] of steps.entries()) {
    const view = await scene.until(orderId, ({ stage }) => at.includes(stage));
    await act(scene, orderId, view, { idempotencyKey: `step-${index}` });
  }
  const view = await scene.until(orderId, end);
  await scene.workflow(orderId).result();
  return { orderId, end: view };
}
