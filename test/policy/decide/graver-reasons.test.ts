import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import * as make from './fixtures.ts';

const { scene, sends } = make;
const DECLINED = { alpha: ['insufficient_funds'], beta: ['insufficient_funds'] };

function notice(world: ReturnType<typeof scene>, change: { attempt: number; amountMinor?: number; currency?: string }) {
  const { merchantId, orderId } = world.order.facts;
  const event = { eventId: `g-${change.attempt}`, processor: 'alpha', type: 'payment_succeeded' as const };
  world.say({ type: 'processor_event', event: { ...event, merchantId, orderId, occurredAt: world.now, ...change } });
}

describe('a person who was asked because nobody chose', () => {
  test('is asked anew when stray money shows up, and the buyer’s card is not charged meanwhile', () => {
    const world = scene(DECLINED)
      .open()
      .pass(40 * make.DAY_MS);
    expect(world.order.review?.code).toBe('windows_over');
    notice(world, { attempt: 1, amountMinor: 1 });
    expect(world.order.review?.code).toBe('event_mismatch');
    const before = sends(world).length;
    expect(world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })))?.code).toBe('recovery_refused');
    expect(sends(world)).toHaveLength(before);
  });
});

describe('a notice that disagreed', () => {
  test('about one attempt is not answered by the money of another', () => {
    const world = scene({ alpha: ['expired_card'] }).open();
    world.say(make.choose('hosted_checkout'));
    notice(world, { attempt: 1, amountMinor: 1 });
    world.processors.get('alpha')?.buyerActs('pays', world.nowMs);
    world.pass(make.MINUTE_MS);
    expect(world.order.attempts[1]?.money.captured).toBeGreaterThan(0);
    expect(world.order.review).toMatchObject({ code: 'event_mismatch', attempt: 1 });
    expect(world.stage).toBe('needs_review');
  });
});

describe('a cancel that waits behind another message', () => {
  test('is heard before anything is planned: no charge starts', () => {
    const { reading, now } = scene({});
    const input = { ...reading, ceilings: [], health: [], now };
    const opened = decide({
      ...input,
      order: make.newOrder(),
      event: { type: 'opened', reopened: false },
      moreToCome: true,
    });
    expect(opened.command).toBeNull();
    const cancelled = decide({ ...input, order: opened.order, event: make.cancel() });
    expect(cancelled).toMatchObject({ command: null, order: { closed: { stage: 'cancelled' } } });
  });
});
