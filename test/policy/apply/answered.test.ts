import { describe, expect, test } from 'vitest';
import { PROCESSOR_DOWN } from '../../../policy/sheet.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const MANUAL = { facts: { capture: 'manual' as const } };
const DECLINED = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const UNSENT = { outcome: 'not_executed', sent: false, claim: 'none', provedNotExecuted: true } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const refused = () => new Steps().answer({ ...DECLINED, evidence: 'declined' });
const page = () => refused().tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });
const authorized = () => new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true });
const mentions = (order: Steps) => order.entries.map(({ kind }) => kind);

describe('an answer', () => {
  test('to nothing that is out changes nothing', () => {
    const order = refused();
    const { order: before } = order;
    order.command = { attempt: 1, operation: 'charge', summary: '', timeoutMs: 1 };
    order.answer({ outcome: 'succeeded' });
    expect(order.order).toEqual(before);
  });

  test('that is missing is no news after a notice has told the end, and a definite one is', () => {
    const order = new Steps().notice('payment_succeeded', { key: '1/charge/0' });
    order.answer({ outcome: 'unknown' });
    expect(order.attempt().operations[0]?.outcome).toBe('succeeded');
    const declined = new Steps().notice('payment_failed', { failureClass: 'hard_decline' });
    declined.answer({ outcome: 'unknown' });
    expect(declined.attempt().operations[0]?.outcome).toBe('declined');
    const paid = new Steps().notice('payment_failed', { failureClass: 'hard_decline' });
    paid.answer({ outcome: 'succeeded' });
    expect([paid.attempt().operations[0]?.outcome, paid.stage]).toEqual(['succeeded', 'paid']);
  });

  test('of the store that another claim is there is a person’s, and the outcome is unknown', () => {
    const order = new Steps().answer({ outcome: 'unknown', sent: false, claim: 'conflict' });
    expect(order.attempt().outcome).toBe('unknown');
    expect(order.order.review).toMatchObject({ code: 'claim_conflict', attempt: 1 });
    expect(order.said('needs_review')).toContain('nothing was sent');
  });
});

describe('what never left the house', () => {
  test('too late for the buyer who waited: nobody failed, and the buyer is asked', () => {
    const order = new Steps().answer({ ...UNSENT, evidence: 'late' });
    expect(order.attempt()).toMatchObject({ outcome: 'not_executed', failureClass: null });
    expect(order.order.askedBuyer).toBe(true);
    expect(order.stage).toBe('waiting_buyer');
  });

  test('because no such processor is set up goes to the next one; because the store was down, again with its key', () => {
    const missing = new Steps().answer({ ...UNSENT, evidence: 'processor_missing' });
    expect(missing.attempt(1)).toMatchObject({ outcome: 'not_executed', failureClass: 'misconfigured' });
    expect(missing.attempt()).toMatchObject({ number: 2, processor: 'beta' });
    const down = new Steps().answer({ ...UNSENT, evidence: 'store_down' });
    expect(down.attempt()).toMatchObject({ number: 1, failureClass: 'transient' });
    expect(down.order.retryAt).toMatchObject({ reason: 'backoff', number: 1 });
    expect(down.order.askedBuyer).toBe(false);
  });

  test.each([
    ['the store was down', { evidence: 'store_down' }],
    ['the processor is down', { evidence: PROCESSOR_DOWN }],
    ['the sealing key is missing', { evidence: 'sealing_key_missing', sealingKeyId: 'kid-1' }],
    ['a ceiling is reached', { evidence: 'ceiling', claim: 'ceiling' as const }],
  ])('because %s changes nothing of a reservation that a notice told of meanwhile, and plans nothing', (_why, said) => {
    for (const before of [[], [BUSY], [{ outcome: 'unknown' } as const]]) {
      const order = new Steps(MANUAL);
      for (const answer of before) order.answer(answer).untilSent();
      order.notice('payment_authorized', { key: '1/authorize/0', reference: 'pay_1', amountMinor: 4_999 });
      order.answer({ ...UNSENT, ...said });
      expect(order.attempt(1)).toMatchObject({
        outcome: 'succeeded',
        proof: null,
        operations: [{ outcome: 'succeeded' }],
      });
      expect([order.stage, order.command, order.wake, order.order.review]).toEqual(['authorized', null, null, null]);
    }
  });

  test('this time says nothing of the time before', () => {
    const order = new Steps()
      .answer({ outcome: 'unknown' })
      .wait(500)
      .answer({ ...UNSENT, evidence: 'store_down' });
    expect(order.attempt()).toMatchObject({ outcome: 'unknown' });
    expect(order.attempt().operations[0]).toMatchObject({ outcome: 'unknown', sends: 2, sendsNotExecuted: 1 });
    const sent = new Steps().answer({ outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true });
    expect(sent.attempt().operations[0]).toMatchObject({ outcome: 'not_executed', sends: 1, sendsNotExecuted: 1 });
    const recorded = new Steps().answer({ outcome: 'succeeded', sent: false, claim: 'recorded' });
    expect(recorded.stage).toBe('paid');
  });
});

