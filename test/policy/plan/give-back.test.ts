import { describe, expect, test } from 'vitest';
import type { Sheet } from '../../../policy/sheet.ts';
import { alphaWith, confirming, doublyPaid, FOUND, refunding, refundOf } from '../apply/refunding.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const NO_ANSWER = { outcome: 'unknown', found: 'no_answer', claim: 'none' } as const;
const OVERLOADED = { outcome: 'not_executed', provedNotExecuted: true, evidence: 'http_503' } as const;
const alpha = (change: Partial<Sheet>) => make.sheetsWith({ alpha: change });

function confirmed(order: Steps): Steps {
  for (let i = 0; i < 20 && order.command?.operation === 'lookup'; i += 1) order.answer(FOUND);
  return order;
}
/** Both declined, then the buyer's other card paid; beta's and alpha's money comes later, so long after each other. */
function triplyPaid(first: [number, string], second: [number, string], apartMs: number): Steps {
  const order = new Steps().answer(SOFT).answer(SOFT);
  order.tell(make.choose('new_method', make.card('b', { origin: 'buyer' }))).answer({ outcome: 'succeeded' });
  expect(order.attempt(3).money.captured).toBe(4_999);
  order.wait(1_000).notice('payment_succeeded', { attempt: first[0], processor: first[1] });
  order.wait(apartMs).notice('payment_succeeded', { attempt: second[0], processor: second[1] });
  return order.answer(NO_ANSWER);
}

describe('which money goes back first', () => {
  test.each([
    ['the first attempt’s', [2, 'beta'], [1, 'alpha'], 500, 1],
    ['the second attempt’s', [1, 'alpha'], [2, 'beta'], 500, 2],
    ['of two at the same time the later attempt’s', [2, 'beta'], [1, 'alpha'], 0, 2],
  ] as const)('what came last: %s', (_, one, other, apartMs, last) => {
    const order = triplyPaid([...one], [...other], apartMs);
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: last });
  });

  test('what was planned for a payment is forgotten when it has to give nothing back any more', () => {
    const order = confirming().answer(NO_ANSWER);
    expect(order.attempt(1).proof?.nextLookupAt).not.toBeNull();
    // Beta's payment is gone: alpha's is the order's money now.
    order.notice('dispute_opened', { attempt: 2, processor: 'beta' });
    expect([order.attempt(1).proof, order.command]).toEqual([null, null]);
  });

  test('a reservation beside the payment is voided, and nothing is refunded', () => {
    const order = new Steps().answer(SOFT).answer({ outcome: 'succeeded' });
    order.wait(1_000).notice('payment_authorized', { attempt: 1, processor: 'alpha' });
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    order.answer({ outcome: 'unknown' });
    order.untilSent();
    expect(order.command).toMatchObject({ operation: 'void', attempt: 1 });
    expect(order.answer({ outcome: 'succeeded' }).order.attempts.flatMap(({ operations }) => operations)).toHaveLength(
      3,
    );
  });
});

