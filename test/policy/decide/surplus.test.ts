import { describe, expect, test } from 'vitest';
import { isAtRest, moneyOf } from '../../../policy/facts.ts';
import { headline } from '../../../policy/headline.ts';
import { needsHuman } from '../../../policy/stage.ts';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { sends } from './fixtures.ts';
import type { Script } from './words.ts';

const AMOUNT = 4_999;

/** Alpha declines, beta pays, and then alpha has the money too. */
function twice(alpha: Script = {}, more: Partial<ConstructorParameters<typeof World>[0]> = {}): World {
  const scripts = { alpha: { collect: ['surprise'], ...alpha }, beta: { collect: ['ok'] } };
  const world = new World({ order: make.newOrder(), scripts, ...more }).open();
  expect(world.stage).toBe('paid');
  return world;
}

const lookups = (world: World) =>
  world.sent.filter(({ operation }) => operation === 'lookup').map(({ processor }) => processor);
const kinds = (world: World) => world.entries.map(({ kind }) => kind);
const refunds = (world: World) => world.sent.filter(({ operation }) => operation === 'refund');

describe('a second capture', () => {
  test('goes back by itself: both payments are asked for first, the one that paid keeps the money, paid never flips', () => {
    const stages = new Set<string>();
    const scripts = { alpha: { collect: ['surprise'] }, beta: { collect: ['ok'] } };
    const world = new World({ order: make.newOrder(), scripts, watch: (_, each) => stages.add(each.stage) });
    world.open().pass(make.MINUTE_MS);
    expect(stages).toEqual(new Set(['attempting', 'paid']));
    expect(lookups(world)).toEqual(['alpha', 'beta']);
    expect(sends(world)).toEqual(['alpha charge', 'beta charge', 'alpha refund']);
    expect(moneyOf(world.order)).toMatchObject({ captured: 9_998, refunded: AMOUNT, held: 0, net: AMOUNT });
    expect(world.netCaptured).toBe(AMOUNT);
    expect(isAtRest(world.order)).toBe(true);
    expect(make.toldMerchant(world)).toEqual(['payment_failed', 'payment_succeeded', 'surplus_returned']);
  });

  test('is on the timeline: when it became known, when it was sent back, when it was back', () => {
    const world = twice().pass(make.MINUTE_MS);
    const of = (kind: string) => world.entries.find((entry) => entry.kind === kind);
    expect(kinds(world).slice(-7)).toEqual([
      'surplus_found',
      'decision',
      'payment_confirmed',
      'payment_confirmed',
      'give_back_sent',
      'refunded',
      'surplus_returned',
    ]);
    expect(of('surplus_found')?.at).toBe(world.order.surplus?.since);
    expect(of('surplus_returned')?.at).toBe(world.order.surplus?.endedAt);
    expect(headline(world.order)).toBe('Paid: EUR 49.99 at beta. EUR 49.99 more was taken, and given back.');
  });

  test('while its refund is out: it is our turn, nobody is asked, and the order is not at rest', () => {
    const world = twice({ refund: ['timeout_lost', 'ok'] }).pass(8_200);
    expect(moneyOf(world.order)).toMatchObject({ held: AMOUNT });
    expect(world.stage).toBe('paid');
    expect(needsHuman(world.order)).toBe(false);
    expect(isAtRest(world.order)).toBe(false);
    expect(world.nextAction).toMatchObject({ type: 'wait_confirming', who: 'system', messageKey: 'surplus' });
    expect(headline(world.order)).toContain('alpha has not confirmed the refund yet');
  });

  test('of which the processor says that it is gone already is not given back', () => {
    const world = twice();
    world.at(4_000, () => world.processors.get('alpha')?.refund(world.nowMs));
    world.at(5_500, () => world.processors.get('alpha')?.refund(world.nowMs));
    world.at(6_005, () => world.processors.get('alpha')?.refund(world.nowMs));
    world.pass(make.MINUTE_MS);
    expect(refunds(world)).toEqual([]);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(make.toldMerchant(world)).toContain('surplus_returned');
    expect(moneyOf(world.order)).toMatchObject({ held: 0, net: AMOUNT });
  });

  test('when the payment that paid was refunded by hand: the other one is the order’s money now', () => {
    const world = twice();
    world.at(4_000, () => world.processors.get('beta')?.refund(world.nowMs));
    world.pass(make.MINUTE_MS);
    expect(refunds(world)).toEqual([]);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(world.stage).toBe('paid');
  });

  test('waits while a processor does not say how its payment stands, and is a person’s after that', () => {
    const world = twice({ lookup: ['no_answer'] }).pass(make.MINUTE_MS);
    expect(refunds(world)).toEqual([]);
    expect(needsHuman(world.order)).toBe(false);
    world.pass(make.HOUR_MS);
    expect(world.order.review).toMatchObject({ code: 'surplus', attempt: 1 });
    expect(world.nextAction).toMatchObject({ type: 'review', who: 'support', messageKey: 'surplus' });
  });

  test('at a processor without lookup goes back too', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null }, beta: { lookup: null } });
    const world = twice({}, { sheets }).pass(make.MINUTE_MS);
    expect(lookups(world)).toEqual([]);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('and a third: one goes back after the other', () => {
    const scripts = { alpha: { collect: ['surprise'] }, beta: { collect: ['surprise'] } };
    const world = new World({ order: make.newOrder(), scripts }).open();
    world.at(3_000, () => world.message(make.choose('new_method', make.card('b', { origin: 'buyer' }))));
    world.pass(make.HOUR_MS);
    expect(refunds(world).length).toBe(world.order.attempts.filter(({ money }) => money.captured > 0).length - 1);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(isAtRest(world.order)).toBe(true);
  });
});

