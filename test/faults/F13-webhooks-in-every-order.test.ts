import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest } from '../../client/index.ts';
import { deliverKept, type KeptNotice, type KeptNotices, keepNotices } from '../setup/kept-notices.ts';
import { notice, signedHeaders } from '../setup/notices.ts';
import { type LedgerEntry, newOrderId, openScene, order, poll, type Scene, WEBHOOK_SECRET } from '../setup/scene.ts';
import { actOnPage } from '../workflows/acts.ts';
import { endOf } from './kill-points/order-end.ts';
import { permutations } from './permutations.ts';

let scene: Scene;
let notices: KeptNotices;
beforeAll(async () => {
  // These orders begin with lost answers: so many at once would open gamma's breaker.
  scene = await openScene({ timeScale: 20, env: { RECOUP_BREAKER_FAILURES: '1000' } });
  notices = await keepNotices(scene);
});
afterAll(async () => {
  notices.close();
  await scene.close();
});

/** gamma has no lookup and no key: nothing but its notices says what became of a charge. */
const AT_GAMMA = { metadata: { route: 'gamma' } };

interface Case {
  what: string;
  token: string;
  more?: Partial<CollectRequest>;
  /** What happens at gamma before any notice of it is delivered. */
  meanwhile: (orderId: string) => Promise<unknown>;
  /** What is delivered, in each order that is possible. Twice the same: the very same bytes. */
  told: string[];
  /** Of these, what the simulator never tells by itself of such a charge: written and signed here. */
  written?: Record<string, Record<string, unknown>>;
  end: { stage: string; money: Record<string, number> };
}

