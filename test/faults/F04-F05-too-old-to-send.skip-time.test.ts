import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashOf } from '../../contract/keys.ts';
import type { Rulebook } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import type { Sheet } from '../../policy/sheet.ts';
import { newOrderId, order } from '../setup/scene.ts';
import { openSkippingScene, type SkippingScene } from '../setup/skipping-scene.ts';
import { control, effects, toldTypes } from '../workflows/acts.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** By the sheets of F5 alone, hours or days apart. */
const LOOKUPS_IN_WINDOW = 24;
const NEW_METHOD = { path: 'new_method', paymentMethod: { token: 'sim:card=other;alpha=ok' } } as const;

let scene: SkippingScene;
let orderId: string;
beforeEach(async () => {
  scene = await openSkippingScene({ webhooks: 'held' });
  orderId = newOrderId();
});
afterEach(() => scene.replayAndClose([orderId]));

const stageIs = (wanted: string) => scene.until(orderId, ({ stage }) => stage === wanted, 20_000);
const stored = async () => (await scene.store.findOrder(scene.merchantId, orderId))?.state;
/** Calls that alpha failed, whatever they were. */
const arrivedAtAlpha = async () => {
  const answer = await fetch(`${scene.simulator.url}/control/alpha/faults`);
  return ((await answer.json()) as { counts: { errorPercent: number } }).counts.errorPercent;
};
/** What the table calls an alert: the order says so, the merchant is told, and the log has a line. */
const alerted = async () => {
  expect(await scene.store.findOrder(scene.merchantId, orderId)).toMatchObject({ needsHuman: true });
  expect(await toldTypes(scene, orderId)).toContain('order.needs_review');
  const lines = scene.logged().split('\n').join(' ');
  expect(lines).toMatch(/A person has to look at an order/);
};

test('F4: the key answers 500 for ever, the charge was made, its webhook comes 6 h later: paid from it, with no other key', async () => {
  await scene.collectWith(order(orderId, 'sim:alpha=500_charged'), {});
  await stageIs('confirming');
  // Nobody can look it up: alpha fails every call, and counts it; its webhooks get through.
  await control(scene, 'alpha/faults', { errorPercent: 100 });
  await scene.pass(6 * HOUR_MS);
  expect((await stageIs('needs_review')).attempts).toMatchObject([{ outcome: 'unknown' }]);
  await alerted();
  // From now on, not only what is held by now: six hours pass here in less than the second after which the notice is due.
  await control(scene, 'webhooks', { hold: false });
  const paid = await stageIs('paid');
  expect(paid.attempts).toHaveLength(1);
  const { entries } = await scene.recoup.orders.timeline(orderId);
  expect(entries.find(({ kind }) => kind === 'attempt_succeeded')?.evidence).toBe('webhook');
  expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  expect(await scene.store.listOperations(scene.merchantId, orderId)).toHaveLength(1);
});

test('F2: at a processor that can prove nothing, a person is called after half an hour, and nothing was sent again', async () => {
  await scene.collectWith(order(orderId, 'sim:gamma=timeout_lost', { metadata: { route: 'gamma' } }), {});
  await stageIs('confirming');
  await scene.pass(29 * MINUTE_MS);
  expect((await scene.recoup.orders.get(orderId)).stage).toBe('confirming');
  await scene.pass(2 * MINUTE_MS);
  await stageIs('needs_review');
  await alerted();
  expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'gamma', requests: 1 }]);
});

/** Only the sheet forbids the third send of the key: the rule lets it go on for longer, and asks for it after the window. */
const asLongAs = async (windowMs: number) => {
  const book: Rulebook = {
    ...DEFAULT_RULEBOOK,
    version: 5,
    rules: DEFAULT_RULEBOOK.rules.map((rule) => ({
      ...rule,
      transient: { sameKeyBackoffMs: [windowMs / 2, windowMs] },
      windows: { ...rule.windows, resendMs: 4 * windowMs },
    })),
  };
  await scene.store.publishRulebook(scene.merchantId, book, hashOf(book));
  const request = order(orderId, 'sim:alpha=late_webhook_99999');
  const { sheets } = await scene.newInput(request);
  const remembers = (sheet: Sheet): Sheet => ({
    ...sheet,
    idempotency: { windowMs, cachesErrors: true, maxKeyLength: 255 },
    lookup: sheet.lookup && { ...sheet.lookup, maxDelayMs: windowMs / LOOKUPS_IN_WINDOW },
  });
  await scene.collectWith(request, { sheets: sheets.map(remembers) });
};

test.each([1, 7, 30])(
  'F5: unknown for longer than the key lives, %i d by sheet: never sent again, looked up, a person is called',
  async (days) => {
    const windowMs = days * 24 * HOUR_MS;
    const betweenLookupsMs = windowMs / LOOKUPS_IN_WINDOW;
    await asLongAs(windowMs);
    await stageIs('confirming');
    await scene.pass(windowMs / 2 + HOUR_MS);
    const sentInTime = await scene.ledger(orderId);
    expect(sentInTime).toMatchObject([{ operation: 'charge', requests: 2 }]);
    await stageIs('needs_review');
    await alerted();
    await scene.pass(windowMs / 2);
    const lookups = async () => (await stored())?.attempts[0]?.proof?.lookups ?? 0;
    const askedInTime = await lookups();
    expect(askedInTime).toBeGreaterThan(LOOKUPS_IN_WINDOW / 2);

    // From now on alpha counts whatever arrives there, and fails it.
    await control(scene, 'alpha/faults', { errorPercent: 100 });
    await scene.pass(windowMs);
    expect(await scene.ledger(orderId)).toEqual(sentInTime);
    expect(await lookups()).toBeGreaterThanOrEqual(askedInTime + LOOKUPS_IN_WINDOW / 2);
    expect(await arrivedAtAlpha()).toBe((await lookups()) - askedInTime);
    expect((await stored())?.review).toMatchObject({ code: 'unknown_too_long' });
    await control(scene, 'alpha/faults', {});

    await expect(scene.recoup.orders.retry(orderId, { reason: 'a test asks' })).rejects.toMatchObject({
      code: 'recovery_refused',
    });
    // The buyer may choose another way: it waits for the fence, and the old key is still not sent.
    await scene.recoup.orders.recover(orderId, NEW_METHOD);
    await scene.pass(2 * betweenLookupsMs);
    const charges = (entries: typeof sentInTime) => entries.filter(({ operation }) => operation === 'charge');
    expect(charges(await scene.ledger(orderId))).toEqual(sentInTime);
    await scene.recoup.orders.resolve(orderId, {
      attempt: 1,
      outcome: 'succeeded',
      evidence: 'seen in the dashboard',
      reason: 'a test asks',
    });
    await stageIs('paid');
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  },
);
