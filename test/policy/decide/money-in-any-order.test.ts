import { describe, expect, test } from 'vitest';
import type { OperationResult, ProcessorEvent } from '../../../policy/answers.ts';
import { decide } from '../../../policy/decide.ts';
import type { OrderEvent } from '../../../policy/events.ts';
import { isAtRest, moneyOf } from '../../../policy/facts.ts';
import type { OrderState } from '../../../policy/order.ts';
import { stageOf } from '../../../policy/stage.ts';
import type { World } from './driver.ts';
import * as make from './fixtures.ts';
import { scene } from './fixtures.ts';

/** Every order in which a few things can be heard of. */
function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((first, index) => permutations(list.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

interface Told {
  name: string;
  event: OrderEvent;
}

const notice = (name: string, change: Partial<ProcessorEvent>): Told => ({
  name,
  event: {
    type: 'processor_event',
    event: {
      eventId: name,
      processor: 'alpha',
      type: 'payment_succeeded',
      merchantId: 'default',
      orderId: 'o-1',
      attempt: 1,
      occurredAt: '2026-11-22T11:00:00.000Z',
      ...change,
    },
  },
});

const CAPTURED = notice('captured', { amountMinor: 4_999 });
const REFUND = notice('refund', { type: 'refund_succeeded', key: 'by-hand-1', amountMinor: 1_000 });
const REFUND_AGAIN = notice('refund again', { type: 'refund_succeeded', key: 'by-hand-1', amountMinor: 1_000 });
const SECOND_REFUND = notice('second refund', { type: 'refund_succeeded', key: 'by-hand-2', amountMinor: 500 });
const DISPUTE = notice('dispute', { type: 'dispute_opened', amountMinor: 2_000, total: true });
const RETURN = notice('return', { type: 'payment_returned', amountMinor: 2_000 });
const ALL_BACK = notice('all back', { type: 'refund_succeeded', key: 'by-hand-3', amountMinor: 4_999 });

const ANSWER: OperationResult = {
  attempt: 1,
  operation: 'charge',
  key: '1/charge/alpha',
  outcome: 'succeeded',
  failureClass: null,
  forbidsInstrument: false,
  retryAfterMs: null,
  evidence: 'succeeded',
  document: '',
  edition: '',
  provedNotExecuted: false,
  sent: true,
  claim: 'granted',
  reference: 'alpha_1',
  amountMinor: 4_999,
  startedAt: '2026-11-22T10:00:00.000Z',
  endedAt: '2026-11-22T10:00:01.000Z',
};

/** Hears everything, one after the other, and says how the order stood after each. */
function hear(world: World, all: Told[], plan: boolean) {
  let { order } = world;
  const stages: string[] = [];
  const commands: string[] = [];
  for (const { event } of all) {
    const now = new Date(world.nowMs + 60_000 + stages.length).toISOString();
    const decision = decide({ ...world.reading, order, event, ceilings: [], health: [], now, moreToCome: !plan });
    order = decision.order;
    stages.push(stageOf(order));
    if (decision.command !== null) commands.push(decision.command.operation);
  }
  return { order, stages, commands };
}

const paidAtBeta = () => scene({ alpha: ['insufficient_funds'], beta: ['ok'] }).open();
const unknownAtAlpha = () =>
  scene(
    { alpha: ['timeout_charged'] },
    { sheets: make.sheetsWith({ alpha: { lookup: null, idempotency: null } }) },
  ).open();
const withMoney = (order: OrderState) => ({ ...moneyOf(order), stage: stageOf(order) });

describe('whatever is heard first', () => {
  test.each([
    ['refunds in parts, one told twice, and a dispute', [CAPTURED, REFUND, REFUND_AGAIN, SECOND_REFUND, DISPUTE]],
    ['a return', [CAPTURED, REFUND, RETURN]],
    ['all of it by hand', [CAPTURED, ALL_BACK]],
  ])('%s, of a charge whose outcome was unknown: the same money, and paid once and for all', (_, all) => {
    const ends = permutations(all).map((each) => hear(unknownAtAlpha(), each, false));
    const [first] = ends;
    for (const { order, stages } of ends) {
      expect(withMoney(order)).toEqual(withMoney(first?.order as OrderState));
      expect(new Set(stages)).toEqual(new Set(['paid']));
    }
    expect(moneyOf(first?.order as OrderState)).toMatchObject({ captured: 4_999, held: 0 });
  });

  test('money of another attempt, of an order that is paid and closed: never flipped, the same money in the end', () => {
    const late = [
      CAPTURED,
      REFUND,
      SECOND_REFUND,
      notice('beta dispute', { processor: 'beta', attempt: 2, type: 'dispute_opened', amountMinor: 100 }),
    ];
    const ends = permutations(late).map((each) => hear(paidAtBeta(), each, false));
    for (const { order, stages } of ends) {
      expect(new Set(stages)).toEqual(new Set(['paid']));
      expect(moneyOf(order)).toMatchObject({ captured: 9_998, refunded: 1_500, disputed: 100, net: 8_398 });
      expect(isAtRest(order)).toBe(false);
    }
  });

  test('a surplus that was given back by hand is not given back again, also when its refund is heard of first', () => {
    for (const each of permutations([CAPTURED, ALL_BACK])) {
      const { order } = hear(paidAtBeta(), each, false);
      expect(moneyOf(order)).toMatchObject({ held: 0, net: 4_999 });
      expect(isAtRest(order)).toBe(true);
    }
    const { commands } = hear(paidAtBeta(), [ALL_BACK, CAPTURED], true);
    expect(commands).toEqual([]);
  });

  test('a refund that is heard of before the charge has answered pays the order, and the answer changes nothing', () => {
    const world = scene({ alpha: ['slow_ok'] });
    let heard: ReturnType<typeof hear> | undefined;
    world.at(500, () => {
      heard = hear(world, [REFUND, CAPTURED, { name: 'answer', event: { type: 'answered', result: ANSWER } }], false);
    });
    world.open();
    expect(heard?.stages).toEqual(['paid', 'paid', 'paid']);
    expect(moneyOf(heard?.order as OrderState)).toMatchObject({
      captured: 4_999,
      refunded: 1_000,
      net: 3_999,
      held: 0,
    });
  });

  test('a refund that failed takes back what had been counted, in either order', () => {
    const failed = notice('failed', { type: 'refund_failed', key: 'by-hand-1', amountMinor: 1_000 });
    for (const each of permutations([CAPTURED, REFUND, failed])) {
      const { order } = hear(paidAtBeta(), each, false);
      expect(moneyOf(order), each.map(({ name }) => name).join(', ')).toMatchObject({ refunded: 0, captured: 9_998 });
      expect(order.review).toMatchObject({ code: 'refund_failed' });
    }
  });
});

describe('a partial refund by hand of the payment that paid', () => {
  test('leaves the whole one with the order, and gives back what is left of the other: the net stays at the amount', () => {
    const world = scene(
      { alpha: ['surprise'], beta: ['ok'] },
      { sheets: make.sheetsWith({ alpha: { lookup: null }, beta: { lookup: null } }) },
    ).open();
    const part = notice('part', {
      processor: 'beta',
      attempt: 2,
      type: 'refund_succeeded',
      key: 'by-hand-9',
      amountMinor: 1_000,
    });
    world.say(part.event);
    world.pass(make.MINUTE_MS);
    const refund = world.sent.find(({ operation }) => operation === 'refund');
    expect(refund).toMatchObject({ processor: 'beta' });
    expect(moneyOf(world.order)).toMatchObject({ net: 4_999, held: 0 });
  });

  test('where neither payment is the whole amount any more, only so much goes back as leaves it; the rest is a person’s', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null }, beta: { lookup: null } });
    const world = scene({ alpha: ['surprise'], beta: ['short'] }, { sheets }).open();
    expect(world.say(make.resolve(2, 'accepted'))).toBeNull();
    expect(moneyOf(world.pass(make.SECOND_MS).order).net).toBe(4_899);
    // Alpha has the money after all, and gave a part of it back by hand: that is what we hear of first.
    const [late] = world.processors.get('alpha')?.payments ?? [];
    Object.assign(late ?? {}, { status: 'captured', later: null, capturedMinor: 4_999, refundedMinor: 1_000 });
    world.say(REFUND.event);
    world.pass(make.MINUTE_MS);
    const refunds = world.order.attempts
      .flatMap(({ operations }) => operations)
      .filter((each) => each.operation === 'refund');
    expect(refunds).toMatchObject([{ amountMinor: 3_899, outcome: 'succeeded' }]);
    expect(moneyOf(world.order)).toMatchObject({ net: 4_999, held: 100 });
    expect(world.order.review?.code).toBe('surplus');
  });

  test('where the processor gives back whole payments only, is a person’s', () => {
    const sheets = make.sheetsWith({ alpha: { lookup: null }, beta: { lookup: null, partialRefunds: false } });
    const world = scene({ alpha: ['surprise'], beta: ['ok'] }, { sheets }).open();
    const part = notice('part', {
      processor: 'beta',
      attempt: 2,
      type: 'refund_succeeded',
      key: 'by-hand-9',
      amountMinor: 1_000,
    });
    world.say(part.event);
    world.pass(make.MINUTE_MS);
    expect(world.sent.some(({ operation }) => operation === 'refund')).toBe(false);
    expect(world.order.review?.code).toBe('surplus');
    expect(moneyOf(world.order)).toMatchObject({ held: 3_999 });
  });
});

describe('a notice that nobody can explain, on a closed order', () => {
  const unmatched = notice('stranger', { processor: 'gamma', attempt: 7, reference: 'unknown' });

  test('is a person’s while the order stays paid, and can be put aside with evidence', () => {
    const world = paidAtBeta();
    world.say(unmatched.event);
    expect(world.stage).toBe('paid');
    expect(world.nextAction).toMatchObject({ type: 'review', who: 'support', messageKey: 'event_unmatched' });
    expect(isAtRest(world.order)).toBe(false);
    expect(world.say(make.resolve(1, 'accepted'))).toBeNull();
    expect(isAtRest(world.order)).toBe(true);
    expect(world.stage).toBe('paid');
  });

  test('outlives the end of an order that is cancelled', () => {
    const world = scene({ alpha: ['expired_card'] }).open();
    world.say(unmatched.event);
    world.say(make.cancel());
    expect(world.stage).toBe('cancelled');
    expect(world.nextAction).toMatchObject({ type: 'review', messageKey: 'event_unmatched' });
    expect(world.say(make.resolve(1, 'absent'))?.code).toBe('not_unknown');
    expect(world.say(make.accept(world.order))).toBeNull();
    expect(isAtRest(world.order)).toBe(true);
  });
});
