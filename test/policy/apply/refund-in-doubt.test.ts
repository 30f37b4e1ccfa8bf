import { describe, expect, test } from 'vitest';
import type { Sheet } from '../../../policy/sheet.ts';
import * as make from '../decide/fixtures.ts';
import { alphaWith, answerLookup, refunding, refundOf, untilLookedUp } from './refunding.ts';
import type { Steps } from './steps.ts';

const ABSENT = { found: 'absent' } as const;
/** Sent, and not answered. */
const doubted = (sheets: Sheet[]) => refunding(sheets).answer(SILENT);
const REFUSED = { outcome: 'not_executed', provedNotExecuted: true, evidence: 'http_503' } as const;
const SILENT = { outcome: 'unknown', evidence: 'timeout' } as const;
const absent = (order: Steps) => answerLookup(untilLookedUp(order), ABSENT);
const aboutIt = (order: Steps) => ({ attempt: 1, processor: 'alpha', key: refundOf(order)?.key ?? '' });
/** No lookup says anything until its key is sent once more. */
function sentAgain(order: Steps): Steps {
  for (order.untilSent(); order.command?.operation === 'lookup'; order.untilSent())
    answerLookup(order, { found: 'no_answer' });
  expect(order.command).toMatchObject({ operation: 'refund' });
  return order;
}
/** Every processor still works, but nobody says any more how alpha does. */
const withoutAlpha = (order: Steps) => order.sheets.splice(0, 1);

describe('a refund that its processor does not know', () => {
  test('is not believed absent before as many answers as the sheet wants, and is with the last of them', () => {
    const order = absent(doubted(alphaWith({ answers: 3, settleMs: 0 })));
    expect(refundOf(order)?.outcome).toBe('unknown');
    expect(refundOf(absent(order))?.outcome).toBe('unknown');
    expect(refundOf(absent(order))).toMatchObject({ outcome: 'not_executed', sends: 1, sendsNotExecuted: 1 });
  });

  // Looked up 1 s and 3 s after it was sent; the first answer took 10 ms.
  test.each([
    [1_990, 'not_executed'],
    [1_991, 'unknown'],
  ])(
    'is not believed absent if the second question came less than %i ms after the first answer: %s',
    (settleMs, outcome) => {
      const order = absent(absent(doubted(alphaWith({ answers: 2, settleMs }))));
      expect(refundOf(order)?.outcome).toBe(outcome);
    },
  );

  test('is never believed absent where the sheet does not say when: a person looks in the end', () => {
    const order = doubted(alphaWith(null));
    for (let i = 0; i < 10; i += 1) {
      if (order.command === null) order.wait(make.HOUR_MS);
      absent(order);
      expect(refundOf(order)).toMatchObject({ outcome: 'unknown', sends: 1 });
    }
    expect(order.order.review).toMatchObject({ code: 'refund_unknown', attempt: 1 });
  });

  test('is not believed absent where the processor is not set up any more', () => {
    const order = untilLookedUp(absent(doubted(alphaWith({ answers: 2, settleMs: 0 }))));
    withoutAlpha(order);
    answerLookup(order, ABSENT);
    expect(refundOf(order)).toMatchObject({ outcome: 'unknown', sends: 1, sendsNotExecuted: 0 });
  });
});

describe('a person’s word while the refund is sent again', () => {
  test('cannot speak for that send: without its answer it is in doubt, and no other key is used', () => {
    const order = refunding().answer(SILENT).wait(500);
    expect(order.command).toMatchObject({ operation: 'refund' });
    order.tell(make.resolve(1, 'absent')).answer(SILENT);
    expect(refundOf(order)).toMatchObject({ outcome: 'unknown', sends: 2 });
    order.untilSent();
    expect(order.attempt(1).operations.filter(({ operation }) => operation === 'refund')).toHaveLength(1);
  });

  test('counts none of the sends that come after it: one in doubt keeps the refund in doubt', () => {
    const order = refunding().answer(SILENT);
    for (sentAgain(order); order.order.review?.code !== 'refund_unknown'; sentAgain(order)) order.answer(SILENT);
    const { sends = 0 } = refundOf(order) ?? {};
    order.tell(make.resolve(1, 'absent')).answer(REFUSED);
    sentAgain(order).answer(SILENT);
    sentAgain(order).answer(REFUSED);
    expect(refundOf(order)).toMatchObject({ outcome: 'unknown', sends: sends + 2, sendsNotExecuted: sends + 1 });
  });
});

describe('a notice that comes while its refund is with the processor', () => {
  test('has the last word when it tells of success: no answer makes it undone', () => {
    const order = refunding();
    order.notice('refund_succeeded', aboutIt(order)).answer(REFUSED);
    expect([refundOf(order)?.outcome, order.attempt(1).money.refunded]).toEqual(['succeeded', 4_999]);
    expect(order.command).toBeNull();
  });

  test('has the last word when it tells of failure: it is a person’s, and is not sent again by itself', () => {
    const order = refunding();
    order.notice('refund_failed', aboutIt(order)).answer(REFUSED);
    expect(refundOf(order)).toMatchObject({ outcome: 'declined', sends: 1 });
    for (let i = 0; i < 10; i += 1) {
      if (order.command?.operation === 'lookup')
        order.answer({ outcome: 'succeeded', found: 'payment', claim: 'none' });
      else order.wait(make.MINUTE_MS);
    }
    expect(refundOf(order)).toMatchObject({ outcome: 'declined', sends: 1 });
    expect(order.order.review).toMatchObject({ code: 'refund_failed', attempt: 1 });
  });

  test.each(['absent', 'no_answer'] as const)('has the last word over a lookup: %s', (found) => {
    const order = untilLookedUp(doubted(alphaWith({ answers: 1, settleMs: 0 })));
    order.notice('refund_succeeded', aboutIt(order));
    answerLookup(order, { found });
    expect([refundOf(order)?.outcome, order.attempt(1).money.refunded]).toEqual(['succeeded', 4_999]);
    expect([order.command, order.attempt(1).proof]).toEqual([null, null]);
  });
});
