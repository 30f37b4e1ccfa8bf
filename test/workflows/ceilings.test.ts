import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CollectRequest, OrderView } from '../../client/index.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage } from './acts.ts';

const why = { reason: 'a test asks' };
/** One processor, no retry processor: one decline an order. */
const ALONE = { metadata: { route: 'gamma' } };
const MANDATE = { offSession: { agreement: 'recurring', mandateRef: 'mandate-1' } } as const;

let scene: Scene;

const start = async (token: string, more: Partial<CollectRequest> = {}) => {
  const orderId = newOrderId();
  return { orderId, answer: await scene.recoup.orders.collect(order(orderId, token, more)) };
};
const newCard = (brand = 'brand=mastercard;') => `sim:card=${newOrderId()};${brand}`;
const declineOften = async (card: string, times: number) => {
  for (let count = 0; count < times; count += 1) {
    const { answer } = await start(`${card}gamma=insufficient_funds`, ALONE);
    expect(answer.attempts).toMatchObject([{ outcome: 'declined' }]);
  }
};
/** Requests that a processor saw, lost ones included. */
const requests = async (orderId: string) =>
  (await scene.ledger(orderId)).reduce((sum, entry) => sum + (entry as { requests: number }).requests, 0);
const explained = async (orderId: string) => JSON.stringify((await scene.recoup.orders.explain(orderId)).decisions);
const refusedEverywhere = async (orderId: string, token: string, because: RegExp) => {
  const before = await requests(orderId);
  const choice = { path: 'new_method', paymentMethod: { token } } as const;
  for (const client of [scene.recoup, scene.http]) {
    for (const call of [() => client.orders.recover(orderId, choice), () => client.orders.retry(orderId, why)]) {
      await expect(call()).rejects.toMatchObject({ code: 'recovery_refused', message: expect.stringMatching(because) });
    }
  }
  expect(await requests(orderId)).toBe(before);
};
const startsNothing = async (token: string, more: Partial<CollectRequest> = {}) => {
  const { orderId, answer } = await start(token, more);
  expect(answer).toMatchObject({ stage: 'waiting_buyer', attempts: [] });
  expect(await scene.ledger(orderId)).toEqual([]);
  return orderId;
};

