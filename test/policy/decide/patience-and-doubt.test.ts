import { describe, expect, test } from 'vitest';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const _lookups = (world: World) => world.sent.filter(({ operation }) => operation === 'lookup').length;
const NO_WEBHOOKS = { webhooks: { lose: [0, 1, 2, 3, 4, 5] } };

describe('the buyer’s patience', () => {
  const other = () => make.choose('new_method', make.card('b', { origin: 'buyer' }));
  const lookup = Array(99).fill('no_answer');
  const silent = (collect: string[], fence: string[] = []) =>
    new World({ order: make.newOrder(), scripts: { alpha: { collect, lookup, fence } }, ...NO_WEBHOOKS }).open();

  test('is asked for 60 s; then a choice closes the unknown attempt first and runs when that is confirmed', () => {
    const world = silent(['500_lost', 'ok']).pass(30 * make.SECOND_MS);
    expect(world.say(other())?.message).toContain('can be chosen from');
    world.pass(31 * make.SECOND_MS);
    expect(world.say(other())).toBeNull();
    expect(sends(world)).toEqual(['alpha charge', 'alpha void', 'alpha charge']);
    expect(world.stage).toBe('paid');
  });

  test('a fence that is refused because the money was taken pays the order, and the choice is dropped', () => {
    const order = make.newOrder();
    const scripts = { alpha: { collect: ['500_charged'], lookup: [...Array(6).fill('no_answer'), 'ok'] } };
    const world = new World({ order, scripts, ...NO_WEBHOOKS }).open().pass(61 * make.SECOND_MS);
    expect(world.stage).toBe('confirming');
    world.say(other());
    expect(world.stage).toBe('paid');
    expect(sends(world)).toEqual(['alpha charge', 'alpha void']);
    expect(world.order.choice).toBeNull();
  });

  test('a fence without an answer is sent again with its key; the charge is not', () => {
    const world = silent(['timeout_lost', 'timeout_lost', 'timeout_lost', 'ok'], ['timeout_lost', 'ok']).pass(
      61 * make.SECOND_MS,
    );
    const before = sends(world).length;
    world.say(other());
    world.pass(10 * make.SECOND_MS);
    expect(sends(world).slice(before)).toEqual(['alpha void', 'alpha void', 'alpha charge']);
    expect(world.stage).toBe('paid');
  });

  test('a fence that the store could not take is sent again when the store is back', () => {
    const house = ['none', 'store_down', 'store_down', 'store_down', 'store_down'] as const;
    const order = make.newOrder();
    const world = new World({
      order,
      scripts: { alpha: { collect: ['500_lost', 'ok'], lookup } },
      house: [...house],
    }).open();
    world.pass(61 * make.SECOND_MS).say(other());
    world.pass(5 * make.MINUTE_MS);
    expect(world.stage).toBe('paid');
  });

  test('a choice that waits for the fence waits for a person too, when money is told of that nobody explains', () => {
    const world = silent(['500_lost', 'ok'], ['timeout_lost', 'timeout_lost', 'ok']).pass(61 * make.SECOND_MS);
    world.say(other());
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'odd', processor: 'alpha', type: 'payment_succeeded' as const, merchantId, orderId };
    world.say({ type: 'processor_event', event: { ...event, attempt: 1, amountMinor: 1, occurredAt: world.now } });
    world.pass(5 * make.MINUTE_MS);
    expect(world.order.attempts[0]?.fencedAt).not.toBeNull();
    expect(sends(world).filter((each) => each === 'alpha charge')).toHaveLength(1);
    expect(world.order.review?.code).toBe('event_mismatch');
  });

  test('a pending payment cannot be left', () => {
    const world = scene({ alpha: ['pending_ok'] }).open();
    expect(world.stage).toBe('payment_pending');
    expect(world.say(other())?.code).toBe('recovery_refused');
    expect(world.pass(10 * make.SECOND_MS).stage).toBe('paid');
  });
});

describe('“we already have this payment”', () => {
  test('with an earlier attempt of ours there, that one is proved: it paid the order after all', () => {
    const world = scene(
      { alpha: ['surprise', 'duplicate'] },
      { rulebook: make.ruledBy({ extraTry: { alpha: 1 } }) },
    ).open();
    expect(world.order.attempts.map(({ outcome }) => outcome)).toEqual(['unknown', 'declined']);
    expect(world.stage).toBe('confirming');
    world.pass(10 * make.SECOND_MS);
    expect(world.stage).toBe('paid');
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
  });

  test('an earlier attempt that turns out not to have paid leaves it unexplained: a person, never another processor', () => {
    const rulebook = make.ruledBy({ extraTry: { alpha: 1 } });
    const world = scene({ alpha: ['insufficient_funds', 'duplicate'] }, { rulebook })
      .open()
      .pass(make.MINUTE_MS);
    expect(world.order.review?.code).toBe('duplicate_unexplained');
    expect(sends(world)).toEqual(['alpha charge', 'alpha charge']);
    expect(world.say(make.choose('new_method', make.card('b')))?.code).toBe('recovery_refused');
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
    world.say(make.resolve(1, 'absent'));
    expect(world.order.review?.code).toBe('duplicate_unexplained');
    world.say(make.resolve(2, 'absent'));
    expect(world.order.review).toBeNull();
    expect(world.say(make.retryNow())).toBeNull();
    expect(sends(world)).toHaveLength(3);
  });

  test('with none of ours this attempt is unknown, and proved absent it goes to a person', () => {
    const world = scene({ alpha: ['duplicate'] }).open();
    expect(world.stage).toBe('confirming');
    const resent = world.pass(make.MINUTE_MS);
    expect(resent.order.review?.code).toBe('duplicate_unexplained');
    expect(sends(world).every((each) => each === 'alpha charge')).toBe(true);
  });

  test('an earlier send of the same key may be what it means: then this very attempt is proved', () => {
    const world = scene(
      { alpha: ['insufficient_funds', 'timeout_lost', 'duplicate'] },
      {
        rulebook: make.ruledBy({ extraTry: { alpha: 1 } }),
      },
    );
    world.open().pass(3 * make.SECOND_MS);
    expect(world.order.attempts.map(({ outcome }) => outcome)).toEqual(['declined', 'unknown']);
  });
});

describe('a claim that conflicts', () => {
  test('goes to a person, sends nothing else, and is settled by their evidence', () => {
    const world = scene({}, { house: ['claim_conflict'] })
      .open()
      .pass(make.DAY_MS);
    expect(world.order.review?.code).toBe('claim_conflict');
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.say(make.choose('new_method', make.card('b')))?.code).toBe('recovery_refused');
    expect(world.say(make.resolve(1, 'absent'))).toBeNull();
    expect(world.stage).toBe('waiting_buyer');
  });
});