describe('what a person looks at', () => {
  /** Nobody knows what beta's charge did: its claim was another's. */
  const conflicted = () => new Steps().answer(SOFT).answer({ outcome: 'unknown', sent: false, claim: 'conflict' });
  const paidAt = (order: Steps, attempt: number, processor: string) =>
    order.wait(1_000).notice('payment_succeeded', { attempt, processor });

  test('is not given back meanwhile', () => {
    const order = paidAt(conflicted(), 1, 'alpha');
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    paidAt(order.answer({ outcome: 'declined' }), 2, 'beta');
    if (order.order.attempts.some(({ lookupSince }) => lookupSince !== null)) order.answer(NO_ANSWER);
    expect(order.order.surplus).toMatchObject({ minor: 4_999, endedAt: null });
    expect(order.order.review).toMatchObject({ code: 'claim_conflict', attempt: 2 });
    order.untilSent();
    expect(order.command).toBeNull();
  });

  test('keeps no other money from going back', () => {
    const order = paidAt(paidAt(conflicted(), 2, 'beta'), 1, 'alpha');
    expect(order.order.review).toMatchObject({ code: 'claim_conflict', attempt: 2 });
    expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  });

  test('a refund in doubt that is known to have failed is a failed refund', () => {
    const order = refunding(alphaWith(null)).answer({ outcome: 'unknown' });
    for (let i = 0; order.order.review === null && i < 100; i += 1) {
      if (order.command === null) order.wait(make.MINUTE_MS);
      else order.answer(NO_ANSWER);
    }
    expect(order.order.review).toMatchObject({ code: 'refund_unknown' });
    order.notice('refund_failed', { attempt: 1, processor: 'alpha', key: refundOf(order)?.key ?? '' });
    expect(confirmed(order).order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
  });

  test('is nobody’s question any more once the money went back another way', () => {
    const order = confirming().answer({ ...FOUND, outcome: 'declined' });
    expect(order.order.review).toMatchObject({ code: 'surplus', attempt: 1 });
    order.notice('refund_succeeded', { attempt: 1, processor: 'alpha', amountMinor: 4_999 });
    expect(order.order.review).toBeNull();
  });
});

describe('what a processor can give back', () => {
  const review = (sheets: Sheet[]) => {
    const order = doublyPaid(sheets);
    return [order.command?.operation, order.order.review?.code, order.said('needs_review')];
  };

  test('nothing, where it has no refunds', () => {
    const operations = make.sheetsWith({})[0]?.operations.filter((each) => each !== 'refund') ?? [];
    expect(review(alpha({ operations }))).toEqual([undefined, 'surplus', 'alpha cannot give EUR 49.99 back']);
  });

  test('nothing, where it is not set up any more', () => {
    const order = new Steps().answer(SOFT).answer({ outcome: 'succeeded' });
    order.sheets.splice(0, 1);
    order.wait(1_000).notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
    expect([order.command, order.order.review?.code]).toEqual([null, 'surplus']);
  });

  test('all of a payment, where it refunds no parts', () => {
    expect(refunding(alpha({ partialRefunds: false })).command?.operation).toBe('refund');
  });

  test('no part of a payment, where it refunds no parts', () => {
    const order = doublyPaid(alpha({ partialRefunds: false })).answer(NO_ANSWER);
    order.notice('dispute_opened', { attempt: 1, processor: 'alpha', amountMinor: 999 });
    expect(order.said('needs_review')).toBe('alpha cannot give back a part: EUR 40.00');
    expect(order.command).toBeNull();
  });

  test('without a look at the payment before, where nothing names it', () => {
    const lookup = { ...(make.sheetsWith({})[0]?.lookup as NonNullable<Sheet['lookup']>), by: ['reference' as const] };
    const sheets = make.sheetsWith({ alpha: { lookup }, beta: { lookup: null } });
    expect(doublyPaid(sheets).command).toMatchObject({ operation: 'refund', attempt: 1 });
    const named = new Steps({ sheets }).answer({ ...SOFT, reference: 'pay_1' }).answer({ outcome: 'succeeded' });
    named.wait(1_000).notice('payment_succeeded', { attempt: 1, processor: 'alpha' });
    expect(named.command).toMatchObject({ operation: 'lookup', attempt: 1 });
  });
});

describe('a refund that is out', () => {
  test('is told with its attempt', () => {
    const order = confirmed(confirming());
    expect(order.entries.find(({ kind }) => kind === 'give_back_sent')).toMatchObject({
      ...{ attempt: 1, processor: 'alpha', text: 'Giving EUR 49.99 back at alpha' },
    });
  });

  test('and refused is no person’s before the payment itself has said that its money is still there', () => {
    const order = refunding().answer({ outcome: 'declined', evidence: 'http_422' });
    expect([order.command?.operation, order.order.review]).toEqual(['lookup', null]);
    confirmed(order.answer({ ...FOUND, refundedMinor: 4_999 }));
    expect([order.command, order.order.review]).toEqual([null, null]);
    expect(order.order.surplus?.endedAt).not.toBeNull();
  });

  test('and pending may take as long as its processor says', () => {
    const order = refunding(alpha({ pendingLimitMs: make.DAY_MS })).answer({ outcome: 'pending' });
    const sinceMs = Date.parse(order.now);
    for (let i = 0; order.order.review === null && i < 200; i += 1) {
      order.untilSent();
      if (order.command !== null) order.answer({ ...NO_ANSWER, key: refundOf(order)?.key ?? '' });
    }
    expect(order.order.review).toMatchObject({ code: 'refund_unknown', attempt: 1 });
    expect(Date.parse(order.now) - sinceMs).toBeGreaterThanOrEqual(make.DAY_MS);
    expect(Date.parse(order.now) - sinceMs).toBeLessThan(make.DAY_MS + 2 * make.HOUR_MS);
  });

  test('and did nothing is sent under other keys, each twice as long after the one before; after half an hour a person looks', () => {
    const order = refunding(alphaWith(null));
    const waitsMs: number[] = [];
    for (let number = 2; number <= 5; number += 1) {
      order.answer(OVERLOADED);
      waitsMs.push(order.untilSent());
      expect(confirmed(order).command?.operation).toBe('refund');
      expect(refundOf(order)).toMatchObject({ number, sends: 1 });
    }
    expect(waitsMs).toEqual([1_000, 2_000, 4_000, 8_000]);
    const { since } = order.order.surplus ?? { since: '' };
    order.answer(OVERLOADED).wait(make.HOUR_MS / 2);
    expect([order.command, order.order.review?.code]).toEqual([null, 'surplus']);
    expect(order.said('needs_review')).toBe(`alpha takes no refund since ${since.slice(0, 19).replace('T', ' ')} UTC`);
  });

  test('and did nothing waits for the look at the payment before the next one, however long that is not answered', () => {
    const order = refunding(alphaWith(null)).answer(OVERLOADED);
    order.untilSent();
    for (const waitMs of [1_000, 1_980, 2_990]) {
      expect(order.command).toMatchObject({ operation: 'lookup', attempt: 1 });
      order.answer(NO_ANSWER);
      expect(order.command).toBeNull();
      expect(order.untilSent()).toBe(waitMs);
    }
  });
});

describe('a refund by hand that failed, of an order that had a surplus once', () => {
  /** Both payments were here, the first went back by itself; then a refund of the other one failed, not made by us. */
  const failedByHand = (told: object) => {
    const order = refunding().answer({ outcome: 'succeeded' });
    expect(order.order.surplus?.endedAt).not.toBeNull();
    return order.wait(make.HOUR_MS).notice('refund_failed', told);
  };

  test.each([
    ['the order’s own money', { attempt: 2, processor: 'beta' }],
    ['the money that went back', { attempt: 1, processor: 'alpha' }],
  ])('is a person’s until it is answered, also about %s', (_, told) => {
    const order = failedByHand(told);
    expect(order.said('needs_review')).toMatch(/not made by us/);
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: told.attempt });
    expect(order.wait(make.DAY_MS).order.review?.code).toBe('refund_failed');
    expect(order.tell(make.resolve(told.attempt, 'accepted')).order.review).toBeNull();
  });

  test('stays while another surplus comes and goes beside it', () => {
    const order = doublyPaid().notice('refund_failed', { attempt: 2, processor: 'beta' });
    order.wait(1_000).notice('refund_succeeded', { attempt: 1, processor: 'alpha' }).answer(FOUND);
    expect(order.order.surplus?.endedAt).not.toBeNull();
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 2 });
  });

  test('goes when the money that it left here went back after all', () => {
    const gone = { attempt: 1, processor: 'alpha', key: 'by hand' };
    const order = doublyPaid().notice('refund_succeeded', gone).answer(FOUND).wait(1_000).notice('refund_failed', gone);
    expect([order.order.surplus?.endedAt, order.order.review?.code]).toEqual([null, 'refund_failed']);
    order.wait(1_000).notice('refund_succeeded', { ...gone, key: 'again' });
    if (order.command !== null) order.answer(FOUND);
    expect([order.order.surplus?.endedAt === null, order.order.review]).toEqual([false, null]);
  });
});
