import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../../policy/answers.ts';
import { moneyOf } from '../../../policy/facts.ts';
import { needsHuman } from '../../../policy/stage.ts';
import { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene, sends } from './fixtures.ts';

const MANUAL = { facts: { capture: 'manual' as const } };

let events = 0;
function notice(world: World, change: Partial<ProcessorEvent>): void {
  events += 1;
  const { merchantId, orderId } = world.order.facts;
  const event = { eventId: `n-${events}`, processor: 'alpha', type: 'payment_succeeded' as const, attempt: 1 };
  world.say({ type: 'processor_event', event: { ...event, merchantId, orderId, occurredAt: world.now, ...change } });
}

describe('manual capture', () => {
  test('waits for the merchant, then captures once', () => {
    const world = scene({}, MANUAL).open();
    expect(world.stage).toBe('authorized');
    expect(world.nextAction).toMatchObject({ type: 'capture', who: 'merchant' });
    expect(world.say(make.capture())).toBeNull();
    expect(sends(world)).toEqual(['alpha authorize', 'alpha capture']);
    expect(world.stage).toBe('paid');
    expect(world.say(make.capture())?.code).toBe('order_closed');
  });

  test('a capture without an answer is asked again with its key and found', () => {
    const scripts = { alpha: { capture: ['timeout_lost', 'ok'] } };
    const world = new World({ order: make.newOrder(MANUAL), scripts }).open();
    world.say(make.capture());
    expect(world.stage).toBe('capturing');
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha authorize', 'alpha capture', 'alpha capture']);
    expect(world.netCaptured).toBe(4_999);
    expect(world.stage).toBe('paid');
  });

  test('a capture in doubt that nothing can prove goes to a person, who knows', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null, idempotency: null } });
    const scripts = { alpha: { capture: ['timeout_done'] } };
    const webhooks = { lose: [0, 1, 2] };
    const world = new World({ order: make.newOrder(MANUAL), scripts, sheets, webhooks }).open();
    world.say(make.capture());
    world.pass(make.HOUR_MS);
    expect(world.order.review?.code).toBe('capture_unknown');
    expect(world.say(make.resolve(1, 'succeeded'))).toBeNull();
    expect(world.stage).toBe('paid');
  });

  test('a declined capture goes to a person; cancelling voids it', () => {
    const world = new World({ order: make.newOrder(MANUAL), scripts: { alpha: { capture: ['declined'] } } }).open();
    world.say(make.capture());
    expect(world.order.review?.code).toBe('capture_declined');
    world.say(make.cancel());
    expect(sends(world).at(-1)).toBe('alpha void');
    expect(world.stage).toBe('cancelled');
  });

  test('a capture that was refused because it had happened is looked up and pays', () => {
    const scripts = { alpha: { capture: ['timeout_done', 'declined'] } };
    const world = new World({ order: make.newOrder(MANUAL), scripts, webhooks: { lose: [0, 1, 2] } }).open();
    world.say(make.capture());
    world.pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.order.review).toBeNull();
  });

  test('without an authorization there is nothing to capture, now or later', () => {
    const world = scene({ alpha: ['expired_card', 'ok'] }, MANUAL).open();
    expect(world.say(make.capture())?.code).toBe('nothing_to_capture');
    world.message(make.capture(), true);
    world.say(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    expect(world.stage).toBe('authorized');
  });
});

describe('an authorization', () => {
  test('is not given up for another choice of the buyer', () => {
    const world = scene({}, MANUAL).open();
    const choice = make.choose('new_method', make.card('b', { origin: 'buyer' }));
    expect(world.say(choice)?.code).toBe('recovery_refused');
    world.message(choice, true);
    world.pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha authorize']);
  });

  test('that was voided takes the wish to capture with it: another one waits for the merchant', () => {
    const world = scene({ alpha: ['slow_ok', 'ok'] }, MANUAL);
    world.at(10, () => world.message(make.choose('new_method', make.card('b', { origin: 'buyer' })), true));
    // The notice of the first authorization is here, its answer is not: the merchant asks to capture at once.
    world.at(1_500, () => world.message(make.capture(), true));
    world.open().pass(make.MINUTE_MS);
    expect(sends(world)).toEqual(['alpha authorize', 'alpha void', 'alpha authorize']);
    expect(world.stage).toBe('authorized');
  });
});

describe('a surplus', () => {
  test('while another attempt is unknown: that one is closed before it takes money too', () => {
    const world = scene({ alpha: ['surprise'], beta: ['500_lost'] })
      .open()
      .pass(5_900);
    expect(world.stage).toBe('confirming');
    world.pass(make.SECOND_MS);
    expect(world.stage).toBe('paid');
    expect(sends(world).at(-1)).toBe('beta void');
    expect(world.netCaptured).toBe(4_999);
  });

  test('of two authorizations: the second is voided, and its charge is not sent again', () => {
    const world = scene({ alpha: ['surprise'], beta: ['timeout_lost'] }, MANUAL)
      .open()
      .pass(make.MINUTE_MS);
    expect(world.stage).toBe('authorized');
    expect(sends(world)).toEqual(['alpha authorize', 'beta authorize', 'beta authorize', 'beta void']);
  });

  test('of more than the amount is held; less than it does not pay the order', () => {
    const less = scene({ alpha: ['short'] }).open();
    expect(less.order.review?.code).toBe('amount_mismatch');
    expect(less.stage).toBe('needs_review');
    const more = scene({ alpha: ['late_webhook'] }).open();
    more.say(make.cancel());
    expect(moneyOf(more.order).held).toBe(0);
  });
});

