import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../../policy/answers.ts';
import { moneyOf, operationOf } from '../../../policy/facts.ts';
import { refuseCapture } from '../../../policy/refusals.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', failureClass: 'unknown_outcome', evidence: 'timeout' } as const;
const reserved = (reference: string) =>
  ({ outcome: 'succeeded', authorizedOnly: true, amountMinor: AMOUNT, reference }) as const;
const CAPTURED = { outcome: 'succeeded', amountMinor: AMOUNT } as const;
const BUSY: Partial<OperationResult> = {
  outcome: 'not_executed',
  failureClass: 'transient',
  provedNotExecuted: true,
  evidence: 'http_503',
};

const sent = ({ command }: Steps) => (command === null ? null : `${command.operation}#${command.attempt}`);

/** Attempt 1 timed out at alpha and is proved absent by lookups; what comes next is out. */
function firstIsAbsent(): Steps {
  const order = new Steps({ facts: { capture: 'manual' } }).answer(TIMEOUT);
  for (let asked = 0; asked < 20 && order.attempt(1).outcome === 'unknown'; asked += 1) {
    if (order.command === null) order.untilSent();
    const asks = order.command?.operation === 'lookup';
    order.answer(asks ? { outcome: 'unknown', found: 'absent', evidence: 'absent' } : TIMEOUT);
  }
  return order;
}

/** It was made all the same: what it reserved is told late. */
function firstWasReserved(order: Steps): Steps {
  const { processor, operations } = order.attempt(1);
  const key = operations[0]?.key ?? '';
  return order.notice('payment_authorized', { processor, attempt: 1, key, reference: 'pay_1', amountMinor: AMOUNT });
}

/** Answers nothing to whatever is sent, and says what that was. */
function silence(order: Steps, times: number): string[] {
  const all: string[] = [];
  for (let n = 0; n < times; n += 1) {
    if (order.command === null) order.untilSent();
    const what = sent(order);
    if (what === null) break;
    all.push(what);
    order.answer(what.startsWith('lookup') ? { ...TIMEOUT, found: 'no_answer' } : TIMEOUT);
  }
  return all;
}

describe('a capture that is out', () => {
  test('keeps its attempt: what another one reserved late is given up, and never captured', () => {
    const order = firstIsAbsent().answer(reserved('pay_2')).tell(make.capture());
    expect(sent(order)).toBe('capture#2');
    firstWasReserved(order).answer(TIMEOUT);
    const all = [sent(order), ...silence(order, 30)];
    expect(all).toContain('void#1');
    expect(all).toContain('capture#2');
    expect(all).not.toContain('capture#1');
    expect(all).not.toContain('void#2');
  });

  test('and pending keeps its attempt too', () => {
    const order = firstIsAbsent().answer(reserved('pay_2')).tell(make.capture());
    firstWasReserved(order).answer({ outcome: 'pending' });
    expect(sent(order)).toBe('void#1');
    order.answer({ outcome: 'succeeded', found: 'closed' }).untilSent();
    expect(sent(order)).toBe('lookup#2');
    order.answer({ ...CAPTURED, found: 'payment', reference: 'pay_2' });
    expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT]);
  });

  test('is proved although the other attempt, which was given up, is closed meanwhile', () => {
    const order = firstIsAbsent().answer(reserved('pay_2'));
    firstWasReserved(order);
    expect(sent(order)).toBe('void#2');
    order.answer(TIMEOUT).tell(make.capture());
    expect(sent(order)).toBe('capture#1');
    order.notice('payment_cancelled', { processor: 'beta', attempt: 2, reference: 'pay_2' }).answer(TIMEOUT);
    expect(order.stage).toBe('capturing');
    expect(silence(order, 3)).toContain('lookup#1');
    for (let waited = 0; waited < 200 && order.order.review === null; waited += 1) silence(order, 1);
    expect(order.order.review).toMatchObject({ code: 'capture_unknown', attempt: 1 });
    order.notice('payment_succeeded', { processor: 'alpha', attempt: 1, reference: 'pay_1', amountMinor: AMOUNT });
    expect([order.stage, order.order.review]).toEqual(['paid', null]);
  });
});

