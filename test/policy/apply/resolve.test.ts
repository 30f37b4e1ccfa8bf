import { describe, expect, test } from 'vitest';
import * as make from '../decide/fixtures.ts';
import { refunding } from './refunding.ts';
import { Steps } from './steps.ts';

const MANUAL = { facts: { capture: 'manual' as const } };
const unknown = (options: make.OrderOptions = {}) =>
  new Steps(options).answer({ outcome: 'unknown', evidence: 'timeout' });
const authorized = () => new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true });

describe('a person with evidence', () => {
  test('is on the timeline by actor, reason and evidence', () => {
    const order = unknown().tell(make.resolve(1, 'absent'));
    expect(order.entries[0]).toMatchObject({
      ...{ kind: 'unknown_resolved', actor: 'support', attempt: 1, evidence: 'seen in the dashboard' },
      text: 'Attempt 1 did nothing: a reason',
    });
    const other = unknown().tell(make.resolve(7, 'absent'));
    expect(other.entries).toMatchObject([{ kind: 'resolve_refused', actor: 'support' }]);
  });

  test('is who says what follows, and of what: the processor has not told of it, nor why', () => {
    const said = (order: Steps) => order.entries.map(({ actor, text }) => `${actor}: ${text}`);
    expect(said(unknown().tell(make.resolve(1, 'absent')))).toContain('support: alpha did not execute attempt 1');
    const paid = said(unknown().tell(make.resolve(1, 'succeeded')));
    expect(paid).toContain('support: EUR 49.99 collected at alpha');
    const refund = refunding().answer({ outcome: 'unknown', evidence: 'timeout' });
    expect(said(refund.tell(make.resolve(1, 'succeeded')))[0]).toBe(
      'support: The refund of attempt 1 succeeded: a reason',
    );
  });

  test('says that a charge went through: the order is paid; with manual capture it is authorized', () => {
    expect(unknown().tell(make.resolve(1, 'succeeded')).attempt()).toMatchObject({
      ...{ outcome: 'succeeded', failureClass: null, money: { captured: 4_999, authorized: 0 } },
    });
    const manual = unknown(MANUAL).tell(make.resolve(1, 'succeeded'));
    expect(manual.attempt().money).toMatchObject({ captured: 0, authorized: 4_999 });
    const page = new Steps(MANUAL).answer({ outcome: 'declined', failureClass: 'hard_decline' });
    page.tell(make.choose('hosted_checkout')).answer({ outcome: 'unknown' }).tell(make.resolve(2, 'succeeded'));
    expect(page.attempt(2).money).toMatchObject({ captured: 4_999, authorized: 0 });
  });

  test('says that it never happened: no send of it did, and nothing starts without the buyer', () => {
    const order = unknown().wait(500).answer({ outcome: 'unknown' }).tell(make.resolve(1, 'absent'));
    expect(order.attempt(1)).toMatchObject({ outcome: 'not_executed', failureClass: 'transient' });
    expect(order.attempt(1).operations[0]).toMatchObject({ sends: 2, sendsNotExecuted: 2 });
    expect(order.order.askedBuyer).toBe(true);
    expect([order.order.attempts.length, order.stage]).toEqual([1, 'waiting_buyer']);
    const charged = unknown().tell(make.resolve(1, 'succeeded'));
    expect(charged.attempt(1).operations[0]).toMatchObject({ sends: 1, sendsNotExecuted: 0 });
  });

  test('cannot speak for a send that is out: without its answer the payment is in doubt again, and nothing else starts', () => {
    const order = unknown().wait(500).tell(make.resolve(1, 'absent'));
    expect(order.attempt(1)).toMatchObject({ outcome: 'not_executed', operations: [{ endedAt: null }] });
    order.answer({ outcome: 'unknown', evidence: 'timeout' });
    expect(order.attempt(1)).toMatchObject({ outcome: 'unknown', operations: [{ outcome: 'unknown' }] });
    expect([order.order.attempts.length, order.stage]).toEqual([1, 'confirming']);
    expect(order.attempt(1).operations[0]?.resendUntil).toBeNull();
    order.untilSent();
    order.answer({ operation: 'lookup', outcome: 'succeeded', found: 'payment', claim: 'none' });
    expect(order.stage).toBe('paid');
    const answered = unknown().wait(500).tell(make.resolve(1, 'absent')).answer({ outcome: 'declined' });
    expect(answered.attempt(1).outcome).not.toBe('unknown');
  });

  test('says of a capture in doubt that it happened, or never did: then the merchant is asked again', () => {
    const capturing = () => authorized().tell(make.capture()).answer({ outcome: 'declined', evidence: 'http_422' });
    expect(capturing().order.review).toMatchObject({ code: 'capture_declined' });
    const taken = capturing().tell(make.resolve(1, 'succeeded'));
    expect([taken.stage, taken.attempt().money.captured]).toEqual(['paid', 4_999]);
    const never = capturing().tell(make.resolve(1, 'absent'));
    expect([never.stage, never.order.captureRequested]).toEqual(['authorized', null]);
    expect(never.attempt()).toMatchObject({ outcome: 'succeeded', fencedAt: null });
  });

  test('says of an authorization that no fence would confirm that it is gone', () => {
    const order = authorized().tell(make.cancel()).answer({ outcome: 'declined', evidence: 'http_409' });
    for (let i = 0; order.order.review === null && i < 50; i += 1) {
      if (order.command === null) order.wait(120_000);
      else order.answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
    }
    expect(order.order.review).toMatchObject({ code: 'cannot_fence' });
    if (order.command !== null) order.answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
    order.tell(make.resolve(1, 'absent'));
    expect([order.stage, order.attempt().money.voided]).toEqual(['cancelled', 4_999]);
    expect(order.entries.find(({ kind }) => kind === 'fence_confirmed')?.evidence).toBe('a person with evidence');
  });

  test('who speaks of an attempt that nobody doubts changes nothing of it', () => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
    const { attempts } = order.order;
    order.tell(make.resolve(1, 'succeeded'));
    expect(order.order.attempts).toEqual(attempts);
    order.tell(make.resolve(1, 'absent'));
    expect(order.order.attempts).toEqual(attempts);
  });
});