describe('a capture', () => {
  const capturing = () => authorized().tell(make.capture());

  test('takes what it says, else what was reserved', () => {
    const plain = capturing().answer({ outcome: 'succeeded' });
    expect(plain.attempt()).toMatchObject({ outcome: 'succeeded', proof: null, money: { captured: 4_999 } });
    expect(plain.entries.find(({ kind }) => kind === 'captured')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, text: 'EUR 49.99 captured at alpha' },
    });
    expect(capturing().answer({ outcome: 'succeeded', amountMinor: 4_000 }).attempt().money.captured).toBe(4_000);
  });

  test('is told once, by whichever comes first: its answer or its notice', () => {
    const named = () =>
      new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true, reference: 'pay_1' }).tell(make.capture());
    const answered = (order: Steps) => captures(order.answer({ outcome: 'succeeded' }));
    const told = (order: Steps) =>
      captures(order.notice('payment_succeeded', { reference: 'pay_1', amountMinor: 4_999 }));
    const captures = ({ entries }: Steps) =>
      entries.filter(({ text }) => /captured|collected/.test(text)).map(({ kind, text }) => `${kind}: ${text}`);
    const once = ['captured: EUR 49.99 captured at alpha'];
    const first = named();
    expect([answered(first), told(first)]).toEqual([once, []]);
    const second = named();
    expect([told(second), answered(second)]).toEqual([once, []]);
  });

  test('that is refused is a person’s, with the processor’s code or what happened', () => {
    expect(capturing().answer({ outcome: 'declined', evidence: 'http_422' }).said('needs_review')).toBe(
      'alpha refused the capture (http_422)',
    );
    expect(capturing().answer({ outcome: 'declined', code: 'expired' }).said('needs_review')).toBe(
      'alpha refused the capture (expired)',
    );
  });
});

describe('a fence', () => {
  const closing = () => page().tell(make.cancel());

  test('is confirmed by a success, or by finding it closed; by nothing else', () => {
    const confirmed = closing().answer({ outcome: 'succeeded', evidence: 'closed' });
    expect(confirmed.stage).toBe('cancelled');
    expect(confirmed.entries.find(({ kind }) => kind === 'fence_confirmed')).toMatchObject({
      ...{ actor: 'processor', attempt: 2, evidence: 'closed' },
    });
    expect(closing().answer({ outcome: 'not_executed', found: 'closed' }).stage).toBe('cancelled');
    const open = closing().answer({ outcome: 'declined', evidence: 'http_409' });
    expect(open.stage).toBe('cancelling');
    expect(open.entries.find(({ kind }) => kind === 'fence_unconfirmed')).toMatchObject({
      ...{ attempt: 2, evidence: 'http_409', text: 'alpha has not confirmed that attempt 2 is closed' },
    });
  });

  test('of a challenge that we leave is not the buyer’s failure to the merchant; of one that ran out it is', () => {
    const challenge = () => new Steps().answer({ outcome: 'requires_action' });
    const left = challenge().tell(make.cancel()).answer({ outcome: 'succeeded' });
    expect(left.attempt()).toMatchObject({ authentication: 'abandoned', failureClass: 'authentication_failed' });
    expect(left.attempt()).toMatchObject({ outcome: 'not_executed', action: null, proof: null });
    expect(left.attempt().operations[0]?.outcome).toBe('not_executed');
    const closed = page().notice('session_closed');
    expect(closed.attempt()).toMatchObject({ authentication: 'none', failureClass: null, outcome: 'not_executed' });
  });

  test('of an authorization gives it back, and takes the wish to capture with it', () => {
    const order = authorized().tell(make.capture()).answer({ outcome: 'unknown' }).tell(make.cancel());
    expect(order.command?.operation).toBe('void');
    order.answer({ outcome: 'succeeded' });
    expect(order.attempt()).toMatchObject({ outcome: 'succeeded', money: { authorized: 4_999, voided: 4_999 } });
    expect(order.attempt().operations[0]?.outcome).toBe('succeeded');
    expect([order.order.captureRequested, order.stage]).toEqual([null, 'cancelled']);
  });
});

