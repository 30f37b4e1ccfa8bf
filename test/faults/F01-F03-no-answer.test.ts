import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../contract/keys.ts';
import type { Rule, Rulebook } from '../../policy/rulebook.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { deliverKept, type KeptNotices, keepNotices } from '../setup/kept-notices.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { control, effects, silent } from '../workflows/acts.ts';

/** Windows, schedules and settle times pass 20 times as fast; calls take as long as they take. */
const TIME_SCALE = 20;

/** `metadata.route`: rather sends the same key after one more second, and another, than goes elsewhere. */
const [fallback] = DEFAULT_RULEBOOK.rules.slice(-1) as [Rule];
const RULEBOOK: Rulebook = {
  ...DEFAULT_RULEBOOK,
  version: 3,
  rules: [
    {
      ...fallback,
      name: 'patient by metadata',
      when: [{ fact: 'metadata', key: 'route', op: 'in', value: ['patient'] }],
      transient: { sameKeyBackoffMs: [1_000, 1_000, 1_000].map((realMs) => realMs * TIME_SCALE) },
    },
    ...DEFAULT_RULEBOOK.rules,
  ],
};

let scene: Scene;
/** No notice reaches us by itself, so that other proofs are needed. */
let notices: KeptNotices;
beforeAll(async () => {
  scene = await openScene({ timeScale: TIME_SCALE, webhooks: 'held' });
  notices = await keepNotices(scene);
  await scene.store.publishRulebook(scene.merchantId, RULEBOOK, hashOf(RULEBOOK));
});
afterAll(async () => {
  notices.close();
  await scene.close();
});

const collected = async (token: string, metadata?: Record<string, string>) => {
  const orderId = newOrderId();
  const answer = await scene.recoup.orders.collect(order(orderId, token, metadata === undefined ? {} : { metadata }));
  return { orderId, answer };
};
/** By its story: the caller may be answered when the next try, 25 ms later, has told more. */
const wasUnknown = async (orderId: string) => {
  const { entries } = await scene.recoup.orders.timeline(orderId);
  return entries.some(({ kind }) => kind === 'outcome_unknown');
};
const paid = (orderId: string) => scene.until(orderId, ({ stage }) => stage === 'paid');

describe.concurrent('F1: the processor executes, and its reply is cut', () => {
  test('F1: the same key is sent again, one charge, paid', async () => {
    const { orderId } = await collected('sim:alpha=reset_charged');
    await paid(orderId);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 2 }]);
  });
});

describe.concurrent('F2: the processor executes, and is silent', () => {
  test('F2: unknown at first, then the same key tells, and no other key is ever used', async () => {
    const { orderId } = await collected('sim:alpha=timeout_charged');
    expect((await paid(orderId)).attempts).toHaveLength(1);
    expect(await wasUnknown(orderId)).toBe(true);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 2 }]);
  });

  test('F2: when the key is answered by the same error for ever it is found by lookup, and never sent again', async () => {
    const { orderId } = await collected('sim:alpha=500_charged');
    expect((await paid(orderId)).attempts).toHaveLength(1);
    expect(await wasUnknown(orderId)).toBe(true);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 1 }]);
  });

  test('F2: absent twice across the settle window is proof too: then the retry processor collects', async () => {
    const { orderId } = await collected('sim:alpha=500_lost');
    expect((await paid(orderId)).attempts).toMatchObject([
      { processor: 'alpha', outcome: 'not_executed' },
      { processor: 'beta', outcome: 'succeeded' },
    ]);
    expect(await scene.netCaptured(orderId)).toBe(4999);
  });

  test('F2: while key and lookup tell nothing the key is sent until resendUntil and no more; the webhook proves', async () => {
    // Its webhook is due after 8 s, when the key is not sent any more and the next lookup is not due yet.
    const { orderId } = await collected('sim:alpha=late_webhook_160');
    const [charge] = await scene.ledger(orderId);
    const dueMs = Date.parse(charge?.at ?? '') + 160_000 / TIME_SCALE;
    const [claim] = await scene.store.listOperations(scene.merchantId, orderId);
    const resendUntilMs = Date.parse(claim?.resendUntil ?? '');
    expect(resendUntilMs).toBeLessThan(dueMs - 1_000);
    const untilMs = (atMs: number) =>
      poll(
        async () => Date.now(),
        (nowMs) => nowMs > atMs,
        15_000,
      );
    await untilMs(resendUntilMs);
    const sent = await scene.ledger(orderId);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.requests).toBeGreaterThan(1);
    await untilMs(dueMs - 500);
    expect(await scene.ledger(orderId)).toEqual(sent);
    expect((await scene.recoup.orders.get(orderId)).stage).toBe('confirming');
    await untilMs(dueMs);
    for (const sent of await notices.ofOrder(orderId, ['payment.captured'])) {
      expect(await deliverKept(scene.gatewayUrl, sent)).toBe(200);
    }
    await paid(orderId);
    expect(await effects(scene, orderId)).toEqual(['alpha captured']);
  });

  test('F2: at a processor without key, lookup and fence nothing is sent again and nothing else is tried', async () => {
    const { orderId, answer } = await collected('sim:gamma=timeout_lost', { route: 'gamma' });
    expect(answer.stage).toBe('confirming');
    expect(answer.nextAction).toMatchObject({ type: 'wait_confirming', who: 'system' });
    const explained = await scene.recoup.orders.explain(orderId);
    expect(JSON.stringify(explained)).toContain('it would be a second charge there');
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'gamma', effect: 'none', requests: 1 }]);
    const resolved = await scene.recoup.orders.resolve(orderId, {
      attempt: 1,
      outcome: 'absent',
      evidence: 'not in the dashboard',
      reason: 'looked it up by hand',
    });
    expect(resolved.stage).toBe('waiting_buyer');
  });
});

