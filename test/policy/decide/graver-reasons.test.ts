import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import { Steps } from '../apply/steps.ts';
import * as make from './fixtures.ts';
import { resultOf } from './results.ts';

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

describe('“we already have this payment”, of which we know nothing', () => {
  /** Beta declined for now; alpha, tried twice, called the second time a duplicate, and does not know the first. */
  const unexplained = () => {
    const rulebook = make.ruledBy({ processors: ['beta', 'alpha'], extraTry: { alpha: 1 } });
    const words = { beta: ['insufficient_funds'], alpha: ['insufficient_funds', 'duplicate'] };
    const world = scene(words, { rulebook }).open().pass(make.MINUTE_MS);
    expect(world.order.attempts.map(({ processor }) => processor)).toEqual(['beta', 'alpha', 'alpha']);
    expect(world.order.review).toMatchObject({ code: 'duplicate_unexplained', attempt: 3 });
    return world;
  };
  const pays = (world: ReturnType<typeof scene>, attempt: number, processor: string) => {
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'late', type: 'payment_succeeded' as const, merchantId, orderId, occurredAt: world.now };
    world.say({ type: 'processor_event', event: { ...event, attempt, processor } });
  };

  test.each([
    ['cancel', make.cancel, 'cancelled'],
    ['close', make.close, 'failed'],
  ] as const)('outlives %s: a person still looks for it', (_how, command, stage) => {
    const world = unexplained();
    expect(world.say(command())).toBeNull();
    expect([world.stage, world.order.review?.code]).toEqual([stage, 'duplicate_unexplained']);
    world.say(make.resolve(3, 'absent'));
    expect([world.stage, world.order.review]).toEqual([stage, null]);
  });

  test('is not explained by the money of another processor', () => {
    const world = unexplained();
    pays(world, 1, 'beta');
    expect([world.stage, world.order.review?.code]).toEqual(['needs_review', 'duplicate_unexplained']);
    world.say(make.resolve(3, 'absent'));
    expect([world.stage, world.order.review]).toEqual(['paid', null]);
  });

  test('is explained by money there of an attempt before it', () => {
    const world = unexplained();
    pays(world, 2, 'alpha');
    expect([world.stage, world.order.review]).toEqual(['paid', null]);
  });
});

describe('of two notices at the same time', () => {
  const told = (order: Steps, amountMinor: number) =>
    order.notice('payment_succeeded', { amountMinor, reference: 'pay_1' });
  const declined = () => new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' });

  test('the money that came after the one that disagreed answers it', () => {
    const order = told(told(declined(), 1), 4_999);
    expect([order.order.review, order.stage]).toEqual([null, 'paid']);
  });

  test('the money that came before it does not', () => {
    const order = told(told(declined(), 4_999), 1);
    expect([order.order.review?.code, order.stage]).toEqual(['event_mismatch', 'paid']);
  });
});

describe('less than the amount', () => {
  test('is asked about before the order counts as paid, also while another message waits', () => {
    const { order, now, sheets } = new Steps();
    const [attempt] = order.attempts;
    const times = { startedAt: now, endedAt: now };
    const less = { outcome: 'succeeded', evidence: 'said', amountMinor: 1_200, reference: 'pay_1' } as const;
    const result = resultOf({ attempt: 1, operation: 'charge' }, attempt?.operations[0]?.key ?? '', times, less);
    const reading = { rulebook: DEFAULT_RULEBOOK, sheets, ceilings: [], health: [] };
    const decision = decide({ ...reading, order, event: { type: 'answered', result }, now, moreToCome: true });
    expect(decision.order.review?.code).toBe('amount_mismatch');
    expect(decision.events.map(({ type }) => type)).toEqual(['order.needs_review']);
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
