import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage } from '../workflows/acts.ts';
import { untilQuiet } from './kill-points/lives.ts';
import { endOf } from './kill-points/order-end.ts';
import { finishedTasks, resetTo } from './resets.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
const why = { reason: 'a test asks' };

/** An order that is open and rests, and what brings it to its end. */
interface OpenStory {
  token: string;
  more?: Partial<CollectRequest>;
  /** What the buyer chose, after which it rests. */
  chosen?: 'hosted_checkout' | 'invoice';
  rests: OrderView['stage'];
  /** `view` is what was read while the order rested, before anybody reset it. */
  goesOn(scene: Scene, view: OrderView): Promise<unknown>;
  ends: OrderView['stage'];
  /** Proof may be asked for by the same key: how often is for the clock to say. */
  sendsAgain?: true;
}

const itself = async () => {};
const onItsPage = async (_: Scene, view: OrderView) => expect(await actOnPage(view)).toBe(200);

const STORIES: Record<string, OpenStory> = {
  'a later try is planned: it comes once, and not before its time': {
    // Advice of the network: exactly one hour later, which is 7 s.
    token: 'sim:brand=mastercard;alpha=insufficient_funds@mac=24,ok;beta=insufficient_funds@mac=24',
    more: { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } },
    rests: 'retry_scheduled',
    goesOn: async (scene, { orderId, nextAction }) => {
      await scene.until(orderId, ({ stage }) => stage === 'paid');
      const charged = (await scene.ledger(orderId)).find(({ effect }) => effect === 'captured');
      expect(Date.parse(charged?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(nextAction.at ?? 'no time'));
    },
    ends: 'paid',
  },
  'an unknown outcome is being confirmed, and its webhook comes': {
    token: 'sim:alpha=late_webhook_120',
    rests: 'confirming',
    goesOn: itself,
    ends: 'paid',
    sendsAgain: true,
  },
  'an unknown outcome where the same key would be a second charge, and its webhook comes': {
    token: 'sim:gamma=late_webhook_120',
    more: { metadata: { route: 'gamma' } },
    rests: 'confirming',
    goesOn: itself,
    ends: 'paid',
  },
  'waiting for the buyer, who pays with a new method': {
    token: DECLINED,
    rests: 'waiting_buyer',
    goesOn: (scene, { orderId }) => insisted(() => scene.recoup.orders.recover(orderId, NEW_METHOD)),
    ends: 'paid',
  },
  'waiting for the buyer, and the shop cancels': {
    token: DECLINED,
    rests: 'waiting_buyer',
    goesOn: (scene, { orderId }) => scene.recoup.orders.cancel(orderId, why),
    ends: 'cancelled',
  },
  'a hosted checkout page is open, and paid': {
    token: DECLINED,
    chosen: 'hosted_checkout',
    rests: 'hosted_checkout',
    goesOn: onItsPage,
    ends: 'paid',
  },
  'an invoice is open, and paid': {
    token: DECLINED,
    chosen: 'invoice',
    rests: 'invoiced',
    goesOn: onItsPage,
    ends: 'paid',
  },
  'the buyer authenticates': {
    token: 'sim:alpha=3ds_ok',
    rests: 'waiting_authentication',
    goesOn: onItsPage,
    ends: 'paid',
  },
  'authorized, and the shop captures': {
    token: 'sim:alpha=ok',
    more: { capture: 'manual' },
    rests: 'authorized',
    goesOn: (scene, { orderId }) => insisted(() => scene.recoup.orders.capture(orderId, why)),
    ends: 'paid',
  },
};

/** Refused while the run that was reset still finds out how the order stands: read again, says the refusal. */
async function insisted(ask: () => Promise<OrderView>): Promise<void> {
  const refused = ({ code }: { code?: string }) => code === 'recovery_refused' || code === 'unavailable';
  await poll(
    () => ask().catch((error) => (refused(error) ? null : Promise.reject(error))),
    (view) => view !== null,
    20_000,
  );
}

