import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import * as make from '../decide/fixtures.ts';
import { refunding, refundOf } from './refunding.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const RESERVED = { outcome: 'succeeded', amountMinor: AMOUNT, authorizedOnly: true } as const;
const UNSENT = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true, sent: false } as const;
const ABSENT = { outcome: 'unknown', found: 'absent', claim: 'none' } as const;

const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);
const sent = ({ command }: Steps) => (command === null ? null : `${command.operation}#${command.attempt}`);
const manual = () => new Steps({ facts: { capture: 'manual' } });
/** Nothing is sent twice at alpha: it is only looked up. */
const keyless = () => new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null } }) });

/** The next lookup is out. */
function lookedUp(order: Steps): Steps {
  order.untilSent();
  expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  return order;
}

describe('an answer that leaves the outcome open', () => {
  test('and forbids the card all the same holds for the card, whatever becomes of the attempt', () => {
    const order = new Steps().answer({ ...TIMEOUT, failureClass: 'in_flight', forbidsInstrument: true, code: 'c' });
    expect(order.attempt()).toMatchObject({ outcome: 'unknown', failureClass: 'in_flight', processorCode: 'c' });
    expect(order.order.instruments[0]?.forbidden).toMatchObject({ attempt: 1, failureClass: 'in_flight' });
    expect(new Steps().answer(TIMEOUT).order.instruments[0]?.forbidden).toBeUndefined();
  });

  test('is told once, however often its key is sent again', () => {
    const order = new Steps().answer(TIMEOUT);
    expect(kinds(order)).toContain('outcome_unknown');
    order.untilSent();
    expect(kinds(order.answer(TIMEOUT))).not.toContain('outcome_unknown');
  });

  test('because the key is too old is the last send of that key', () => {
    const order = new Steps({ facts: make.MANDATE }).answer(TIMEOUT);
    order.untilSent();
    order.answer({ ...TIMEOUT, sent: false, claim: 'expired', evidence: 'expired' });
    expect(order.attempt().operations[0]?.resendUntil).toBeNull();
    for (let steps = 0; steps < 5; steps += 1) lookedUp(order).answer(TIMEOUT);
  });
});

describe('an answer to what somebody had ended meanwhile', () => {
  test('that declines counts, though a person knew that nothing had happened', () => {
    const order = new Steps().answer(TIMEOUT);
    order.untilSent();
    order.tell(make.resolve(1, 'absent')).answer({ ...SOFT, code: 'insufficient_funds' });
    expect(order.attempt(1)).toMatchObject({ outcome: 'declined', processorCode: 'insufficient_funds' });
  });

  test('that finds it closed changes nothing of a decline', () => {
    const order = lookedUp(keyless().answer(TIMEOUT)).notice('payment_failed', { failureClass: 'hard_decline' });
    order.answer({ outcome: 'succeeded', found: 'closed', claim: 'none' });
    expect(order.attempt(1)).toMatchObject({ outcome: 'declined', failureClass: 'hard_decline', fencedAt: null });
  });

  test('that declines what a notice said was paid names no payment', () => {
    const order = new Steps()
      .notice('payment_succeeded', { amountMinor: AMOUNT })
      .answer({ ...HARD, reference: 'pay_9' });
    expect([order.stage, order.attempt().tookAs, order.order.review]).toEqual(['paid', undefined, null]);
  });
});

describe('a lookup', () => {
  test('twice absent is no proof against a payment that its processor works on', () => {
    const order = keyless().answer({ outcome: 'pending' });
    for (let asked = 0; asked < 4; asked += 1) lookedUp(order).answer(ABSENT);
    expect([order.attempt().outcome, order.stage, order.order.attempts.length]).toEqual([
      'pending',
      'payment_pending',
      1,
    ]);
  });

  test('twice absent proves every send: with another processor the order goes on', () => {
    const order = keyless().answer(TIMEOUT);
    while (order.attempt(1).outcome === 'unknown') lookedUp(order).answer(ABSENT);
    expect(order.attempt(1).operations).toMatchObject([{ sends: 1, sendsNotExecuted: 1, outcome: 'not_executed' }]);
    expect(order.attempt(2).processor).toBe('beta');
  });

  test('is timed by one clock, whatever the clock of the worker that asked', () => {
    const order = keyless().answer(TIMEOUT);
    lookedUp(order).answer(ABSENT);
    const ahead = new Date(Date.parse(order.now) + make.HOUR_MS).toISOString();
    lookedUp(order).answer({ ...ABSENT, startedAt: ahead, endedAt: ahead });
    expect(order.attempt().outcome).toBe('unknown');
  });

  test('that finds a duplicate of another payment under our key says that ours is absent, as often as that has to be said', () => {
    const order = keyless().answer(TIMEOUT);
    const duplicate = { outcome: 'declined', failureClass: 'duplicate', found: 'payment', claim: 'none' } as const;
    lookedUp(order).answer(duplicate);
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', proof: { absentAt: [order.now] } });
    for (let asked = 0; asked < 5 && order.attempt(1).outcome === 'unknown'; asked += 1)
      lookedUp(order).answer(duplicate);
    expect(order.attempt(1).outcome).toBe('not_executed');
  });
});

