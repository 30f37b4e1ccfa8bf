import { describe, expect, test } from 'vitest';
import { moneyOf } from '../../../policy/facts.ts';
import { provedOtherwise } from '../../../policy/proofs.ts';
import * as make from '../decide/fixtures.ts';
import { confirming, doublyPaid, FOUND, refundOf as refund, refunding } from './refunding.ts';
import { Steps } from './steps.ts';

const kindsOf = (order: Steps) => order.entries.map(({ kind }) => kind);

describe('before money goes back', () => {
  test('what the processor says of it counts: amount, and what went back already', () => {
    const order = confirming().answer({ ...FOUND, amountMinor: 5_500, refundedMinor: 1_000 });
    expect(order.attempt(1).money).toMatchObject({ captured: 5_500, refunded: 1_000 });
    expect(order.entries.find(({ kind }) => kind === 'payment_confirmed')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, evidence: 'lookup', text: 'alpha confirms EUR 55.00 of attempt 1' },
    });
    expect(order.order.surplus?.confirmed).toEqual([1]);
    expect(confirming().answer(FOUND).attempt(1).money.captured).toBe(4_999);
  });

  test.each([
    ['declined', { outcome: 'declined' }],
    ['only reserved', { outcome: 'succeeded', authorizedOnly: true }],
    ['closed', { outcome: 'not_executed', found: 'closed' }],
  ] as const)('a payment that we knew and that is %s is a person’s, and nothing is sent', (_, said) => {
    const order = confirming().answer({ ...FOUND, ...said });
    expect(order.order.review).toMatchObject({ code: 'surplus', attempt: 1 });
    expect(order.said('needs_review')).toContain('nothing is given back before a person has looked');
    expect(order.command).toBeNull();
  });

  test('another payment than the one that was taken counts for nothing, and is a person’s', () => {
    const order = doublyPaid(undefined, 'pay_2');
    const other = { ...FOUND, reference: 'pay_other', amountMinor: 4_999, refundedMinor: 4_999 };
    order.answer(other);
    expect(order.order.review).toMatchObject({ code: 'event_unmatched', attempt: 1, about: 'alpha pay_other' });
    expect(order.attempt(1).money).toMatchObject({ captured: 4_999, refunded: 0 });
    expect([moneyOf(order.order).held, order.command, kindsOf(order).includes('surplus_returned')]).toEqual([
      ...[4_999, null, false],
    ]);
    // Put aside, and found again: what is to go back is theirs, and nothing asks without end.
    order.tell(make.resolve(1, 'accepted'));
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
    order.answer(other);
    expect([order.order.review?.code, order.command, moneyOf(order.order).held]).toEqual(['surplus', null, 4_999]);
    order.tell(make.resolve(1, 'succeeded'));
    expect([moneyOf(order.order).held, order.order.review, order.stage]).toEqual([0, null, 'paid']);
  });

  test('its own payment, by its reference, is confirmed', () => {
    const order = doublyPaid(undefined, 'pay_2').answer({ ...FOUND, reference: 'pay_2' });
    expect(order.order.surplus?.confirmed).toEqual([1]);
  });

  test('a lookup without an answer is asked again, and confirms nothing', () => {
    const order = confirming().answer({ outcome: 'unknown', found: 'no_answer', claim: 'none' });
    expect(order.order.surplus?.confirmed).toEqual([]);
    expect(order.attempt(1).proof?.nextLookupAt).not.toBeNull();
  });
});