describe.concurrent('F3: the request never arrives', () => {
  test.each(['timeout_lost', 'reset_lost'])('F3: %s: the same key again, one charge, paid', async (fault) => {
    const { orderId } = await collected(`sim:alpha=${fault},ok`);
    await paid(orderId);
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 2 }]);
  });

  test('F3: overload is proof that nothing was executed: same key, then the retry processor', async () => {
    const { orderId, answer } = await collected('sim:alpha=503');
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([
      { processor: 'alpha', failureClass: 'transient' },
      { processor: 'beta', outcome: 'succeeded' },
    ]);
    const alpha = (await scene.ledger(orderId)).find(({ processor }) => processor === 'alpha');
    expect(alpha).toMatchObject({ effect: 'none', requests: 3 });
  });
});

// From here on one after the other: the main processor goes down.
describe('F3: the processor’s port is closed: the connection is refused', () => {
  const sends = async (orderId: string) =>
    (await scene.store.findOrder(scene.merchantId, orderId))?.state.attempts[0]?.operations[0]?.sends ?? 0;

  test('F3: opened again in time, the same key is sent to it, one charge, paid; nobody else is asked', async () => {
    const orderId = newOrderId();
    await control(scene, 'alpha/down', {});
    const answer = scene.recoup.orders.collect(order(orderId, 'sim:alpha=ok', { metadata: { route: 'patient' } }));
    await poll(
      () => sends(orderId),
      (count) => count > 0,
      10_000,
    );
    expect(await scene.ledger(orderId)).toEqual([]);
    await control(scene, 'alpha/up', {});
    await answer;
    expect((await paid(orderId)).attempts).toMatchObject([{ number: 1, processor: 'alpha', outcome: 'succeeded' }]);
    expect(await sends(orderId)).toBeGreaterThan(1);
    // What was refused never arrived there.
    expect(await scene.ledger(orderId)).toMatchObject([{ processor: 'alpha', effect: 'captured', requests: 1 }]);
    expect(await scene.store.listOperations(scene.merchantId, orderId)).toHaveLength(1);
    expect(await wasUnknown(orderId)).toBe(false);
  });

  test('F3: closed for longer: it is proof that nothing was executed, so the retry processor collects at once', async () => {
    await control(scene, 'alpha/down', {});
    const { orderId, answer } = await collected('sim:alpha=ok');
    await control(scene, 'alpha/up', {});
    expect(answer.stage).toBe('paid');
    expect(answer.attempts).toMatchObject([
      { processor: 'alpha', failureClass: 'transient' },
      { processor: 'beta', outcome: 'succeeded' },
    ]);
    expect(await effects(scene, orderId)).toEqual(['beta captured']);
    expect(await wasUnknown(orderId)).toBe(false);
  });
});

describe('F18: the main processor is down while its attempt is unknown', () => {
  /** How often it was asked, in vain. */
  const lookupsOf = async (orderId: string) => {
    const stored = await scene.store.findOrder(scene.merchantId, orderId);
    return stored?.state.attempts[0]?.proof?.lookups ?? 0;
  };
  const touched = async (orderId: string) => (await scene.ledger(orderId)).map(({ processor }) => processor);

  test('F18: the retry processor is not touched before it is proved, whether there was a charge or not', async () => {
    const open = await Promise.all(
      ['sim:alpha=late_webhook_60', 'sim:alpha=timeout_lost,ok'].map((token) => silent(scene, token)),
    );
    await control(scene, 'alpha/down', {});
    for (const { answer } of open) expect((await answer).stage).toBe('confirming');
    const [charged, lost] = open.map(({ orderId }) => orderId) as [string, string];
    for (const orderId of [charged, lost]) {
      await poll(
        () => lookupsOf(orderId),
        (lookups) => lookups >= 2,
        20_000,
      );
      expect(await touched(orderId)).toEqual(['alpha']);
    }
    await control(scene, 'alpha/up', {});
    for (const orderId of [charged, lost]) {
      await paid(orderId);
      expect(await scene.netCaptured(orderId)).toBe(4999);
    }
    expect(new Set(await touched(charged))).toEqual(new Set(['alpha']));
  });
});
