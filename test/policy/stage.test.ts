import { describe, expect, test } from 'vitest';
import { keeper, mayTakeMoney } from '../../policy/facts.ts';
import { patienceEndsAt, ruleOf } from '../../policy/next-action.ts';
import { stageOf } from '../../policy/stage.ts';
import { doublyPaid, FOUND } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true } as const;
const types = ({ events }: Steps) => events.map(({ type }) => type);
const capturing = () => new Steps({ facts: { capture: 'manual' } }).answer(RESERVED).tell(make.capture());

describe('the stage', () => {
  test('of a reservation whose capture is out or in doubt is capturing, whoever wants it still', () => {
    const out = capturing();
    for (const { order } of [out, capturing().answer(UNKNOWN)]) {
      expect(stageOf({ ...order, captureRequested: null })).toBe('capturing');
    }
    expect([out.stage, mayTakeMoney(out.attempt())]).toEqual(['capturing', true]);
    const reserved = new Steps({ facts: { capture: 'manual' } }).answer(RESERVED);
    expect([reserved.stage, mayTakeMoney(reserved.attempt())]).toEqual(['authorized', false]);
  });

  test('of an order whose key is sent again in a moment is attempting, and not a later try', () => {
    const order = new Steps().answer(BUSY);
    expect([order.order.retryAt?.reason, order.stage]).toEqual(['backoff', 'attempting']);
    expect(new Steps({ facts: make.MANDATE }).answer(SOFT).answer(SOFT).stage).toBe('retry_scheduled');
  });
});

describe('the merchant is told', () => {
  test('of an end, although it had been told that the outcome was not known', () => {
    const order = new Steps().answer(UNKNOWN);
    expect(types(order)).toEqual(['order.outcome_unknown']);
    order.tell(make.cancel()).answer({ outcome: 'succeeded', found: 'closed' });
    expect([order.stage, types(order).at(-1)]).toEqual(['cancelled', 'order.cancelled']);
  });

  test('of a failure without the promise of another try, where what follows is the end', () => {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(SOFT);
    order.notice('payment_authorized', { attempt: 1, processor: 'alpha' }).tell(make.cancel());
    order.answer({ outcome: 'declined', failureClass: 'hard_decline' });
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    const failed = order.events.find(({ type }) => type === 'order.payment_failed');
    expect(failed).toMatchObject({ attempt: 2, willRetry: false, stage: 'cancelling' });
  });

  test('of the payment, where a person accepts what came after an end and did not go back', () => {
    const order = new Steps().answer(SOFT).answer(SOFT).tell(make.cancel());
    order.notice('payment_succeeded', { attempt: 1, processor: 'alpha' }).answer(FOUND);
    order.answer({ outcome: 'declined', code: 'no' });
    for (let steps = 0; steps < 10 && order.order.review === null; steps += 1) {
      if (order.command === null) order.untilSent();
      order.answer(order.command?.operation === 'lookup' ? FOUND : { outcome: 'declined', code: 'no' });
    }
    expect(order.order.review?.code).toBe('refund_failed');
    order.tell(make.accept(order.order));
    expect([order.stage, types(order)]).toEqual(['paid', ['order.payment_succeeded']]);
  });
});

test('of two payments that became known at the same time the first attempt’s keeps the order', () => {
  const order = doublyPaid();
  const attempts = order.order.attempts.map((each) => ({ ...each, tookAt: order.now }));
  expect(keeper({ ...order.order, attempts })?.number).toBe(1);
  expect(keeper({ ...order.order, attempts: attempts.toReversed() })?.number).toBe(1);
});

test('the rule is that of the payment method which was used last', () => {
  const fallback = make.ruledBy({});
  const amex = { ...fallback.rules[0], name: 'amex', when: [{ fact: 'brand', op: 'in', value: ['amex'] }] };
  const rulebook = { ...fallback, rules: [amex, ...fallback.rules] } as typeof fallback;
  const instruments = [make.card('ins_1', { network: 'amex' }), make.card('ins_2', { network: 'visa' })];
  const order = make.newOrder({ instruments });
  const reading = { rulebook, sheets: [] };
  expect(ruleOf({ ...reading, order }).name).toBe('amex');
  const used = new Steps({ instruments }).answer({ outcome: 'declined', failureClass: 'hard_decline' });
  used.tell(make.choose('saved_method', 'ins_2'));
  expect(ruleOf({ ...reading, order: used.order }).name).toBe('everything else');
});

test('the buyer’s patience is asked for until the last outcome that is not known is old enough', () => {
  const { order, sheets } = new Steps().answer(UNKNOWN);
  const [attempt] = order.attempts;
  if (attempt?.proof == null) throw new Error('it is in doubt');
  const later = { ...attempt, number: 2, proof: { ...attempt.proof, since: '2026-11-22T10:05:00.000Z' } };
  for (const attempts of [
    [attempt, later],
    [later, attempt],
  ]) {
    const reading = { rulebook: make.ruledBy({}), sheets, order: { ...order, attempts } };
    expect(patienceEndsAt(reading)).toBe('2026-11-22T10:06:00.000Z');
  }
});
