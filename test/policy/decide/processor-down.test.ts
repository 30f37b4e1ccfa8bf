import { describe, expect, test } from 'vitest';
import type { Down } from './breakers.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const { SECOND_MS, MINUTE_MS } = make;
const down = (processor: string, forMs: number, fromMs = 0): Down => ({ processor, fromMs, untilMs: fromMs + forMs });
/** What really reached a processor. */
const reached = (world: ReturnType<typeof scene>) =>
  [...world.processors.values()].flatMap(({ payments }) => payments.map(({ key }) => key));
const told = (world: ReturnType<typeof scene>, kind: string) =>
  world.entries.filter((entry) => entry.kind === kind).map(({ text }) => text);

describe('a processor that is down is gone round', () => {
  test('its breaker holds the attempt back: the next processor of the rule gets it, under the same number', () => {
    const world = scene({}, { down: [down('alpha', MINUTE_MS)] }).open();
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(reached(world)).toEqual(['1/charge/beta']);
    expect(world.stage).toBe('paid');
    expect(world.order.attempts).toMatchObject([{ number: 1, processor: 'beta', outcome: 'succeeded' }]);
    // The key is of the processor that it is sent to.
    expect(world.order.attempts[0]?.operations.map(({ key }) => key)).toEqual(['1/charge/beta']);
    expect(make.toldMerchant(world)).toEqual(['payment_succeeded']);
    expect(told(world, 'attempt_held_back')).toEqual([
      'alpha is down until 2026-11-22 10:00:15 UTC: attempt 1 was held back',
    ]);
    expect(JSON.stringify(world.entries)).toContain('breaker of alpha');
  });

  test('known before the first attempt: it is not even asked', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:10.000Z' }];
    const world = scene({}, { health }).open();
    expect(sends(world)).toEqual(['beta charge']);
    expect(told(world, 'processor_skipped')).toEqual(['alpha skipped: it is down until 2026-11-22T10:00:10.000Z']);
  });

  test('a reading that has expired says nothing', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:00.000Z' }];
    expect(sends(scene({}, { health }).open())).toEqual(['alpha charge']);
  });

  test('it uses no budget: one automatic attempt is one that is sent', () => {
    const rulebook = make.ruledBy({ automaticAttempts: 1 });
    const world = scene({}, { rulebook, down: [down('alpha', MINUTE_MS)] }).open();
    expect(world.stage).toBe('paid');
  });

  test('overloaded, then down, and no other processor in the rule: it goes on where it was, when that is back', () => {
    const rulebook = make.ruledBy({ processors: ['alpha'] });
    const downs = [down('alpha', 5 * MINUTE_MS, 100)];
    const world = scene({ alpha: ['503', 'ok'] }, { rulebook, facts: make.MANDATE, down: downs }).open();
    expect(world.pass(SECOND_MS).stage).toBe('retry_scheduled');
    expect(world.nextAction.type).toBe('wait_processor');
    expect(world.pass(7 * MINUTE_MS).stage).toBe('paid');
    expect(reached(world)).toHaveLength(1);
  });

  test('a single-use credential that was held back was not used', () => {
    const credentials = [{ processor: 'alpha', sealed: 's', singleUse: true }];
    const instruments = [make.card('ins_1', { credentials })];
    const world = scene({}, { facts: make.MANDATE, instruments, down: [down('alpha', MINUTE_MS)] })
      .open()
      .pass(3 * MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(reached(world)).toEqual(['1/charge/alpha']);
  });

  test('overloaded, and then down: the same key does not knock on, the retry processor is next', () => {
    const world = scene({ alpha: ['503', 'ok'] }, { down: [down('alpha', MINUTE_MS, 100)] })
      .open()
      .pass(5 * SECOND_MS);
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge', 'beta charge']);
    expect(reached(world)).toEqual(['2/charge/beta']);
    expect(world.stage).toBe('paid');
  });

  test('a send whose answer was lost is proof, not a new try: no breaker holds it back, and nothing goes round it', () => {
    const world = scene({ alpha: ['timeout_charged'] }, { down: [down('alpha', MINUTE_MS, 100)] })
      .open()
      .pass(10 * SECOND_MS);
    expect(sends(world).every((each) => each === 'alpha charge')).toBe(true);
    expect(world.netCaptured).toBe(4999);
    expect(world.stage).toBe('paid');
  });

  test('declined at the one that is well, and never tried at the one that was down: that one follows when it is back', () => {
    const world = scene({ beta: ['insufficient_funds'] }, { facts: make.MANDATE, down: [down('alpha', MINUTE_MS)] })
      .open()
      .pass(3 * MINUTE_MS);
    expect(reached(world).sort()).toEqual(['1/charge/beta', '2/charge/alpha']);
    expect(world.stage).toBe('paid');
  });
});