describe('ten declines of one Mastercard in 24 hours', () => {
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.close());

  test.concurrent('across orders: the eleventh try is refused by rule, buyer and support, and a new order starts nothing', async () => {
    const card = newCard();
    await declineOften(card, 9);
    // The tenth decline is the main processor’s: the retry processor is not asked.
    const { orderId, answer } = await start(`${card}alpha=insufficient_funds`);
    expect(answer).toMatchObject({ stage: 'waiting_buyer', attempts: [{ processor: 'alpha', outcome: 'declined' }] });
    expect(await requests(orderId)).toBe(1);
    expect(await explained(orderId)).toContain('mastercard declines in 24 hours: 10 of 10 used until');
    await refusedEverywhere(orderId, `${card}alpha=ok`, /10 of 10 used until .*Braintree network updates/);

    const other = await startsNothing(`${card}alpha=ok`);
    expect(await explained(other)).toContain('mastercard declines in 24 hours: 10 of 10 used until');
    await refusedEverywhere(other, `${card}beta=ok`, /10 of 10/);
    const paid = await scene.recoup.orders.recover(other, {
      path: 'new_method',
      paymentMethod: { token: `${newCard()}alpha=ok` },
    });
    expect(paid.stage).toBe('paid');
    expect(await scene.netCaptured(other)).toBe(4999);
  });

  test.concurrent('what the buyer and support try counts too', async () => {
    const card = newCard();
    await declineOften(card, 7);
    const { orderId } = await start(`${card}gamma=insufficient_funds`, ALONE);
    await scene.recoup.orders.retry(orderId, why);
    const choice = { path: 'new_method', paymentMethod: { token: `${card}gamma=do_not_honor` } } as const;
    await scene.recoup.orders.recover(orderId, choice);
    expect(await requests(orderId)).toBe(3);
    await refusedEverywhere(orderId, `${card}gamma=ok`, /10 of 10/);
    const tries = await scene.store.listCardTries(scene.merchantId, `sim-card:${/card=([^;]+)/.exec(card)?.[1]}`);
    expect(tries.slice(7).map(({ startedBy, state }) => `${startedBy} ${state}`)).toEqual([
      'rule declined',
      'support declined',
      'buyer declined',
    ]);
  });

  test.concurrent('eight orders at once with room for one: one request leaves, and the others say why they did not', async () => {
    const card = newCard();
    await declineOften(card, 9);
    const started = await Promise.all(Array.from({ length: 8 }, () => start(`${card}gamma=insufficient_funds`, ALONE)));
    const counts = await Promise.all(started.map(({ orderId }) => requests(orderId)));
    expect(counts.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
    for (const [index, { orderId, answer }] of started.entries()) {
      expect(answer.stage).toBe('waiting_buyer');
      if (counts[index] === 1) continue;
      const { entries } = await scene.recoup.orders.timeline(orderId);
      expect(JSON.stringify(entries)).toContain('10 of 10 used until');
    }
  });

  test.concurrent('an approval takes no place, and what never reached the processor gives its place back', async () => {
    const card = newCard();
    await declineOften(card, 9);
    expect((await start(`${card}alpha=ok`)).answer.stage).toBe('paid');
    // Refused without being executed, three times and at both processors; then the last place is still free.
    expect((await start(`${card}alpha=503;beta=503`)).answer.stage).toBe('waiting_buyer');
    const { answer } = await start(`${card}gamma=insufficient_funds`, ALONE);
    expect(answer.attempts).toMatchObject([{ outcome: 'declined' }]);
    await startsNothing(`${card}alpha=ok`);
  });

  test.concurrent('a card whose network nobody named is counted as soon as a processor names it', async () => {
    const card = newCard('');
    const { orderId } = await start(`${card}alpha=insufficient_funds@mac=02;beta=insufficient_funds@mac=02`);
    const uncounted =
      'nobody named the network of this payment method: no network ceiling can be counted for it until a processor does';
    expect(await explained(orderId)).toContain(uncounted);
    // Without a brand the simulator reports the network of whose codes the token speaks.
    for (let count = 0; count < 4; count += 1) {
      await start(`${card}alpha=insufficient_funds@mac=02;beta=insufficient_funds@mac=02`);
    }
    await startsNothing(`${card}alpha=ok`);
  });

  test.concurrent('what the buyer tries on a processor’s own page counts as well, though nobody of us can refuse it there', async () => {
    const card = newCard();
    await declineOften(card, 9);
    const { orderId } = await start('sim:alpha=insufficient_funds;beta=insufficient_funds');
    const open = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
    await actOnPage(open, { token: `${card}alpha=insufficient_funds` });
    const identity = `sim-card:${/card=([^;]+)/.exec(card)?.[1]}`;
    const tries = () => scene.store.listCardTries(scene.merchantId, identity);
    await poll(tries, (all) => all.length === 10, 10_000);
    expect((await tries()).at(-1)).toMatchObject({ startedBy: 'page', state: 'declined', network: 'mastercard' });
    const timeline = () => scene.recoup.orders.timeline(orderId);
    await poll(timeline, ({ entries }) => entries.some(({ kind }) => kind === 'page_try_declined'), 10_000);
    await startsNothing(`${card}alpha=ok`);
  });

  test.concurrent('another network has its own ceilings, and a card whose network is not known has none, which is said', async () => {
    const amex = newCard('brand=amex;');
    await declineOften(amex, 11);
    const { orderId } = await start(`${amex}alpha=insufficient_funds;beta=ok`);
    expect(await explained(orderId)).toContain('no ceiling of amex is documented');
  });
});

