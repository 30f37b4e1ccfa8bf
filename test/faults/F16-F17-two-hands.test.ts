import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, type Scene } from '../setup/scene.ts';
import { actOnPage, effects } from '../workflows/acts.ts';

const DECLINED = 'sim:alpha=insufficient_funds;beta=insufficient_funds';
const newMethod = (card: string) =>
  ({ path: 'new_method', paymentMethod: { token: `sim:card=${card};alpha=ok` } }) as const;

let scene: Scene;
afterAll(() => scene.close());
beforeAll(async () => {
  scene = await openScene({ timeScale: 10 });
});

const declined = async (more = {}) => {
  const orderId = newOrderId();
  await scene.recoup.orders.collect(order(orderId, DECLINED, more));
  return orderId;
};
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const paidOnce = async (orderId: string) => {
  await scene.until(orderId, ({ stage }) => stage === 'paid');
  expect(await effects(scene, orderId)).toEqual(['alpha captured']);
};

describe('F16: the buyer pays the hosted page at the moment in which we close it', () => {
  /** Who is first is not ours to say: from well before our call to well after it. */
  const OFFSETS_MS = [-40, -10, 0, 10, 20, 40, 80, 120, 200, 300, 500, 1_000];

  test('F16: for another card: the fence wins or the other charge is not made; one capture in every case', async () => {
    const won = { page: 0, card: 0 };
    await Promise.all(
      OFFSETS_MS.map(async (offsetMs, n) => {
        const orderId = await declined();
        const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
        const pay = later(Math.max(0, offsetMs)).then(() => actOnPage(open));
        const leave = later(Math.max(0, -offsetMs)).then(() =>
          scene.recoup.orders.recover(orderId, newMethod(`c${n}`)),
        );
        const [status] = await Promise.all([pay, leave.catch(() => null)]);
        await paidOnce(orderId);
        won[status === 200 ? 'page' : 'card'] += 1;
        const charges = (await scene.ledger(orderId)).filter(({ operation }) => operation === 'charge');
        expect(charges).toHaveLength(status === 200 ? 2 : 3);
      }),
    );
    expect(won.page + won.card).toBe(OFFSETS_MS.length);
    expect(Math.min(won.page, won.card)).toBeGreaterThan(0);
  });

  test('F16: for support’s retry: it is refused while the page can take money', async () => {
    const orderId = await declined();
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    const [status, refused] = await Promise.all([
      actOnPage(open),
      scene.recoup.orders.retry(orderId, { reason: 'a test asks' }).catch(({ code }) => code),
    ]);
    expect(status).toBe(200);
    expect(['recovery_refused', 'order_closed']).toContain(refused);
    await paidOnce(orderId);
  });

  test('F16: for a cancel: either the page is closed and nothing was taken, or the order is paid', async () => {
    const won = { page: 0, cancel: 0 };
    await Promise.all(
      OFFSETS_MS.map(async (offsetMs) => {
        const orderId = await declined();
        const open = await scene.recoup.orders.recover(orderId, { path: 'invoice' });
        const pay = later(Math.max(0, offsetMs)).then(() => actOnPage(open));
        const cancel = later(Math.max(0, -offsetMs)).then(() =>
          scene.recoup.orders.cancel(orderId, { reason: 'a test' }),
        );
        const [status] = await Promise.all([pay, cancel.catch(() => null)]);
        await scene.until(orderId, ({ stage }) => stage === (status === 200 ? 'paid' : 'cancelled'));
        expect(await scene.netCaptured(orderId)).toBe(status === 200 ? 4999 : 0);
        won[status === 200 ? 'page' : 'cancel'] += 1;
      }),
    );
    expect(Math.min(won.page, won.cancel)).toBeGreaterThan(0);
  });
});

describe('F16: where a page cannot be closed, and a person says that nothing came of it', () => {
  /** What takes half an hour takes 3 s. */
  let hurried: Scene;
  beforeAll(async () => {
    hurried = await openScene({ timeScale: 600 });
  });
  afterAll(() => hurried.close());

  test('F16: paid on both sides: the page’s payment is a surplus, and goes back', async () => {
    const { orders } = hurried.recoup;
    const orderId = newOrderId();
    const token = 'sim:gamma=insufficient_funds';
    await orders.collect(order(orderId, token, { metadata: { route: 'gamma' } }));
    const open = await orders.recover(orderId, { path: 'hosted_checkout' });
    const chosen = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;gamma=ok' } } as const;
    expect((await orders.recover(orderId, chosen)).attempts).toHaveLength(2);
    await hurried.until(orderId, ({ nextAction }) => nextAction.messageKey === 'cannot_fence');
    const evidence = { evidence: 'no payment in the dashboard', reason: 'a test asks' };
    await orders.resolve(orderId, { attempt: 2, outcome: 'absent', ...evidence });
    await hurried.until(orderId, ({ stage }) => stage === 'paid');
    expect(await actOnPage(open)).toBe(200);
    const settled = await hurried.until(orderId, ({ money }) => money.refunded > 0);
    expect(settled).toMatchObject({ stage: 'paid', money: { captured: 9998, refunded: 4999, net: 4999, held: 0 } });
    expect(await hurried.netCaptured(orderId)).toBe(4999);
  });
});