describe('a refund that we sent', () => {
  test('and that fails after it had succeeded is held again, and its operation in the store learns it', () => {
    const order = refunding().answer({ outcome: 'succeeded' });
    const before = order.order;
    const key = refund(order)?.key ?? '';
    expect(moneyOf(before).held).toBe(0);
    order.notice('refund_failed', { attempt: 1, processor: 'alpha', key, amountMinor: 4_999 });
    expect(moneyOf(order.order).held).toBe(4_999);
    const proofs = provedOtherwise(before, order.order, { type: 'clock' });
    expect(proofs).toMatchObject([{ key, result: { operation: 'lookup', outcome: 'declined', amountMinor: 4_999 } }]);
  });

  test('and that succeeded is told, and counted once, whoever tells of it again', () => {
    const order = refunding();
    const key = refund(order)?.key ?? '';
    order.answer({ outcome: 'succeeded', evidence: 'done' });
    expect(order.entries.find(({ kind }) => kind === 'refunded')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, evidence: 'done', text: 'EUR 49.99 refunded at alpha' },
    });
    order.notice('refund_succeeded', { attempt: 1, processor: 'alpha', key, amountMinor: 4_999 });
    expect(kindsOf(order)).not.toContain('refunded');
    expect(order.attempt(1).money.refunded).toBe(4_999);
    // Another refund of the same payment, not ours, is another refund.
    order.notice('refund_succeeded', { attempt: 1, processor: 'alpha', amountMinor: 1 });
    expect(order.attempt(1).money.refunded).toBe(5_000);
  });

  test('and that was refused says why, once, and is a person’s; late, it takes its money back into account', () => {
    const coded = refunding().answer({ outcome: 'declined', evidence: 'http_422', code: 'too_old' });
    expect(coded.said('refund_failed')).toBe('alpha did not refund EUR 49.99 (too_old)');
    const bare = refunding().answer({ outcome: 'declined', evidence: 'http_422' });
    expect(bare.said('refund_failed')).toBe('alpha did not refund EUR 49.99 (http_422)');
    expect(bare.order.surplus?.confirmed).toEqual([]);
    const late = refunding();
    const key = refund(late)?.key ?? '';
    late.answer({ outcome: 'succeeded' });
    const told = { attempt: 1, processor: 'alpha', key };
    late.notice('refund_failed', { ...told, code: 'no_account' });
    expect(late.said('refund_failed')).toBe('alpha did not refund EUR 49.99 (no_account)');
    expect([refund(late)?.outcome, late.attempt(1).money.refunded]).toEqual(['declined', 0]);
    late.notice('refund_failed', told);
    expect(kindsOf(late)).not.toContain('refund_failed');
    // Whoever says now that it succeeded tells of what was before.
    late.notice('refund_succeeded', told);
    expect([refund(late)?.outcome, late.attempt(1).money.refunded]).toEqual(['declined', 0]);
  });

  test('without an answer is told once, and is neither counted nor sent under another key', () => {
    const order = refunding().answer({ outcome: 'unknown', evidence: 'timeout' });
    expect(order.said('refund_unknown')).toBe('alpha has not confirmed the refund of EUR 49.99');
    expect(order.attempt(1).money.refunded).toBe(0);
    expect(order.attempt(1).proof).toMatchObject({ lookups: 0, absentAt: [] });
    order.wait(500);
    expect(order.command).toMatchObject({ operation: 'refund' });
    order.answer({ outcome: 'unknown', evidence: 'timeout' });
    expect(kindsOf(order)).not.toContain('refund_unknown');
    expect(refund(order)).toMatchObject({ sends: 2, sendsNotExecuted: 0 });
  });

  test('that never left is not executed; one send that never left says nothing of the one before', () => {
    const unsent = { outcome: 'not_executed', sent: false, claim: 'none', evidence: 'store_down' } as const;
    const first = refunding().answer(unsent);
    expect(refund(first)).toMatchObject({ outcome: 'not_executed', sends: 1, sendsNotExecuted: 1 });
    const second = refunding().answer({ outcome: 'unknown' }).wait(500).answer(unsent);
    expect(refund(second)).toMatchObject({ outcome: 'unknown', sends: 2, sendsNotExecuted: 1 });
    const proved = refunding().answer({ outcome: 'not_executed', provedNotExecuted: true });
    expect(refund(proved)).toMatchObject({ outcome: 'not_executed', sendsNotExecuted: 1 });
    const known = refunding().answer({ outcome: 'unknown', sent: false, claim: 'recorded' });
    expect(refund(known)).toMatchObject({ outcome: 'unknown', sendsNotExecuted: 0 });
  });

  test('whose key is too old is not sent again; whose claim is another’s is a person’s', () => {
    const expired = refunding().answer({ outcome: 'unknown', sent: false, claim: 'expired' });
    expect(refund(expired)?.resendUntil).toBeNull();
    expect(refund(refunding().answer({ outcome: 'unknown' }))?.resendUntil).not.toBeNull();
    const conflict = refunding().answer({ outcome: 'unknown', sent: false, claim: 'conflict', evidence: 'conflict' });
    expect(conflict.order.review).toMatchObject({ code: 'claim_conflict', attempt: 1 });
    expect(conflict.said('needs_review')).toContain('another claim for this refund');
    expect(refund(conflict)?.outcome).toBe('unknown');
  });
});

