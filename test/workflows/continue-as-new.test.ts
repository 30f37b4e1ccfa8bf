import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { actOnPage, toldTypes } from './acts.ts';

const DECLINED = 'sim:card=poor;alpha=insufficient_funds;beta=insufficient_funds';
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
const why = { reason: 'a test asks' };

type Act = (scene: Scene, orderId: string, view: OrderView) => Promise<unknown>;
const recover =
  (path: 'hosted_checkout' | 'invoice'): Act =>
  (scene, id) =>
    scene.recoup.orders.recover(id, { path });

const STORIES: { story: string; token: string; more?: Partial<CollectRequest>; acts: Act[] }[] = [
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
  {
    story: 'hosted checkout, cancelled',
    token: DECLINED,
    acts: [recover('hosted_checkout'), (scene, id) => scene.recoup.orders.cancel(id, why)],
  },
];

describe('continued as new after every event, an order ends as it would in one run', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10 });
  });
  afterAll(() => scene.close());

  const played = async ({ token, more = {}, acts }: (typeof STORIES)[number], eventsPerRun: number) => {
    const orderId = newOrderId();
    let view = await scene.collectWith(order(orderId, token, more), { eventsPerRun });
    for (const act of acts) {
      view = await scene.recoup.orders.get(orderId);
      await act(scene, orderId, view);
    }
    const end = await scene.until(orderId, ({ stage }) => stage === 'paid' || stage === 'cancelled');
    await scene.workflow(orderId).result();
    const { entries } = await scene.recoup.orders.timeline(orderId);
    return {
      orderId,
      told: {
        stage: end.stage,
        money: end.money,
        attempts: end.attempts.map(({ number, processor, outcome, failureClass }) => [
          number,
          processor,
          outcome,
          failureClass,
        ]),
        ledger: (await scene.ledger(orderId)).map(({ processor, operation, effect }) => [processor, operation, effect]),
        attemptsTold: entries.filter(({ kind }) => kind === 'attempt_started').length,
        merchantTold: (await toldTypes(scene, orderId)).sort(),
      },
    };
  };

  test.each(STORIES)('$story', async (story) => {
    const [whole, cut] = await Promise.all([played(story, 1_000), played(story, 1)]);
    expect(cut.told).toEqual(whole.told);
    if (story.acts.length === 0) return;
    const { events } = await scene.workflow(cut.orderId).fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).not.toBe('');
  });
});