describe('F16: the buyer pays the hosted page at the moment of an automatic retry', () => {
  /** A day is 8.6 s. */
  let hurried: Scene;
  beforeAll(async () => {
    hurried = await openScene({ timeScale: 10_000 });
  });
  afterAll(() => hurried.close());

  test('F16: the retry is skipped once the buyer has chosen the page: one capture, whenever they pay', async () => {
    const mandate = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;
    await Promise.all(
      [-300, -50, 0, 50, 300].map(async (offsetMs) => {
        const orderId = newOrderId();
        const scheduled = await hurried.recoup.orders.collect(order(orderId, `${DECLINED}`, mandate));
        expect(scheduled.stage).toBe('retry_scheduled');
        const dueMs = Date.parse(scheduled.nextAction.at ?? '');
        const open = await hurried.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
        await later(dueMs + offsetMs - Date.now());
        expect(await actOnPage(open)).toBe(200);
        const { attempts } = await hurried.until(orderId, ({ stage }) => stage === 'paid');
        expect(attempts.map(({ outcome }) => outcome)).toEqual(['declined', 'declined', 'succeeded']);
        expect(await effects(hurried, orderId)).toEqual(['alpha captured']);
      }),
    );
  });
});

/** Done, on its way, or refused because somebody else was first. */
const ANSWERED = new Set([200, 202, 409]);

/** A buyer in a browser tab: a token of its own, and nothing but the buyer’s side of the interface. */
async function openTab(orderId: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': `${orderId}-${Math.random()}` };
  const minted = await fetch(`${scene.gatewayUrl}/v1/orders/${orderId}/buyer-tokens`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${scene.apiKey}` },
    body: '{}',
  });
  const { token } = (await minted.json()) as { token: string };
  const call = async (path: string, body?: unknown) => {
    const answer = await fetch(`${scene.gatewayUrl}/v1/buyer/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as OrderView & { status?: string; code?: string } };
  };
  return { look: () => call('order'), choose: (choice: unknown) => call('order/recovery', choice) };
}

describe('F17: two tabs, a double click, the back button', () => {
  test('F17: hosted checkout clicked twice in each of two tabs is one session, and every tab has its page', async () => {
    const orderId = await declined();
    const tabs = [await openTab(orderId), await openTab(orderId)];
    const clicks = tabs.flatMap((tab) => [tab, tab]);
    const answers = await Promise.all(clicks.map((tab) => tab.choose({ path: 'hosted_checkout' })));
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(answers.filter(({ status }) => !ANSWERED.has(status))).toEqual([]);
    const urls = await Promise.all(tabs.map(async (tab) => (await tab.look()).body.nextAction.url));
    expect(urls[0]).toEqual(expect.any(String));
    expect(new Set(urls).size).toBe(1);
    expect((await scene.ledger(orderId)).filter(({ operation }) => operation === 'open_hosted')).toHaveLength(1);
  });

  test('F17: a new card sent twice in each of two tabs is one charge, and both tabs end on the same page', async () => {
    const orderId = await declined();
    const tabs = [await openTab(orderId), await openTab(orderId)];
    const answers = await Promise.all(tabs.flatMap((tab) => [tab, tab]).map((tab) => tab.choose(newMethod('rich'))));
    expect(answers.filter(({ status }) => !ANSWERED.has(status))).toEqual([]);
    await paidOnce(orderId);
    const [one, other] = await Promise.all(tabs.map((tab) => tab.look()));
    expect(one?.body.status).toBe('paid');
    expect(one?.body).toEqual(other?.body);
  });

  test('F17: back after paying: every way is refused, the processor’s page too, and the tab shows paid', async () => {
    const orderId = await declined();
    const tab = await openTab(orderId);
    const { body: open } = await tab.choose({ path: 'hosted_checkout' });
    expect(await actOnPage(open)).toBe(200);
    await paidOnce(orderId);
    expect(await actOnPage(open)).toBe(410);
    for (const choice of [newMethod('late'), { path: 'hosted_checkout' }, { path: 'invoice' }]) {
      const { status, body } = await tab.choose(choice);
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'order_closed' });
    }
    expect((await tab.look()).body).toMatchObject({ status: 'paid', nextAction: { type: 'none' } });
    await paidOnce(orderId);
  });
});