describe('a refund that is looked up', () => {
  /** Its resends are over: the processor is asked about it. */
  const looking = () => {
    const order = refunding();
    for (let i = 0; order.command?.operation !== 'lookup' && i < 20; i += 1) {
      if (order.command === null) order.wait(60_000);
      else order.answer({ outcome: 'unknown', evidence: 'timeout' });
    }
    expect(order.command).toMatchObject({ operation: 'lookup', of: 'refund' });
    return order;
  };
  const key = (order: Steps) => ({ key: refund(order)?.key ?? '', claim: 'none' as const });

  test('and found is what it is found to be', () => {
    const done = looking();
    done.answer({ ...key(done), outcome: 'succeeded', found: 'payment' });
    expect([refund(done)?.outcome, done.attempt(1).money.refunded]).toEqual(['succeeded', 4_999]);
    const refusedOne = looking();
    refusedOne.answer({ ...key(refusedOne), outcome: 'declined', found: 'payment', code: 'too_old' });
    expect(refusedOne.said('refund_failed')).toBe('alpha did not refund EUR 49.99 (too_old)');
    const silent = looking();
    silent.answer({ ...key(silent), outcome: 'declined', found: 'payment' });
    expect(silent.said('refund_failed')).toBe('alpha did not refund EUR 49.99 (lookup)');
  });

  test('is believed absent as a payment is: twice, across the settle window, with no silence in between', () => {
    const order = looking();
    const ask = (said: object) => {
      for (let i = 0; order.command?.operation !== 'lookup' && i < 200; i += 1) {
        if (order.command === null) order.wait(1_000);
        else order.answer({ outcome: 'unknown', evidence: 'timeout' });
      }
      order.answer({ ...key(order), outcome: 'unknown', ...said });
      return refund(order)?.outcome;
    };
    const before = order.attempt(1).proof?.lookups ?? 0;
    expect(ask({ found: 'absent' })).toBe('unknown');
    expect(order.attempt(1).proof?.lookups).toBe(before + 1);
    expect(order.attempt(1).proof?.absentAt).toHaveLength(1);
    expect(ask({ found: 'no_answer' })).toBe('unknown');
    expect(order.attempt(1).proof?.absentAt).toEqual([]);
    // A send in between begins the count anew.
    let asked = 1;
    while (ask({ found: 'absent' }) === 'unknown' && asked < 20) asked += 1;
    expect(asked).toBeGreaterThan(1);
    expect(refund(order)?.outcome).toBe('not_executed');
    expect(refund(order)?.sendsNotExecuted).toBe(refund(order)?.sends);
  });
});

describe('a refund that is not ours', () => {
  test('and failed gives its money back into account, and is a person’s', () => {
    const order = new Steps()
      .answer({ outcome: 'succeeded' })
      .notice('refund_succeeded', { key: 'theirs', amountMinor: 9 });
    expect(order.attempt().money.refunded).toBe(9);
    order.notice('refund_failed', { key: 'theirs' });
    expect(order.attempt().money.refunded).toBe(0);
    expect(order.entries.find(({ kind }) => kind === 'refund_failed')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, evidence: 'e2', text: 'alpha could not refund' },
    });
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
  });

  test('of money that we had not heard of proves that it was taken', () => {
    const order = new Steps().answer({ outcome: 'unknown' }).notice('payment_returned', { amountMinor: 4_999 });
    expect(order.attempt().money).toMatchObject({ captured: 4_999, returned: 4_999 });
    expect(order.attempt().outcome).toBe('succeeded');
    expect(order.order.instruments[0]?.forbidden).toBeUndefined();
  });
});