describe('what never left the house', () => {
  test('was no capture: the reservation stays, and the same key is sent again', () => {
    const order = manual()
      .answer(RESERVED)
      .tell(make.capture())
      .answer({ ...UNSENT, claim: 'none' });
    expect([order.attempt().outcome, order.stage]).toEqual(['succeeded', 'capturing']);
    order.untilSent();
    expect(sent(order)).toBe('capture#1');
  });

  test('because the card is another order’s forbidden one goes to no other processor', () => {
    const order = new Steps().answer({ ...UNSENT, claim: 'forbidden' });
    expect(order.attempt(1)).toMatchObject({ outcome: 'not_executed', failureClass: null });
    expect([order.order.attempts.length, order.stage]).toEqual([1, 'waiting_buyer']);
  });
});

describe('the name of a payment', () => {
  test('of a page is not that of the page', () => {
    const order = new Steps().answer(HARD).tell(make.choose('hosted_checkout'));
    order.answer({ outcome: 'requires_action', reference: 'hs_1' });
    order.notice('payment_succeeded', { key: '2/open_hosted/0', reference: 'pay_2' });
    expect(order.attempt(2)).toMatchObject({ reference: 'pay_2', tookAs: 'pay_2' });
  });

  test('that was reserved stays, and comes with its capture where nobody had said it', () => {
    const named = manual()
      .answer({ ...RESERVED, reference: 'auth_1' })
      .notice('payment_succeeded', { reference: 'cap_1' });
    expect(named.attempt()).toMatchObject({ reference: 'auth_1', tookAs: 'cap_1' });
    const unnamed = manual().answer(RESERVED).notice('payment_succeeded', { reference: 'cap_1' });
    expect(unnamed.attempt()).toMatchObject({ reference: 'cap_1', tookAs: 'cap_1' });
  });

  test('under which its money was taken is not lost when it is told once more as it was reserved', () => {
    const order = manual()
      .answer({ ...RESERVED, reference: 'auth_1' })
      .notice('payment_succeeded', { reference: 'cap_1' });
    order.notice('payment_succeeded', { reference: 'auth_1' }).notice('payment_succeeded', { reference: 'cap_1' });
    expect([order.attempt().tookAs, order.order.review]).toEqual(['cap_1', null]);
  });

  test('that a notice of our own refund has is the refund’s, though a payment was put aside under it', () => {
    const order = refunding().notice('payment_succeeded', {
      attempt: 1,
      processor: 'alpha',
      key: 'theirs',
      reference: 'pay_9',
    });
    expect(order.attempt(1).others).toEqual(['pay_9']);
    const key = refundOf(order)?.key ?? '';
    order.answer(TIMEOUT).notice('refund_succeeded', { attempt: 1, processor: 'alpha', key, reference: 'pay_9' });
    expect([refundOf(order)?.outcome, moneyOf(order.order).refunded]).toEqual(['succeeded', AMOUNT]);
  });
});

describe('a notice', () => {
  test('of another account than the attempt’s is not believed', () => {
    const order = new Steps().answer(TIMEOUT).notice('payment_succeeded', { account: 'somebody' });
    expect([order.stage, order.order.review?.code, moneyOf(order.order).captured]).toEqual([
      'needs_review',
      'event_mismatch',
      0,
    ]);
    expect(new Steps().answer(TIMEOUT).notice('payment_succeeded', { account: 'simulator' }).stage).toBe('paid');
  });

  test('that forbids a card for all orders is told once', () => {
    const order = new Steps().answer(SOFT);
    const said = { ...HARD, forbidsInstrument: true, forbidsEverywhere: true, attempt: 1, processor: 'alpha' } as const;
    expect(order.notice('payment_failed', said).said('instrument_forbidden')).toBeDefined();
    const { forbidden } = order.order.instruments[0] ?? {};
    order.wait(1_000).notice('payment_failed', said);
    expect([order.said('instrument_forbidden'), order.order.instruments[0]?.forbidden]).toEqual([undefined, forbidden]);
  });

  test('an answer’s authentication is kept with the attempt', () => {
    const order = new Steps().answer({ ...SOFT, authentication: 'challenged' });
    expect([order.attempt(1).authentication, order.attempt(2).authentication]).toEqual(['challenged', 'none']);
  });
});
