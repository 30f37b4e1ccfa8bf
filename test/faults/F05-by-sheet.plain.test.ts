import { describe, expect, test } from 'vitest';
import { World } from '../policy/decide/driver.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, newOrder, sheetsWith } from '../policy/decide/fixtures.ts';

describe('F5: unknown for longer than the processor’s key window', () => {
  test.each([
    ['24 h', DAY_MS],
    ['7 d', 7 * DAY_MS],
    ['30 d', 30 * DAY_MS],
  ])('F5: %s by sheet: no further send, lookups all the time, a person', (_, windowMs) => {
    const sheets = sheetsWith({ alpha: { idempotency: { windowMs, cachesErrors: false, maxKeyLength: 255 } } });
    const alpha = { collect: ['late_webhook'], lookup: ['no_answer'] };
    // Its webhook is lost, its lookups fail, and its key is answered by “in flight” for a while.
    const world = new World({ order: newOrder(), scripts: { alpha }, sheets, webhooks: { lose: [0, 1, 2, 3] } });
    world.open().pass(10 * MINUTE_MS);
    const sends = () => world.sent.filter(({ operation }) => operation !== 'lookup');
    const atFirst = sends();
    expect(atFirst.length).toBeGreaterThan(1);
    expect(new Set(atFirst.map(({ key }) => key)).size).toBe(1);
    const lookups = world.sent.length - atFirst.length;
    world.pass(windowMs + HOUR_MS, 2_000);
    expect(sends()).toEqual(atFirst);
    expect(world.sent.length - atFirst.length).toBeGreaterThan(lookups + 20);
    expect(world.order.review?.code).toBe('unknown_too_long');
    expect(world.stage).toBe('needs_review');
    expect(world.events.map(({ type }) => type)).toContain('order.needs_review');
  });
});
