import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../../policy/answers.ts';
import { moneyOf, operationOf } from '../../../policy/facts.ts';
import { alphaWith } from '../apply/refunding.ts';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';
import type { Script } from './words.ts';

const AMOUNT = 4_999;

/** Alpha declines, beta pays, and six seconds later alpha has the money too. */
function twice(alpha: Script, more: Partial<ConstructorParameters<typeof World>[0]> = {}): World {
  const scripts = { alpha: { collect: ['surprise'], ...alpha }, beta: { collect: ['ok'] } };
  return new World({ order: make.newOrder(), scripts, ...more }).open();
}

const refunds = (world: World) => world.sent.filter(({ operation }) => operation === 'refund');
const refundOf = (world: World) => {
  const [attempt] = world.order.attempts;
  return attempt === undefined ? undefined : operationOf(attempt, 'refund');
};

let events = 0;
function notice(world: World, change: Partial<ProcessorEvent>): void {
  events += 1;
  const { merchantId, orderId } = world.order.facts;
  const event = { eventId: `n-${events}`, processor: 'alpha', type: 'payment_succeeded' as const, attempt: 1 };
  world.say({ type: 'processor_event', event: { ...event, merchantId, orderId, occurredAt: world.now, ...change } });
}

describe('what a refund did is believed', () => {
  test('absent only after two answers across the settle window; then another key is sent', () => {
    const sheets = make.sheetsWith({ alpha: { idempotency: null } });
    const world = twice({ refund: ['timeout_lost', 'ok'] }, { sheets }).pass(make.MINUTE_MS);
    const [first, second] = refunds(world);
    expect(second?.key).toBe('1/refund/alpha/2');
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(2_000 + 3_000);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('not executed only when every send of its key is proved so', () => {
    const world = twice({ refund: ['timeout_lost', '503', 'ok'] }).pass(9_000);
    expect(refundOf(world)).toMatchObject({ sends: 2, sendsNotExecuted: 1, outcome: 'unknown' });
    expect(world.pass(make.MINUTE_MS).netCaptured).toBe(AMOUNT);
  });

  test('by its claim: a key that is too old is not sent again, it is looked up', () => {
    const world = twice({}, { house: ['none', 'none', 'claim_expired'] }).pass(make.MINUTE_MS);
    expect(refunds(world).map(({ key }) => key)).toEqual(['1/refund/alpha', '1/refund/alpha/2']);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('when a person knows it before anybody asks: the validator takes their word, and so does the order', () => {
    // Nothing else can prove it: no key, and absence is never believed.
    const world = twice({ refund: ['timeout_lost', 'ok'] }, { sheets: alphaWith(null) }).pass(make.MINUTE_MS);
    expect([world.stage, world.order.review, refundOf(world)?.outcome]).toEqual(['paid', null, 'unknown']);
    expect(world.say(make.resolve(2, 'absent'))?.code).toBe('not_unknown');
    expect(world.say(make.resolve(1, 'absent'))).toBeNull();
    expect(refunds(world.pass(make.SECOND_MS)).map(({ key }) => key)).toEqual(['1/refund/alpha', '1/refund/alpha/2']);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('by no person while it is with its processor, which may be doing it', () => {
    const world = twice({ refund: ['timeout_done'] });
    const words: unknown[] = [];
    world.at(7_000, () => {
      words.push(refundOf(world)?.endedAt, world.message(make.resolve(1, 'absent'))?.code);
      world.message(make.resolve(1, 'absent'), true);
    });
    world.pass(8_300);
    expect(words).toEqual([null, 'order_closed']);
    expect(world.entries.map(({ kind }) => kind)).toContain('command_refused');
    expect(refundOf(world)?.sendsNotExecuted).toBe(0);
  });

  test('failed for good: a notice of success that comes after its failure counts nothing', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null } });
    const world = twice({ refund: ['declined'] }, { sheets }).pass(make.MINUTE_MS);
    notice(world, { type: 'refund_succeeded', key: refundOf(world)?.key ?? '', amountMinor: AMOUNT });
    expect(moneyOf(world.order)).toMatchObject({ refunded: 0, held: AMOUNT });
    expect(refundOf(world)?.outcome).toBe('declined');
    expect(world.order.review?.code).toBe('refund_failed');
  });
});

describe('acceptance', () => {
  test('is no proof: an unknown charge cannot be accepted, and whoever tries changes nothing', () => {
    const world = scene({ gamma: ['timeout_lost'] }, { facts: make.ON_GAMMA })
      .open()
      .pass(make.HOUR_MS);
    const { review } = world.order;
    expect(review?.code).toBe('unknown_too_long');
    expect(world.say(make.resolve(1, 'accepted'))?.code).toBe('not_unknown');
    world.message(make.resolve(1, 'accepted'), true);
    world.pass(make.MINUTE_MS);
    expect(world.order.review).toEqual(review);
  });
});

describe('a reservation that comes after the order was cancelled', () => {
  test('although its fence was confirmed is given up under another key', () => {
    const world = scene({ alpha: ['timeout_lost'] }, { facts: { capture: 'manual' } }).open();
    world.say(make.cancel());
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('cancelled');
    notice(world, { type: 'payment_authorized', amountMinor: AMOUNT });
    world.pass(make.MINUTE_MS);
    const voids = world.sent.filter(({ operation }) => operation === 'void');
    expect(voids.map(({ key }) => key)).toEqual(['1/void/alpha', '1/void/alpha/2']);
    expect(world.stage).toBe('cancelled');
    expect(sends(world)).not.toContain('alpha capture');
  });

  test('and is refused twice by the processor is a person’s, who sends the void again', () => {
    const scripts = {
      alpha: { collect: ['surprise'], fence: ['declined', 'ok'] },
      beta: { collect: ['expired_card'] },
    };
    const world = new World({ order: make.newOrder({ facts: { capture: 'manual' } }), scripts }).open();
    world.say(make.cancel());
    world.pass(make.HOUR_MS);
    expect(world.order.review).toMatchObject({ code: 'cannot_fence', attempt: 1 });
    expect(world.say(make.retryNow())).toBeNull();
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('cancelled');
    expect(sends(world).filter((each) => each === 'alpha void')).toHaveLength(2);
  });
});

test('while money of a cancelled order goes back the order is being ended, never paid', () => {
  const stages: string[] = [];
  const scripts = { alpha: { collect: ['surprise'] }, beta: { collect: ['expired_card'] } };
  const world = new World({ order: make.newOrder(), scripts, watch: (_, each) => stages.push(each.stage) }).open();
  world.say(make.cancel());
  world.pass(make.MINUTE_MS);
  expect(stages).toContain('cancelling');
  expect(stages).not.toContain('paid');
  expect(world.stage).toBe('cancelled');
});