describe('a card that one order was declined with for good', () => {
  beforeAll(async () => {
    scene = await openScene({ timeScale: 20 });
  });
  afterAll(() => scene.close());

  const declined = 'alpha=insufficient_funds;beta=insufficient_funds';

  test.concurrent.each([
    ['a stolen card', 'alpha=stolen_card'],
    ['Visa category 1', 'alpha=do_not_honor@visa=14'],
    ['Mastercard advice 03', 'alpha=do_not_honor@mac=03'],
    ['Mastercard advice 21', 'alpha=do_not_honor@mac=21'],
  ])('%s: refused to every other order of the merchant, by every route', async (_what, outcome) => {
    const card = newCard('');
    const before = await start(`${card}${declined}`);
    const saved = await start(`sim:${declined}`, { savedMethods: [{ token: `${card}alpha=ok` }] });
    const { orderId } = await start(`${card}${outcome}`);
    expect(await requests(orderId)).toBe(1);

    await refusedEverywhere(before.orderId, `${card}alpha=ok`, new RegExp(`forbidden after .*, by order ${orderId}`));
    const instrument = saved.answer.nextAction.options[0]?.instrument?.id ?? expect.fail('no saved method was offered');
    const choice = { path: 'saved_method', instrument } as const;
    await expect(scene.http.orders.recover(saved.orderId, choice)).rejects.toMatchObject({ code: 'recovery_refused' });
    const after = await startsNothing(`${card}alpha=ok`);
    const offSession = await startsNothing(`${card}alpha=ok`, MANDATE);
    for (const each of [after, offSession]) expect(await explained(each)).toContain(`by order ${orderId}`);
    const without = await start(`sim:${declined}`, { savedMethods: [{ token: `${card}alpha=ok` }] });
    expect(without.answer.nextAction.options.map(({ path }) => path)).not.toContain('saved_method');
  });

  test.concurrent('blocked for good is the one order’s', async () => {
    const card = newCard('');
    await start(`${card}alpha=blocked_for_good`);
    expect((await start(`${card}alpha=ok`)).answer.stage).toBe('paid');
  });

  test.concurrent('an order that is reopened meets the mark', async () => {
    const card = newCard('');
    const { orderId } = await start(`${card}${declined}`);
    await scene.recoup.orders.close(orderId, why);
    await scene.until(orderId, ({ stage }) => stage === 'failed');
    await start(`${card}alpha=lost_card`);
    await scene.recoup.orders.reopen(orderId, why);
    await refusedEverywhere(orderId, `${card}alpha=ok`, /by order/);
  });
});

describe('while time passes', () => {
  // A day is 8.64 s.
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10_000 });
  });
  afterAll(() => scene.close());

  const isScheduled = ({ stage }: OrderView) => stage === 'retry_scheduled';

  test.concurrent('a later try that another order’s hard decline forbids is not sent', async () => {
    const card = newCard('');
    const { orderId, answer } = await start(`${card}gamma=insufficient_funds,ok`, { ...ALONE, ...MANDATE });
    expect(answer.stage).toBe('retry_scheduled');
    await start(`${card}gamma=stolen_card`, ALONE);
    const dropped = await scene.until(orderId, (view) => !isScheduled(view) && view.stage !== 'attempting');
    expect(dropped.attempts).toMatchObject([{ outcome: 'declined' }, { outcome: 'not_executed' }]);
    expect(await requests(orderId)).toBe(1);
    const { entries } = await scene.recoup.orders.timeline(orderId);
    expect(JSON.stringify(entries)).toContain('Attempt 2 was not sent');
  });

  test.concurrent('an order with a mandate that meets a reached ceiling is tried when the window ends', async () => {
    const card = newCard();
    await declineOften(card, 10);
    const { orderId, answer } = await start(`${card}gamma=ok`, { ...ALONE, ...MANDATE });
    expect(answer).toMatchObject({ stage: 'retry_scheduled', attempts: [] });
    const { entries } = await scene.recoup.orders.timeline(orderId);
    const planned = entries.find((entry) => entry.planned)?.at ?? expect.fail('nothing is planned');
    expect(await scene.ledger(orderId)).toEqual([]);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    const [charge] = paid.attempts[0]?.operations ?? [];
    expect(Date.parse(charge?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(planned));
  });

  test.concurrent('Mastercard advice 25: exactly a day later, nowhere before', async () => {
    const { orderId } = await start(`${newCard()}alpha=insufficient_funds@mac=25,ok;beta=ok`, MANDATE);
    const paid = await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(paid.attempts.map(({ processor }) => processor)).toEqual(['alpha', 'alpha']);
    const [declinedAt, againAt] = paid.attempts.map(({ operations }) => operations[0]);
    const waitedMs = Date.parse(againAt?.startedAt ?? '') - Date.parse(declinedAt?.endedAt ?? '');
    const dayMs = 86_400_000 / 10_000;
    expect(waitedMs).toBeGreaterThanOrEqual(dayMs);
    // Not by a rule that counts in days of its own: the machine may be busy, but not for half a day.
    expect(waitedMs).toBeLessThan(1.5 * dayMs);
  });
});
