import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodeArguments } from '../../cli/launcher/paths.ts';
import { BuyerTokens } from '../../gateway/buyer/tokens.ts';
import { decide } from '../../policy/decide.ts';
import { DAY_MS, HOUR_MS, MANDATE, MINUTE_MS, scene } from '../policy/decide/fixtures.ts';
import { triedAt } from './planned.ts';

const PLANNED = fileURLToPath(new URL('planned.ts', import.meta.url));

const DECLINED = { alpha: ['insufficient_funds'], beta: ['insufficient_funds'] };

/** An order whose next try is planned in a day. */
function scheduled() {
  const world = scene(DECLINED, { facts: MANDATE }).open();
  const at = world.order.retryAt?.at;
  if (at === undefined) return expect.fail('no try is planned');
  return { world, dueMs: Date.parse(at) };
}

const onClock = (world: ReturnType<typeof scene>, nowMs: number) =>
  decide({
    ...world.reading,
    order: world.order,
    event: { type: 'clock' },
    ceilings: [],
    health: [],
    now: new Date(nowMs).toISOString(),
  });

describe('F22: a clock that is an hour off', () => {
  test('F22: no try before its time: neither when the clock goes back, nor a moment early', () => {
    const { world, dueMs } = scheduled();
    for (const nowMs of [dueMs - HOUR_MS, dueMs - 1, world.nowMs - HOUR_MS]) {
      const { command, order } = onClock(world, nowMs);
      expect(command).toBeNull();
      expect(order.retryAt).toEqual(world.order.retryAt);
    }
    expect(onClock(world, dueMs).command).toMatchObject({ operation: 'charge' });
  });

  test('F22: a clock that went ahead and comes back while the try is out: one try', () => {
    const { world, dueMs } = scheduled();
    const early = onClock(world, dueMs + HOUR_MS);
    expect(early.command?.attempt).toBe(3);
    // Back on the right time, while the call is out: nothing more is sent.
    const again = decide({
      ...world.reading,
      order: early.order,
      event: { type: 'clock' },
      ceilings: [],
      health: [],
      now: new Date(dueMs).toISOString(),
    });
    expect(again.command).toBeNull();
  });

  test('F22: a key is not sent once its time is over', () => {
    const world = scene({ alpha: ['timeout_lost'] }).open();
    const until = Date.parse(world.order.attempts[0]?.operations[0]?.resendUntil ?? '');
    expect(onClock(world, until + 1).command?.operation).not.toBe('charge');
  });
});

describe('F22: a day is 24 hours', () => {
  test.each([
    ['the clocks go forward in Europe', '2027-03-27T12:00:00.000Z'],
    ['the clocks go back in Europe', '2027-10-30T12:00:00.000Z'],
    ['the clocks go forward in America', '2027-03-13T12:00:00.000Z'],
    ['a leap day', '2028-02-28T12:00:00.000Z'],
    ['the evening of a leap day', '2028-02-29T23:30:00.000Z'],
    ['a new year', '2027-12-31T23:59:59.900Z'],
  ])('F22: over %s later tries come after 1, 3 and 7 days, a moment late at most, and never early', (_, openedAt) => {
    const days = triedAt(openedAt).map((at) => (Date.parse(at) - Date.parse(openedAt)) / DAY_MS);
    expect(days.map(Math.floor)).toEqual([0, 1, 3, 7]);
    for (const each of days) expect(each - Math.floor(each)).toBeLessThan(MINUTE_MS / DAY_MS);
  });

  test('F22: in every time zone at the same instants', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
    const told = zones.map((TZ) => {
      const env = { ...process.env, TZ };
      return execFileSync(process.execPath, nodeArguments(PLANNED, '2027-03-27T23:30:00.000Z'), {
        env,
        encoding: 'utf8',
      });
    });
    expect(told[0]).toContain('2027-03-28T23:30:');
    expect(new Set(told).size).toBe(1);
  });
});

describe('F22: no expired link is accepted', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('F22: a buyer’s token: not after its 15 minutes, nor by a gateway whose clock is an hour off', async () => {
    const issuedMs = Date.parse('2028-02-29T23:50:00.000Z');
    vi.useFakeTimers({ toFake: ['Date'], now: issuedMs });
    const tokens = new BuyerTokens(new Uint8Array(32).fill(7), 'test');
    const { token, expiresAt } = await tokens.mint({ merchantId: 'default', orderId: 'o-1', actions: ['pay'] });
    expect(expiresAt).toBe('2028-03-01T00:05:00.000Z');
    const acceptedAt = async (nowMs: number) => {
      vi.setSystemTime(nowMs);
      return tokens.verify(token).then(
        () => true,
        () => false,
      );
    };
    expect(await acceptedAt(issuedMs + 14 * MINUTE_MS)).toBe(true);
    for (const nowMs of [issuedMs + 15 * MINUTE_MS, issuedMs + HOUR_MS, issuedMs - HOUR_MS]) {
      expect(await acceptedAt(nowMs)).toBe(false);
    }
  });
});