describe('a processor that is down is waited for', () => {
  const wait = make.ruledBy({ onProcessorDown: 'wait' });

  test('where the rule waits, with a mandate: as often as it takes, one attempt in all', () => {
    const world = scene({}, { rulebook: wait, facts: make.MANDATE, down: [down('alpha', 10 * MINUTE_MS)] }).open();
    expect(world.stage).toBe('retry_scheduled');
    expect(world.nextAction).toMatchObject({ type: 'wait_processor', who: 'system' });
    expect(world.order.retryAt).toMatchObject({ reason: 'processor_down', processor: 'alpha' });
    world.pass(12 * MINUTE_MS);
    expect(reached(world)).toEqual(['1/charge/alpha']);
    expect(world.order.attempts).toHaveLength(1);
    expect(world.stage).toBe('paid');
    const asked = sends(world).length;
    expect(asked).toBeGreaterThan(10 * 2);
    expect(asked).toBeLessThanOrEqual(10 * 4 + 1);
  });

  test('where every processor of the rule is down: the one that is back first', () => {
    const downs = [down('alpha', 5 * MINUTE_MS), down('beta', MINUTE_MS)];
    const world = scene({}, { facts: make.MANDATE, down: downs })
      .open()
      .pass(7 * MINUTE_MS);
    expect(reached(world)).toEqual(['1/charge/beta']);
    expect(world.stage).toBe('paid');
    expect(world.order.attempts).toHaveLength(1);
  });

  test('where the rule waits, it waits for its first processor, though the next one is back sooner', () => {
    const health = [
      { processor: 'alpha', downUntil: '2026-11-22T10:05:00.000Z' },
      { processor: 'beta', downUntil: '2026-11-22T10:00:30.000Z' },
    ];
    const world = scene({}, { rulebook: wait, facts: make.MANDATE, health }).open();
    expect(world.order.retryAt).toMatchObject({ processor: 'alpha', at: '2026-11-22T10:05:00.000Z' });
    expect(reached(world.pass(6 * MINUTE_MS))).toEqual(['1/charge/alpha']);
  });

  test('orders come back spread out, each at a time of its own, and never before the breaker said', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:20.000Z', spreadMs: 15_000 }];
    const times = Array.from({ length: 200 }, (_, number) => {
      const facts = { ...make.MANDATE, orderId: `o-${number}` };
      const { order } = scene({}, { rulebook: wait, facts, health }).open();
      return Date.parse(order.retryAt?.at ?? '') - Date.parse('2026-11-22T10:00:20.000Z');
    });
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...times)).toBeLessThan(15_000);
    for (let from = 0; from < 15_000; from += 3_000) {
      const share = times.filter((time) => time >= from && time < from + 3_000).length / times.length;
      expect(share, `from ${from} ms`).toBeGreaterThan(0.1);
      expect(share, `from ${from} ms`).toBeLessThan(0.3);
    }
  });

  test('the buyer who waits has an answer in time: a wait that does not fit is none, and other ways are offered', () => {
    const world = scene({}, { rulebook: wait, down: [down('alpha', MINUTE_MS)] }).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(world.nextAction.options.length).toBeGreaterThan(0);
    expect(JSON.stringify(world.entries)).toContain('no mandate to try later without the buyer');
    expect(reached(world.pass(2 * MINUTE_MS))).toEqual([]);
  });

  test('a wait that fits into the answer is made, and the buyer can choose meanwhile', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:03.000Z' }];
    const waiting = scene({}, { rulebook: wait, health }).open();
    expect(waiting.stage).toBe('retry_scheduled');
    expect(waiting.nextAction).toMatchObject({ type: 'wait_processor', at: '2026-11-22T10:00:03.000Z' });
    expect(waiting.nextAction.options.map(({ path }) => path)).toContain('new_method');
    expect(waiting.pass(5 * SECOND_MS).stage).toBe('paid');
    const impatient = scene({}, { rulebook: wait, health }).open();
    expect(impatient.say(make.choose('hosted_checkout'))).toBeNull();
    expect(impatient.pass(MINUTE_MS).stage).toBe('hosted_checkout');
    expect(reached(impatient)).toEqual(['1/open_hosted/beta']);
  });

  test('nor does a wait fit that ends after the caller has left', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:03.000Z' }];
    const world = scene({}, { rulebook: wait, health, facts: { notAfter: '2026-11-22T10:00:02.000Z' } }).open();
    expect(world.stage).toBe('waiting_buyer');
  });

  test('a buyer who was asked is not charged when the processor is back', () => {
    // Of all orders one whose own time comes so late that the wait does not fit.
    const asked = Array.from({ length: 50 }, (_, number) =>
      scene({}, { rulebook: wait, facts: { orderId: `o-${number}` }, down: [down('alpha', 4 * SECOND_MS)] }).open(),
    ).find(({ stage }) => stage === 'waiting_buyer');
    asked?.pass(5 * SECOND_MS).say(make.hold());
    asked?.say(make.release());
    expect(asked?.stage).toBe('waiting_buyer');
    expect(asked && reached(asked)).toEqual([]);
  });

  test('a wait whose time went by, for whatever reason, charges nobody who has left', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:03.000Z' }];
    const world = scene({}, { rulebook: wait, health }).open();
    world.say(make.hold());
    world.pass(MINUTE_MS).say(make.release());
    expect(world.stage).toBe('waiting_buyer');
    expect(reached(world.pass(MINUTE_MS))).toEqual([]);
  });

  test('news in between does not start it early', () => {
    const health = [{ processor: 'alpha', downUntil: '2026-11-22T10:00:20.000Z', spreadMs: 600_000 }];
    const world = scene({}, { rulebook: wait, facts: make.MANDATE, health }).open();
    const atMs = Date.parse(world.order.retryAt?.at ?? '');
    expect(atMs).toBeGreaterThan(Date.parse('2026-11-22T10:00:21.000Z'));
    world.pass(20 * SECOND_MS + 500);
    world.say(make.hold());
    world.say(make.release());
    world.pass(atMs - world.nowMs - 1);
    expect(sends(world)).toEqual([]);
    expect(world.pass(1_000).stage).toBe('paid');
  });

  test('an attempt that was held back and given up uses no budget: the later try may still be made', () => {
    const facts = { ...make.MANDATE, buyer: { present: true }, notAfter: '2026-11-22T10:00:20.000Z' };
    const rulebook = make.ruledBy({ onProcessorDown: 'wait', automaticAttempts: 1 });
    const world = scene({}, { rulebook, facts, down: [down('alpha', MINUTE_MS)] }).open();
    expect(world.pass(3 * MINUTE_MS).stage).toBe('paid');
    expect(world.order.attempts.map(({ startedBy, outcome }) => [startedBy, outcome])).toEqual([
      ['rule', 'not_executed'],
      ['schedule', 'succeeded'],
    ]);
  });

  test('with the buyer present and a mandate the order waits on, as a later try, and the buyer can choose meanwhile', () => {
    const facts = { ...make.MANDATE, buyer: { present: true }, notAfter: '2026-11-22T10:00:20.000Z' };
    const world = scene({}, { rulebook: wait, facts, down: [down('alpha', 5 * MINUTE_MS)] }).open();
    expect(world.stage).toBe('retry_scheduled');
    expect(world.nextAction.options.length).toBeGreaterThan(0);
    world.pass(8 * MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(reached(world)).toHaveLength(1);
    expect(world.order.attempts.at(-1)).toMatchObject({ startedBy: 'schedule', processor: 'alpha' });
  });

  test('a later try that finds its processors down waits for them', () => {
    const downs = [
      down('alpha', MINUTE_MS, make.DAY_MS - MINUTE_MS / 2),
      down('beta', MINUTE_MS, make.DAY_MS - MINUTE_MS / 2),
    ];
    const words = { alpha: ['insufficient_funds', 'ok'], beta: ['insufficient_funds'] };
    const world = scene(words, { facts: make.MANDATE, down: downs })
      .open()
      .pass(make.DAY_MS + 5 * MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.order.attempts.map(({ startedBy }) => startedBy)).toEqual(['rule', 'rule', 'schedule']);
  });

  test('held by support, it does not go on by itself; released, it does', () => {
    const world = scene({}, { rulebook: wait, facts: make.MANDATE, down: [down('alpha', MINUTE_MS)] }).open();
    world.say(make.hold());
    expect(world.nextAction.type).toBe('on_hold');
    expect(reached(world.pass(5 * MINUTE_MS))).toEqual([]);
    world.say(make.release());
    expect(world.pass(MINUTE_MS).stage).toBe('paid');
  });

  test('what the rule’s budget does not allow is not waited for', () => {
    const rulebook = make.ruledBy({ automaticAttempts: 1, laterTriesMs: [] });
    const words = { alpha: ['insufficient_funds'] };
    const health = [{ processor: 'beta', downUntil: '2026-11-22T10:00:30.000Z' }];
    const world = scene(words, { rulebook, facts: make.MANDATE, health }).open();
    expect(world.stage).toBe('waiting_buyer');
    expect(sends(world.pass(5 * MINUTE_MS))).toEqual(['alpha charge']);
  });

  test('cancelled while it waits: nothing is ever sent', () => {
    const world = scene({}, { rulebook: wait, facts: make.MANDATE, down: [down('alpha', MINUTE_MS)] }).open();
    world.say(make.cancel());
    expect(world.stage).toBe('cancelled');
    expect(reached(world.pass(5 * MINUTE_MS))).toEqual([]);
  });
});

