import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage } from './acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
const why = { reason: 'a test asks' };

type Act = (scene: Scene, orderId: string, view: OrderView) => Promise<unknown>;
const recover =
  (path: 'hosted_checkout' | 'invoice'): Act =>
  (scene, id) =>
    scene.recoup.orders.recover(id, { path });

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

export interface Story {
  story: string;
  token: string;
  more?: Partial<CollectRequest>;
  acts: Act[];
}

/** An order's life each, from collect to its end. */
export const STORIES: Story[] = [
  { story: 'paid at once', token: 'sim:alpha=ok', acts: [] },
  { story: 'paid by the retry processor', token: 'sim:alpha=insufficient_funds', acts: [] },
  { story: 'unknown, then found', token: 'sim:alpha=500_charged', acts: [] },
  { story: 'unknown, then absent, then paid elsewhere', token: 'sim:alpha=500_lost', acts: [] },
  { story: 'the same key after a cut connection', token: 'sim:alpha=reset_lost,ok', acts: [] },
  { story: 'authenticated', token: 'sim:alpha=3ds_ok', acts: [(_, __, view) => actOnPage(view)] },
  { story: 'a new method pays', token: DECLINED, acts: [(scene, id) => scene.recoup.orders.recover(id, NEW_METHOD)] },
  {
    story: 'hosted checkout, left for a new method',
    token: DECLINED,
    acts: [recover('hosted_checkout'), (scene, id) => scene.recoup.orders.recover(id, NEW_METHOD)],
  },
  {
    story: 'an invoice is paid',
    token: DECLINED,
    acts: [recover('invoice'), async (scene, id) => actOnPage(await scene.recoup.orders.get(id))],
  },
  {
    story: 'held, released, tried again',
    token: 'sim:alpha=insufficient_funds,ok;beta=insufficient_funds',
    acts: [
      (scene, id) => scene.recoup.orders.hold(id, why),
      (scene, id) => scene.recoup.orders.release(id, why),
      (scene, id) => scene.recoup.orders.retry(id, why),
    ],
  },
  {
    story: 'authorized, then captured',
    token: 'sim:alpha=ok',
    more: { capture: 'manual' },
    acts: [(scene, id) => scene.recoup.orders.capture(id, why)],
  },
  { story: 'charged, known by its notice', token: 'sim:alpha=timeout_charged', acts: [] },
  {
    story: 'authorized, known by its notice, then cancelled',
    token: 'sim:alpha=timeout_charged',
    more: { capture: 'manual' },
    acts: [(scene, id) => scene.recoup.orders.cancel(id, why)],
  },
  {
    story: 'a surplus is given back',
    token: 'sim:card=first;alpha=late_webhook_60',
    acts: [
      believedAbsent,
      (scene, id) => scene.recoup.orders.recover(id, NEW_METHOD),
      (scene, id) => scene.until(id, ({ money }) => money.refunded > 0 && money.held === 0),
    ],
  },
  {
    story: 'hosted checkout, cancelled',
    token: DECLINED,
    acts: [recover('hosted_checkout'), (scene, id) => scene.recoup.orders.cancel(id, why)],
  },
];

/** Plays a story until the order and its run are closed. */
export async function played(
  scene: Scene,
  { token, more = {}, acts }: Story,
  eventsPerRun: number,
): Promise<{ orderId: string; end: OrderView }> {
  const orderId = newOrderId();
  await scene.collectWith(order(orderId, token, more), { eventsPerRun });
  for (const act of acts) await act(scene, orderId, await scene.recoup.orders.get(orderId));
  const end = await scene.until(orderId, ({ stage }) => stage === 'paid' || stage === 'cancelled');
  await scene.workflow(orderId).result();
  return { orderId, end };
}