describe('refunds, returns and disputes', () => {
  test.each([
    ['refund_succeeded', 'refunded'],
    ['payment_returned', 'returned'],
    ['dispute_opened', 'disputed'],
  ] as const)('%s is a fact about money and never flips paid', (type, fact) => {
    const world = scene().open();
    notice(world, { type, amountMinor: 1_000 });
    expect(world.stage).toBe('paid');
    expect(moneyOf(world.order)).toMatchObject({ captured: 4_999, [fact]: 1_000, net: 3_999, held: 0 });
    expect(make.toldMerchant(world)).toContain(fact);
  });

  test('a notice without an amount is about all of it', () => {
    const world = scene().open();
    notice(world, { type: 'dispute_opened' });
    expect(moneyOf(world.order)).toMatchObject({ disputed: 4_999, net: 0 });
  });

  test('a refund that fails asks a person', () => {
    const world = scene().open();
    notice(world, { type: 'refund_failed' });
    expect(world.order.review?.code).toBe('refund_failed');
    expect(needsHuman(world.order)).toBe(true);
  });
});

describe('a notice that does not fit', () => {
  test.each([
    ['another amount', { amountMinor: 1 }],
    ['another currency', { currency: 'USD' }],
    ['another order', { orderId: 'o-2' }],
    ['another merchant', { merchantId: 'm-2' }],
  ])('by %s is not believed; a person looks, and nothing else is charged meanwhile', (_what, change) => {
    const world = scene({ alpha: ['expired_card'] }).open();
    notice(world, change);
    expect(moneyOf(world.order).captured).toBe(0);
    expect(world.order.review?.code).toBe('event_mismatch');
    expect(world.say(make.choose('new_method', make.card('b')))?.code).toBe('recovery_refused');
    expect(sends(world)).toEqual(['alpha charge']);
  });

  test('with the right money after all, the order is paid and nobody has to look', () => {
    const world = scene({ alpha: ['late_webhook'] }).open();
    notice(world, { amountMinor: 1 });
    expect(world.stage).toBe('needs_review');
    expect(world.pass(make.MINUTE_MS).stage).toBe('paid');
  });

  test('to any attempt is parked; where it tells of money, a person looks', () => {
    const world = scene({ alpha: ['expired_card'] }).open();
    notice(world, { processor: 'beta', reference: 'unknown', type: 'payment_failed' });
    expect(world.entries.some(({ kind }) => kind === 'event_parked')).toBe(true);
    expect(world.stage).toBe('waiting_buyer');
    notice(world, { processor: 'beta', reference: 'unknown' });
    expect(world.order.review?.code).toBe('event_unmatched');
  });
});

describe('duplicates', () => {
  test('of a success, by notice while the call is out and then by its answer, are one success', () => {
    const world = scene({ alpha: ['slow_ok'] })
      .open()
      .pass(make.MINUTE_MS);
    expect(world.stage).toBe('paid');
    expect(world.entries.filter(({ kind }) => kind === 'attempt_succeeded')).toHaveLength(1);
    expect(make.toldMerchant(world)).toEqual(['payment_succeeded']);
  });

  test('of every notice change nothing', () => {
    const outcome = (twice: boolean) => {
      const world = scene({ alpha: ['surprise'], beta: ['late_webhook'] }, { webhooks: { twice } }).open();
      world.pass(make.HOUR_MS);
      return { stage: world.stage, money: moneyOf(world.order), sent: sends(world), told: make.toldMerchant(world) };
    };
    expect(outcome(true)).toEqual(outcome(false));
  });

  test('of a command change nothing', () => {
    const world = scene({ alpha: ['expired_card'] }).open();
    const choice = make.choose('new_method', make.card('b', { origin: 'buyer' }));
    world.say(choice);
    const before = world.order;
    world.message(choice, true);
    world.pass(0);
    expect(world.order).toEqual(before);
  });

  test('of an answer do not count a send twice', () => {
    const world = scene({ alpha: ['timeout_lost', 'refused'] }, { webhooks: { lose: [0] } })
      .open()
      .pass(600);
    const [operation] = world.order.attempts[0]?.operations ?? [];
    expect(operation).toMatchObject({ sends: 2, sendsNotExecuted: 1, outcome: 'unknown' });
    const result = {
      attempt: 1,
      operation: 'charge',
      key: '',
      outcome: 'not_executed',
      failureClass: 'transient',
      forbidsInstrument: false,
      retryAfterMs: null,
      evidence: 'refused',
      document: '',
      edition: '',
      provedNotExecuted: true,
      sent: true,
      claim: 'granted',
      startedAt: world.now,
      endedAt: world.now,
    } as const;
    world.say({ type: 'answered', result });
    expect(world.order.attempts[0]?.operations[0]).toMatchObject({ sendsNotExecuted: 1, outcome: 'unknown' });
    expect(sends(world)).not.toContain('beta charge');
  });
});