describe('what the buyer chose', () => {
  test('a method whose processor is down goes to the next one', () => {
    const world = scene({ alpha: ['expired_card', 'ok'] }, { down: [down('alpha', MINUTE_MS, SECOND_MS)] }).open();
    world.pass(2 * SECOND_MS).say(make.choose('new_method', make.card('ins_2', { origin: 'buyer' })));
    expect(world.stage).toBe('paid');
    expect(world.order.attempts.at(-1)).toMatchObject({
      number: 2,
      processor: 'beta',
      instrumentId: 'ins_2',
      startedBy: 'buyer',
    });
  });

  test('authentication stays at the processor that asked for it: held back there, it goes to no other', () => {
    const words = { alpha: ['authentication_required', 'ok'] };
    const world = scene(words, { down: [down('alpha', MINUTE_MS, 5)] }).open();
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    expect(world.order.attempts.at(-1)).toMatchObject({ processor: 'alpha', challenge: true, outcome: 'not_executed' });
    expect(world.stage).toBe('waiting_buyer');
    expect(sends(world.pass(5 * MINUTE_MS))).toHaveLength(2);
  });

  test('a page opens at a processor that is well', () => {
    const world = scene({ alpha: ['expired_card'] }, { down: [down('alpha', MINUTE_MS, SECOND_MS)] }).open();
    world.pass(2 * SECOND_MS).say(make.choose('hosted_checkout'));
    expect(world.stage).toBe('hosted_checkout');
    expect(world.order.attempts.at(-1)).toMatchObject({ processor: 'beta', outcome: 'requires_action' });
  });
});