describe('a refund', () => {
  test('that was done and not answered is asked again with its key, and money goes back once', () => {
    const world = twice({ refund: ['timeout_done'] }).pass(make.MINUTE_MS);
    expect(new Set(refunds(world).map(({ key }) => key)).size).toBe(1);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(isAtRest(world.order)).toBe(true);
  });

  test('that was lost is sent again with its key', () => {
    const world = twice({ refund: ['timeout_lost', 'timeout_lost', 'ok'] }).pass(make.MINUTE_MS);
    expect(new Set(refunds(world).map(({ key }) => key)).size).toBe(1);
    expect(refunds(world).length).toBe(3);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('that was refused is a person’s: held, with an owner and a due time, never swallowed and never flipping paid', () => {
    const world = twice({ refund: ['declined'] }).pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(moneyOf(world.order)).toMatchObject({ held: AMOUNT, net: 9_998 });
    expect(world.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
    const { since } = world.order.review ?? { since: '' };
    const at = new Date(Date.parse(since) + make.DAY_MS).toISOString();
    expect(world.nextAction).toMatchObject({ type: 'review', who: 'support', messageKey: 'refund_failed', at });
    expect(make.toldMerchant(world).slice(-1)).toEqual(['needs_review']);
    expect(world.pass(make.DAY_MS).order.review?.code).toBe('refund_failed');
    expect(refunds(world)).toHaveLength(1);
  });

  test('that a person sends again gets a key of its own', () => {
    const world = twice({ refund: ['declined', 'ok'] }).pass(make.MINUTE_MS);
    expect(world.say(make.retryNow())).toBeNull();
    world.pass(make.MINUTE_MS);
    expect(refunds(world).map(({ key }) => key)).toEqual(['1/refund/alpha', '1/refund/alpha/2']);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(isAtRest(world.order)).toBe(true);
  });

  test('that is unknown cannot be sent again by a person: its key may still give back', () => {
    const world = twice({ refund: ['timeout_lost'], lookup: ['ok', 'no_answer'] }).pass(make.MINUTE_MS);
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
  });

  test('that a notice says has failed after all is held again', () => {
    const world = twice().pass(make.MINUTE_MS);
    const [refund] = world.order.attempts[0]?.operations.filter(({ operation }) => operation === 'refund') ?? [];
    for (const payment of world.processors.get('alpha')?.payments ?? []) payment.refundedMinor = 0;
    const { merchantId, orderId } = world.order.facts;
    const event = { eventId: 'late-no', processor: 'alpha', type: 'refund_failed' as const, key: refund?.key ?? '' };
    world.say({ type: 'processor_event', event: { ...event, merchantId, orderId, occurredAt: world.now } });
    expect(moneyOf(world.order)).toMatchObject({ held: AMOUNT, refunded: 0 });
    expect(world.order.review?.code).toBe('refund_failed');
  });

  test('that was proved not executed is sent again, with the same key while that is remembered', () => {
    const world = twice({ refund: ['503', '503', 'ok'] }).pass(make.MINUTE_MS);
    expect(new Set(refunds(world).map(({ key }) => key)).size).toBe(1);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('refused because it had been made by hand is no failure: the payment itself says so', () => {
    const sheets = make.sheetsWith({ beta: { lookup: null } });
    const world = twice({ lookup: ['ok'] }, { sheets });
    world.at(6_018, () => world.processors.get('alpha')?.refund(world.nowMs));
    world.pass(make.HOUR_MS);
    expect(world.order.review).toBeNull();
    expect(moneyOf(world.order)).toMatchObject({ held: 0, net: AMOUNT });
  });
});

describe('at a processor without keys and lookups a refund', () => {
  const onGamma = (refund: string[], more = {}) => {
    const rulebook = make.ruledBy({ processors: ['gamma', 'alpha'] });
    const scripts = { gamma: { collect: ['surprise'], refund }, alpha: { collect: ['ok'] } };
    return new World({ order: make.newOrder(), scripts, rulebook, ...more }).open().pass(make.MINUTE_MS);
  };

  test('without an answer is never sent twice: the notice proves it', () => {
    const world = onGamma(['timeout_done']);
    expect(refunds(world)).toHaveLength(1);
    expect(world.netCaptured).toBe(AMOUNT);
    expect(isAtRest(world.order)).toBe(true);
  });

  test('that nothing proves becomes a person’s, who says what became of it', () => {
    const world = onGamma(['timeout_lost', 'ok']).pass(make.HOUR_MS);
    expect(refunds(world)).toHaveLength(1);
    expect(world.order.review).toMatchObject({ code: 'refund_unknown', attempt: 1 });
    expect(world.say(make.retryNow())?.code).toBe('recovery_refused');
    expect(world.say(make.resolve(1, 'absent'))).toBeNull();
    world.pass(make.MINUTE_MS);
    expect(refunds(world).map(({ key }) => key)).toEqual(['1/refund/gamma', '1/refund/gamma/2']);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('that is overloaded is sent under another key each time, because nothing was executed', () => {
    const world = onGamma(['503', '503', 'ok']);
    expect(refunds(world).map(({ key }) => key)).toEqual(['1/refund/gamma', '1/refund/gamma/2', '1/refund/gamma/3']);
    expect(world.netCaptured).toBe(AMOUNT);
  });

  test('that is refused for half an hour is a person’s', () => {
    const world = onGamma(['503']).pass(make.HOUR_MS);
    expect(world.order.review?.code).toBe('surplus');
    const sent = refunds(world).length;
    expect(sent).toBeLessThan(15);
    world.pass(make.DAY_MS);
    expect(refunds(world)).toHaveLength(sent);
  });
});

describe('a person decides about money that did not go back', () => {
  const failed = () => twice({ refund: ['declined'] }).pass(make.MINUTE_MS);

  test('it is accepted, with evidence: the order keeps it and is at rest', () => {
    const world = failed();
    expect(world.say(make.resolve(1, 'accepted'))).toBeNull();
    expect(moneyOf(world.order)).toMatchObject({ held: 0, net: 9_998 });
    expect(world.order.accepted).toMatchObject({ minor: AMOUNT, actor: 'support' });
    expect(isAtRest(world.order)).toBe(true);
    expect(make.toldMerchant(world)).not.toContain('surplus_returned');
    expect(world.entries.at(-1)).toMatchObject({ kind: 'money_accepted', actor: 'support' });
  });

  test('it went back another way', () => {
    const world = failed();
    expect(world.say(make.resolve(1, 'succeeded'))).toBeNull();
    expect(moneyOf(world.order)).toMatchObject({ held: 0, net: AMOUNT });
    expect(make.toldMerchant(world)).toContain('surplus_returned');
    expect(isAtRest(world.order)).toBe(true);
  });

  test('that it did not go back is known: `absent` answers nothing', () => {
    expect(failed().say(make.resolve(1, 'absent'))?.code).toBe('not_unknown');
  });

  test('on a cancelled order: accepted, it pays the order', () => {
    const scripts = { alpha: { collect: ['surprise'], refund: ['declined'] }, beta: { collect: ['expired_card'] } };
    const world = new World({ order: make.newOrder(), scripts }).open();
    world.say(make.cancel());
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('needs_review');
    expect(world.say(make.resolve(1, 'accepted'))).toBeNull();
    expect(world.stage).toBe('paid');
    expect(moneyOf(world.order)).toMatchObject({ held: 0, net: AMOUNT });
  });
});

describe('less than the amount', () => {
  const short = () => make.scene({ alpha: ['short'] }).open();

  test('can be accepted by a person: the order is paid with it', () => {
    const world = short();
    expect(world.order.review?.code).toBe('amount_mismatch');
    expect(world.say(make.resolve(1, 'accepted'))).toBeNull();
    expect(world.stage).toBe('paid');
    expect(isAtRest(world.order)).toBe(true);
  });

  test('goes back when the order is cancelled', () => {
    const world = short();
    expect(world.say(make.cancel())).toBeNull();
    world.pass(make.MINUTE_MS);
    expect(world.netCaptured).toBe(0);
    expect(world.stage).toBe('cancelled');
  });
});