test('a capture waits while the buyer may still pay on a page: the page is closed first', () => {
  const order = firstIsAbsent().answer({ outcome: 'declined', failureClass: 'hard_decline' });
  order.tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action', reference: 'cs_1' });
  firstWasReserved(order);
  expect(sent(order)).toBe('close_hosted#3');
  order.answer(TIMEOUT);
  expect(refuseCapture(order.order)).toBeNull();
  order.tell(make.capture());
  expect(silence(order, 10)).not.toContain('capture#1');
  const { key = '' } = operationOf(order.attempt(3), 'close_hosted') ?? {};
  order.notice('session_closed', { processor: order.attempt(3).processor, attempt: 3, key });
  expect(sent(order)).toBe('capture#1');
  order.answer(CAPTURED);
  expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT]);
});

describe('a capture that did nothing', () => {
  const wanted = () => new Steps({ facts: { capture: 'manual' } }).answer(reserved('pay_1')).tell(make.capture());

  /** Nothing is captured however often it is asked, and a person is asked. */
  function untilPerson(order: Steps, said: Partial<OperationResult>): Steps {
    for (let n = 0; n < 200; n += 1) {
      if (order.command === null && order.order.review !== null) return order;
      if (order.command === null) order.untilSent();
      order.answer(order.command?.operation === 'lookup' ? { ...reserved('pay_1'), found: 'payment' } : said);
    }
    throw new Error('nobody is asked');
  }

  test.each([
    ['was refused', { outcome: 'declined', code: 'not_now' }, 'capture_declined'],
    ['met an overload for as long as its key is sent', BUSY, 'capture_unknown'],
    ['is in doubt, and a person knows that it did nothing', TIMEOUT, 'capture_unknown'],
  ] as const)(
    'because it %s is made anew when the merchant asks again, under a key of its own',
    (_what, said, code) => {
      const order = untilPerson(wanted(), said);
      expect(order.order.review).toMatchObject({ code, attempt: 1 });
      order.tell(make.resolve(1, 'absent'), make.HOUR_MS);
      expect([order.stage, order.command, order.wake]).toEqual(['authorized', null, null]);
      order.tell(make.capture(), make.HOUR_MS);
      expect(sent(order)).toBe('capture#1');
      expect(operationOf(order.attempt(), 'capture')).toMatchObject({ number: 2, sends: 1 });
      order.answer(TIMEOUT);
      expect([order.stage, order.order.review]).toEqual(['capturing', null]);
      expect(silence(order, 1)).toEqual(['capture#1']);
      order.untilSent();
      order.answer({ ...CAPTURED, found: 'payment' });
      expect([order.stage, moneyOf(order.order).captured]).toEqual(['paid', AMOUNT]);
    },
  );

  test('is not made twice by a merchant who asks twice', () => {
    const order = wanted().tell(make.capture(), 1).answer(BUSY).tell(make.capture(), 1);
    order.untilSent();
    expect(order.attempt().operations.filter(({ operation }) => operation === 'capture')).toHaveLength(1);
    expect(operationOf(order.attempt(), 'capture')).toMatchObject({ sends: 2 });
  });

  test('is made once for each time that the merchant asks, whatever the worker’s clock says', () => {
    const behind = { ...BUSY, startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:00.000Z' };
    const order = new Steps({ facts: { ...make.ON_GAMMA, capture: 'manual' } });
    order.answer(reserved('pay_1')).tell(make.capture()).answer(behind);
    expect([sent(order), order.stage]).toEqual([null, 'capturing']);
    order.tell(make.capture(), make.MINUTE_MS).answer(behind);
    expect(sent(order)).toBeNull();
    expect(operationOf(order.attempt(), 'capture')).toMatchObject({ number: 2, sends: 1 });
  });

  test('is made anew without another word when what held it back took longer than its key lasts', () => {
    const order = wanted().answer(BUSY);
    order.notice('payment_succeeded', { processor: 'gamma', attempt: 9, reference: 'pay_9' });
    expect(order.order.review?.code).toBe('event_unmatched');
    order.wait(10 * make.MINUTE_MS);
    expect(sent(order)).toBe('lookup#1');
    order.answer({ ...reserved('pay_1'), found: 'payment' });
    expect(operationOf(order.attempt(), 'capture')).toMatchObject({ sends: 1 });
    order.tell(make.accept(order.order));
    expect(sent(order)).toBe('capture#1');
    expect(operationOf(order.attempt(), 'capture')).toMatchObject({ number: 2, sends: 1 });
  });
});
