import { describe, expect, test } from 'vitest';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const declined = { alpha: ['insufficient_funds'], beta: ['insufficient_funds'] };
const withMandate = { facts: make.MANDATE };
const openedMs = Date.parse(make.newOrder().openedAt);
const daysOf = (times: number[]) => times.map((at) => Math.round((at - openedMs) / make.DAY_MS));

describe('later tries', () => {
  test('are made after 1, 3 and 7 days with a mandate, then the buyer is asked', () => {
    const rulebook = make.ruledBy({ processors: ['alpha'] });
    const world = scene(declined, { ...withMandate, rulebook }).open();
    expect(world.stage).toBe('retry_scheduled');
    expect(world.nextAction).toMatchObject({ type: 'wait_scheduled', who: 'system' });
    expect(world.nextAction.options.length).toBeGreaterThan(0);
    world.pass(7 * make.DAY_MS + make.HOUR_MS);
    expect(daysOf(world.sent.map(({ atMs }) => atMs))).toEqual([0, 1, 3, 7]);
    expect(world.stage).toBe('waiting_buyer');
  });

  test('are not made without a mandate', () => {
    const world = scene(declined)
      .open()
      .pass(make.DAY_MS - make.HOUR_MS);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(JSON.stringify(world.entries)).toContain('there is no mandate for it');
  });

  test.each(['do_not_honor', 'expired_card', '3ds_failed', 'blocked', 'unclassified'])(
    'are not made for %s, which time does not heal',
    (word) => {
      const world = scene({ alpha: [word], beta: [word] }, withMandate).open();
      expect(world.stage).toBe('waiting_buyer');
    },
  );

  test('wait exactly as long as the issuer’s advice says, and no retry processor is tried before', () => {
    const world = scene({ alpha: ['advice_1h', 'ok'] }, withMandate).open();
    expect(sends(world)).toEqual(['alpha charge']);
    expect(world.order.retryAt).toMatchObject({
      reason: 'advice',
      at: new Date(openedMs + 20 + make.HOUR_MS).toISOString(),
    });
    world.pass(make.HOUR_MS + make.MINUTE_MS);
    expect(world.sent.map(({ atMs }) => atMs - openedMs)).toEqual([0, make.HOUR_MS + 20]);
    expect(world.stage).toBe('paid');
  });

  test('go on with the order’s own card after the buyer’s other card failed: the mandate is for that one', () => {
    const world = scene({ alpha: ['insufficient_funds'], beta: ['insufficient_funds'] }, withMandate).open();
    world.pass(make.HOUR_MS);
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.order.retryAt).toMatchObject({ instrumentId: 'ins_1' });
    expect(world.stage).toBe('retry_scheduled');
  });

  test('whose time has passed meanwhile are not made at once', () => {
    const world = scene(
      { alpha: ['insufficient_funds', '3ds', 'insufficient_funds'], beta: ['insufficient_funds'] },
      withMandate,
    );
    world.open();
    world.say(make.hold());
    world.pass(2 * make.DAY_MS);
    world.say(make.choose('hosted_checkout'));
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    world.say(make.release());
    const at = Date.parse(world.order.retryAt?.at ?? world.wake?.at ?? '');
    expect(at).toBeGreaterThan(world.nowMs);
  });

  test('that find no processor go on to the next time', () => {
    const credentials = [{ processor: '*', sealed: 's', expiresAt: '2026-11-23T00:00:00.000Z' }];
    const instruments = [make.card('ins_1', { credentials })];
    const world = scene(declined, { ...withMandate, instruments })
      .open()
      .pass(9 * make.DAY_MS);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(world.stage).toBe('hosted_checkout');
  });
});

describe('hold and release', () => {
  test('held, nothing automatic happens; released, it goes on where it was', () => {
    const world = scene(declined, withMandate).open();
    world.say(make.hold());
    expect(world.nextAction).toMatchObject({ type: 'on_hold', who: 'support' });
    world.pass(10 * make.DAY_MS);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge']);
    expect(world.stage).toBe('retry_scheduled');
    world.say(make.release());
    expect(sends(world)).toEqual(['alpha charge', 'beta charge', 'alpha charge', 'beta charge']);
  });

  test('does not hold back the buyer', () => {
    const world = scene({ alpha: ['expired_card', 'ok'] }).open();
    world.say(make.hold());
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.stage).toBe('paid');
  });

  test('during the first charge stops the retry processor', () => {
    const world = scene({ alpha: ['insufficient_funds'] });
    world.at(5, () => world.message(make.hold()));
    expect(sends(world.open())).toEqual(['alpha charge']);
  });
});

describe('retry now', () => {
  test('by support tries the last card at once, and is no automatic attempt', () => {
    const world = scene({ alpha: ['insufficient_funds', 'ok'], beta: ['insufficient_funds'] }, withMandate).open();
    expect(world.say(make.retryNow())).toBeNull();
    expect(world.stage).toBe('paid');
    expect(world.order.attempts.at(-1)?.startedBy).toBe('support');
  });

  test('is refused while something can take money, and once something did', () => {
    expect(
      scene({ alpha: ['3ds'] })
        .open()
        .say(make.retryNow())?.code,
    ).toBe('recovery_refused');
    expect(
      scene({ alpha: ['short'] })
        .open()
        .say(make.retryNow())?.code,
    ).toBe('recovery_refused');
    const raw = scene({ alpha: ['500_lost'] }).open();
    raw.message(make.retryNow(), true);
    raw.pass(0);
    expect(raw.order.choice).toBeNull();
  });
});