async function atRest(scene: Scene, { token, more, chosen, rests }: OpenStory): Promise<OrderView> {
  const orderId = newOrderId();
  const collected = await scene.recoup.orders.collect(order(orderId, token, more));
  const view = chosen === undefined ? collected : await scene.recoup.orders.recover(orderId, { path: chosen });
  expect(view.stage).toBe(rests);
  // Notices of declines come a moment later, and are tasks of their own. While an outcome is unknown it is never quiet.
  if (rests !== 'confirming') await untilQuiet(scene, orderId);
  return view;
}

/** Everything that is to be the same whoever reset the order. */
async function toItsEnd(scene: Scene, { goesOn, ends, sendsAgain }: OpenStory, view: OrderView) {
  const { orderId } = view;
  await goesOn(scene, view);
  await scene.until(orderId, ({ stage }) => stage === ends);
  await scene.workflow(orderId).result();
  const ledger = await scene.ledger(orderId);
  const { entries } = await scene.recoup.orders.timeline(orderId);
  const numbersOf = (kind: string) => entries.filter((each) => each.kind === kind).map(({ attempt }) => attempt);
  return {
    ...(await endOf(scene, orderId)),
    requests: sendsAgain ? null : ledger.map(({ operation, requests }) => `${operation} ${requests}`),
    started: numbersOf('attempt_started'),
    succeeded: numbersOf('attempt_succeeded'),
    declined: numbersOf('attempt_declined'),
  };
}

/**
 * Its life once in peace; and, for each task that it had when it rested, orders that are reset to there. They begin two at
 * a time, because on a busy machine so many calls at once would time out, and end side by side.
 */
async function endsTheSame(scene: Scene, story: OpenStory): Promise<void> {
  const peaceful = await atRest(scene, story);
  const tasks = (await finishedTasks(scene, peaceful.orderId)).length;
  const wanted = toItsEnd(scene, story, peaceful);
  const goesOn = async ({ view, runId }: Reset, settles: boolean) => {
    if (settles) await untilQuiet(scene, view.orderId);
    const end = await toItsEnd(scene, story, view);
    expect((await scene.workflow(view.orderId).describe()).runId).not.toBe(runId);
    return end;
  };
  const ends: Promise<PromiseSettledResult<unknown>[]>[] = [];
  for (let nth = 0; nth < tasks; nth += 1) {
    const pair = await Promise.all([resetAt(scene, story, nth), resetAt(scene, story, nth)]);
    ends.push(Promise.allSettled(pair.map((reset, index) => goesOn(reset, index === 1))));
  }
  const all = (await Promise.all(ends)).flat();
  const same = { status: 'fulfilled', value: await wanted };
  for (const [index, end] of all.entries()) {
    expect(end, `reset to task ${index >> 1}, then went on ${index % 2 ? 'later' : 'at once'}`).toEqual(same);
  }
}

interface Reset {
  view: OrderView;
  /** The run that was reset. */
  runId: string;
}

async function resetAt(scene: Scene, story: OpenStory, nth: number): Promise<Reset> {
  const view = await atRest(scene, story);
  const { orderId } = view;
  const { runId } = await scene.workflow(orderId).describe();
  const own = await finishedTasks(scene, orderId);
  await resetTo(scene, orderId, { runId, task: own[Math.min(nth, own.length - 1)] ?? expect.fail('no task') });
  expect((await scene.recoup.orders.get(orderId)).stage).toBe(story.rests);
  return { view, runId };
}

describe('F10: an order that is open and rests, reset to every workflow task', () => {
  let scene: Scene;
  let faster: Scene;
  beforeAll(async () => {
    [scene, faster] = await Promise.all([openScene({ timeScale: 10 }), openScene({ timeScale: 500 })]);
  });
  afterAll(async () => {
    await scene.close();
    await faster.close();
  });

  test.concurrent.each(Object.entries(STORIES))('F10: %s', (_, story) =>
    endsTheSame(story.rests === 'retry_scheduled' ? faster : scene, story),
  );
});