/** By hand, on the processor's dashboard: we hear of it by its notice only. */
const atGamma = async (orderId: string, path: 'captures' | 'refunds', amountMinor: number) => {
  const [charge] = await scene.ledger(orderId);
  const { merchantId } = scene;
  const answer = await fetch(`${scene.simulator.processors.gamma}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ merchantId, orderId, reference: charge?.reference, amountMinor }),
  });
  expect(await answer.json()).toMatchObject({ status: 'succeeded' });
};

const CASES: Case[] = [
  {
    what: 'a charge without an answer: captured, partly refunded (told twice), disputed in part',
    token: 'sim:gamma=reset_charged',
    meanwhile: (orderId) => atGamma(orderId, 'refunds', 1_000),
    told: ['payment.captured', 'refund.succeeded', 'refund.succeeded', 'dispute.opened'],
    written: { 'dispute.opened': { disputedMinor: 500 } },
    end: {
      stage: 'paid',
      money: { captured: 4_999, refunded: 1_000, disputed: 500, returned: 0, held: 0, net: 3_499 },
    },
  },
  {
    what: 'a charge that settles: pending, captured (told twice), returned (told twice)',
    token: 'sim:gamma=pending_then_ok',
    meanwhile: (orderId) => notices.ofOrder(orderId, ['payment.captured']),
    told: ['payment.captured', 'payment.captured', 'payment.returned', 'payment.returned'],
    written: { 'payment.returned': { returnedMinor: 4_999 } },
    end: {
      stage: 'paid',
      money: { captured: 4_999, refunded: 0, disputed: 0, returned: 4_999, held: 0, net: 0 },
    },
  },
  {
    what: 'an authorization without an answer: authorized, captured and partly refunded by hand',
    token: 'sim:gamma=reset_charged',
    more: { capture: 'manual' },
    meanwhile: async (orderId) => {
      await atGamma(orderId, 'captures', 4_999);
      await atGamma(orderId, 'refunds', 1_000);
    },
    told: ['payment.authorized', 'payment.captured', 'refund.succeeded'],
    end: {
      stage: 'paid',
      money: { captured: 4_999, refunded: 1_000, disputed: 0, returned: 0, held: 0, net: 3_999 },
    },
  },
  {
    what: 'a hosted page: a declined try, then paid (told twice), then closed',
    token: 'sim:gamma=insufficient_funds',
    meanwhile: async (orderId) => {
      const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
      expect(await actOnPage(open, { token: 'sim:card=poor;gamma=insufficient_funds' })).toBe(402);
      expect(await actOnPage(open, { token: 'sim:card=rich;gamma=ok' })).toBe(200);
    },
    told: ['hosted_session.try_declined', 'payment.captured', 'payment.captured', 'hosted_session.closed'],
    written: { 'hosted_session.closed': { object: 'hosted_session', status: 'closed', operation: 'open_hosted' } },
    end: {
      stage: 'paid',
      money: { captured: 4_999, refunded: 0, disputed: 0, returned: 0, held: 0, net: 4_999 },
    },
  },
];

describe('F13: webhooks in every order', () => {
  test.each(CASES.map((each) => [each.what, each] as const))(
    'F13: %s: the same end for all orders',
    async (_, each) => {
      const orders = distinct([...permutations(each.told)]);
      const [first, ...others] = await Promise.all([
        ...orders.map((told) => play(each, told)),
        play(each, each.told, true),
      ]);
      expect(first).toMatchObject({ stage: each.end.stage, money: each.end.money });
      for (const [index, end] of others.entries()) {
        expect(end, orders[index + 1]?.join(', ') ?? 'all at once').toEqual(first);
      }
    },
  );
});

/** Twice the same notice makes orders that nobody can tell apart. */
function distinct(orders: string[][]): string[][] {
  return [...new Map(orders.map((told) => [told.join(), told])).values()];
}

/** An order of its own, to which this happens, and which hears of it in this order. */
async function play({ token, more, meanwhile, end, written = {} }: Case, told: string[], atOnce = false) {
  const orderId = newOrderId();
  await scene.recoup.orders.collect(order(orderId, token, { ...AT_GAMMA, ...more }));
  await meanwhile(orderId);
  const sent = await notices.ofOrder(
    orderId,
    told.filter((type) => written[type] === undefined),
  );
  for (const [type, change] of Object.entries(written)) sent.push(await writtenNotice(orderId, type, change));
  const one = (type: string) =>
    delivered(sent.find((each) => each.type === type) ?? expect.fail(`${type} was not sent`));
  if (atOnce) await Promise.all(told.map(one));
  else for (const type of told) await one(type);
  await poll(
    () => unapplied(orderId),
    (events) => events.length === 0,
    20_000,
  );
  const reached = await endOf(scene, orderId);
  const { captured, refunded } = end.money;
  expect(await inLedger(orderId, 'captured')).toBe(captured);
  expect(await inLedger(orderId, 'refunded')).toBe(refunded);
  return { ...reached, told: [...new Set(reached.told)].sort() };
}

/** What the processor itself says, minor units. */
async function inLedger(orderId: string, wanted: LedgerEntry['effect']): Promise<number> {
  const entries = (await scene.ledger(orderId)).filter(({ effect }) => effect === wanted);
  return entries.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** Again until it is taken, as a processor does: a gateway that is short of time says 503. */
async function delivered(sent: KeptNotice): Promise<void> {
  await poll(
    () => deliverKept(scene.gatewayUrl, sent),
    (status) => status === 200,
    20_000,
  );
}

/** About the order's last payment or page, in the words of the simulator. */
async function writtenNotice(orderId: string, type: string, change: Record<string, unknown>): Promise<KeptNotice> {
  const { attempts } = await scene.recoup.orders.get(orderId);
  const { number: attempt, operations } = attempts.at(-1) ?? expect.fail('no attempt yet');
  const key = operations[0]?.key;
  const about = { processor: 'gamma', attempt, key, reference: await referenceOf(orderId, key), ...change };
  const body = JSON.stringify(notice({ merchantId: scene.merchantId, orderId }, about, type));
  const headers = { 'content-type': 'application/json', ...signedHeaders(body, { secret: WEBHOOK_SECRET }) };
  return { type, processor: 'gamma', orderId, headers, body };
}

const referenceOf = async (orderId: string, key: string | undefined) =>
  (await scene.ledger(orderId)).find((entry) => entry.key === key)?.reference ??
  expect.fail('the ledger has no such key');

/** Stored, and not yet written into the order. What the order knows already is put aside at once. */
async function unapplied(orderId: string) {
  const waiting = await scene.store.listUnappliedEvents({ merchantId: scene.merchantId, limit: 1_000 });
  return waiting.filter((event) => event.orderId === orderId);
}