describe('a lookup', () => {
  const looking = () => {
    const order = new Steps().answer({ outcome: 'unknown', evidence: 'http_500' }).wait(1_000);
    expect(order.command?.operation).toBe('lookup');
    return order;
  };
  const ABSENT = { outcome: 'unknown', found: 'absent', claim: 'none' } as const;

  test('is told with what it found', () => {
    expect(
      looking()
        .answer(ABSENT)
        .entries.find(({ kind }) => kind === 'lookup'),
    ).toMatchObject({
      ...{ attempt: 1, evidence: 'absent', text: 'alpha does not know this payment' },
    });
    const silent = looking().answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
    expect(silent.entries.find(({ kind }) => kind === 'lookup')).toMatchObject({
      ...{ attempt: 1, evidence: 'no_answer', text: 'alpha has no answer yet' },
    });
    const odd = looking().answer({ outcome: 'unknown', evidence: 'timeout', claim: 'none' });
    expect(odd.entries.find(({ kind }) => kind === 'lookup')?.evidence).toBe('timeout');
  });

  test('that finds it closed ends the attempt, and the retry processor is next', () => {
    const order = looking().answer({ outcome: 'not_executed', found: 'closed', claim: 'none' });
    expect(mentions(order)).toContain('fence_confirmed');
    expect(order.attempt(1)).toMatchObject({ outcome: 'not_executed', failureClass: null });
  });

  test('is believed absent after exactly the settle window, counted from the end of the first question', () => {
    const outcomeAfter = (ms: number) => {
      const order = looking().answer(ABSENT);
      // The second question starts `ms` after the first was answered.
      return order.wait(ms).answer(ABSENT).attempt(1).outcome;
    };
    expect([outcomeAfter(2_999), outcomeAfter(3_000)]).toEqual(['unknown', 'not_executed']);
  });

  test('that is absent now and again is no proof where the sheet has no rule for it', () => {
    const lookup = { by: ['key' as const], scheduleMs: [1_000], maxDelayMs: 5_000, absence: null };
    const sheets = make.sheetsWith({ alpha: { lookup } });
    const order = new Steps({ sheets }).answer({ outcome: 'unknown', evidence: 'http_500' });
    for (let i = 0; i < 5; i += 1) order.wait(6_000).answer(ABSENT);
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', proof: { absentAt: [] } });
  });
});

describe('"we already have this payment"', () => {
  const DUPLICATE = { outcome: 'unknown', failureClass: 'duplicate', evidence: 'declined' } as const;

  test('puts the last earlier card attempt there in doubt, by name, and nothing that was given back of it counts', () => {
    const order = refused().tell(make.choose('new_method', make.card('ins_2', { origin: 'buyer' })));
    order.answer(DUPLICATE);
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', failureClass: 'unknown_outcome', fencedAt: null });
    expect(order.attempt(1).operations[0]).toMatchObject({ outcome: 'unknown', resendUntil: null });
    expect(order.attempt(2).outcome).toBe('declined');
    expect(order.entries.find(({ kind }) => kind === 'outcome_unknown')).toMatchObject({
      ...{ attempt: 1, evidence: 'declined', text: 'alpha already has this payment: attempt 1 is proved anew' },
    });
    expect(order.stage).toBe('confirming');
  });

  test('means no page of ours, and nothing at another processor', () => {
    const order = page().notice('session_closed');
    order.tell(make.choose('new_method', make.card('ins_2', { origin: 'buyer' }))).answer(DUPLICATE);
    expect(order.attempt(1).outcome).toBe('unknown');
    expect(order.attempt(2).outcome).toBe('not_executed');
    const elsewhere = new Steps().answer({ outcome: 'declined', failureClass: 'soft_decline' }).answer(DUPLICATE);
    expect(elsewhere.attempt(2)).toMatchObject({ processor: 'beta', outcome: 'unknown' });
    expect(elsewhere.attempt(1).outcome).toBe('declined');
  });
});
