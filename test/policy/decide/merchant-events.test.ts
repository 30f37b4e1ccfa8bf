import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import type { MerchantEvent } from '../../../policy/events.ts';
import { Steps } from '../apply/steps.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';

const { scene } = make;
/** The outbox keeps one of each type and cause. */
const kept = (events: MerchantEvent[]) => [
  ...new Map(events.map((each) => [`${each.type}/${each.cause}`, each])).values(),
];
const keptOf = (world: World, type: string) => kept(world.events).filter((each) => each.type === `order.${type}`);

describe('an event for the merchant that happens again is another one', () => {
  test('the buyer is asked again, and the order ends again, after it was reopened', () => {
    const world = scene({ alpha: ['stolen_card'] }).open();
    for (const event of [make.close(), make.reopened, make.close()]) world.say(event);
    expect(keptOf(world, 'action_required')).toHaveLength(2);
    expect(keptOf(world, 'recovery_offered')).toHaveLength(2);
    expect(keptOf(world, 'failed')).toHaveLength(2);
  });

  test('the buyer is asked to authenticate, and after that failed for another method', () => {
    const world = scene({ alpha: ['3ds'] })
      .open()
      .pass(make.DAY_MS);
    expect(keptOf(world, 'action_required').map(({ stage }) => stage)).toEqual([
      'waiting_authentication',
      'waiting_buyer',
    ]);
  });

  test('a planned try that is put off is told with each time', () => {
    const down = [{ processor: 'alpha', fromMs: 0, untilMs: 5 * make.MINUTE_MS }];
    const rulebook = make.ruledBy({ processors: ['alpha'] });
    const world = scene({}, { facts: make.MANDATE, rulebook, down }).open().pass(make.DAY_MS);
    const times = world.entries.filter(({ kind }) => kind === 'retry_scheduled').length;
    expect(times).toBeGreaterThan(1);
    expect(new Set(keptOf(world, 'retry_scheduled').map(({ retryAt }) => retryAt)).size).toBe(times);
  });

  test('but not that an outcome is unknown, when the same key is sent without an answer again', () => {
    const unknown = { outcome: 'unknown', failureClass: 'unknown_outcome' } as const;
    const steps = new Steps().answer(unknown);
    expect(types(steps)).toEqual(['outcome_unknown']);
    while (steps.command?.operation !== 'charge') steps.wait(500);
    expect(types(steps.tell(make.resolve(1, 'absent')))).toEqual(['payment_failed']);
    expect([types(steps.answer(unknown)), steps.stage]).toEqual([[], 'confirming']);
  });

  test('told again after a reset, at another time, it is the same one', () => {
    const steps = new Steps().answer({ outcome: 'declined', failureClass: 'instrument_problem' });
    steps.tell(make.close());
    const again = (now: string) => {
      const basis = { rulebook: make.ruledBy({}), sheets: steps.sheets, ceilings: [], health: [] };
      return decide({ ...basis, order: steps.order, event: make.reopened, now }).events.map(({ cause }) => cause);
    };
    const causes = again('2026-12-01T00:00:00.000Z');
    expect(causes).toEqual(again('2026-12-02T00:00:00.000Z'));
    expect(causes.every((cause) => cause.endsWith(', time 2'))).toBe(true);
  });
});

const DECLINED = { outcome: 'declined', failureClass: 'instrument_problem' } as const;
const types = ({ events }: Steps) => events.map(({ type }) => type.slice('order.'.length));

describe('a collection is told as paid once', () => {
  /** The first attempt has paid after all, and the page that the buyer was on does not say that it is closed. */
  const paidBesideAPage = () => {
    const order = new Steps()
      .answer(DECLINED)
      .tell(make.choose('hosted_checkout'))
      .answer({ outcome: 'requires_action' });
    order.notice('payment_succeeded', { attempt: 1, reference: 'pay_1' });
    expect([order.command?.operation, order.stage, types(order)]).toEqual([
      'close_hosted',
      'paid',
      ['payment_succeeded'],
    ]);
    return order;
  };

  test('also when a person was asked meanwhile why something cannot be closed', () => {
    const order = paidBesideAPage().answer({ outcome: 'declined' });
    for (let waits = 0; waits < 50 && order.order.review === null; waits += 1) {
      if (order.command === null) order.wait(5 * make.MINUTE_MS);
      else order.answer({ outcome: 'unknown', found: 'no_answer' });
    }
    expect([order.order.review?.code, order.stage, types(order)]).toEqual([
      'cannot_fence',
      'needs_review',
      ['needs_review'],
    ]);
    order.notice('session_closed', { attempt: 2 });
    expect([order.order.closed?.stage, types(order)]).toEqual(['paid', []]);
  });

  test('also when a question about a notice was put aside before all was closed', () => {
    const order = paidBesideAPage().notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference: 'pay_7' });
    expect([order.stage, types(order)]).toEqual(['needs_review', ['needs_review']]);
    order.tell(make.resolve(1, 'accepted'));
    expect([order.stage, types(order)]).toEqual(['paid', []]);
  });

  test('after less money went back, the order was opened again, and another attempt paid', () => {
    const order = new Steps().answer({ outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });
    order.tell(make.close()).notice('refund_succeeded', { attempt: 1, amountMinor: 4_000 });
    order.answer({ outcome: 'succeeded', found: 'payment', claim: 'none', amountMinor: 4_000, refundedMinor: 4_000 });
    expect(order.stage).toBe('failed');
    order.tell(make.reopened, make.DAY_MS).tell(make.choose('new_method', make.card('b', { origin: 'buyer' })));
    order.answer({ outcome: 'succeeded' });
    expect([order.stage, types(order)]).toEqual(['paid', ['payment_succeeded']]);
  });
});

test('one failure of an attempt is told once, also when it was doubted and proved again', () => {
  const rulebook = make.ruledBy({ extraTry: { alpha: 1 } });
  const world = scene({ alpha: ['insufficient_funds', 'duplicate'] }, { rulebook })
    .open()
    .pass(make.MINUTE_MS);
  expect(world.order.review?.code).toBe('duplicate_unexplained');
  const failed = keptOf(world, 'payment_failed').map(({ cause }) => cause);
  expect(failed.filter((cause) => cause.startsWith('attempt 1'))).toEqual(['attempt 1']);
});

describe('a question is told when it comes up', () => {
  test('also when the answer to the one before it paid the order', () => {
    const order = new Steps()
      .answer(DECLINED)
      .tell(make.choose('hosted_checkout'))
      .answer({ outcome: 'requires_action' });
    order.notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference: 'pay_7' });
    order.notice('payment_succeeded', { attempt: 2, reference: 'pay_2' }).notice('refund_failed', { attempt: 2 });
    expect([order.order.review?.code, order.order.reviewsBehind?.map(({ code }) => code)]).toEqual([
      'event_unmatched',
      ['refund_failed'],
    ]);
    order.tell(make.accept(order.order));
    expect([order.stage, order.order.review?.code]).toEqual(['paid', 'refund_failed']);
    expect(types(order)).toEqual(['payment_succeeded', 'needs_review']);
  });
});
