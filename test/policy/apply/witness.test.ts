import { describe, expect, test } from 'vitest';
import { openReviews } from '../../../policy/reviews.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const DUPLICATE = { outcome: 'unknown', failureClass: 'duplicate' } as const;
const ABSENT = { outcome: 'unknown', found: 'absent', claim: 'none' } as const;
const OTHER_CARD = make.choose('new_method', make.card('ins_2', { origin: 'buyer' }));
const sheets = make.sheetsWith({ beta: { idempotency: null } });

const asked = ({ order }: Steps) => openReviews(order).map(({ code, attempt }) => [code, attempt]);
const BETA = [['duplicate_unexplained', 2]];

/** Declined at alpha; beta then called its first attempt a duplicate. */
const atBeta = (facts = {}) => new Steps({ sheets, facts }).answer(SOFT).answer(DUPLICATE);

/** Every lookup says that there is nothing, until the attempt is believed absent. */
function untilAbsent(order: Steps, number: number): Steps {
  while (order.attempt(number).outcome === 'unknown') {
    order.untilSent();
    order.answer(ABSENT);
  }
  return order;
}

describe('a duplicate at another processor', () => {
  test('is asked about when it is absent, whatever can still take money here: nothing here explains it', () => {
    for (const here of ['payment_authorized', 'payment_succeeded'] as const) {
      const order = atBeta(here === 'payment_authorized' ? { capture: 'manual' } : {});
      const { key = '' } = order.attempt(1).operations[0] ?? {};
      const at = { processor: 'alpha', attempt: 1, key, reference: 'pay_1', amountMinor: AMOUNT };
      order.notice(here, at).notice('payment_cancelled', { processor: 'beta', attempt: 2 });
      expect([order.attempt(2).outcome, asked(order)]).toEqual(['not_executed', BETA]);
    }
  });

  test('is not forgotten when the attempt here that could take money ends without success', () => {
    const order = atBeta({ capture: 'manual' });
    const { key = '' } = order.attempt(1).operations[0] ?? {};
    const here = { processor: 'alpha', attempt: 1 };
    order.notice('payment_authorized', { ...here, key, reference: 'pay_1', amountMinor: AMOUNT });
    order.notice('payment_cancelled', { processor: 'beta', attempt: 2 }).notice('payment_cancelled', here);
    expect([asked(order), order.command, order.order.attempts.length]).toEqual([BETA, null, 2]);
  });

  test('is asked about before the buyer’s other way is tried, though it was closed for that', () => {
    const order = atBeta().tell(OTHER_CARD, make.MINUTE_MS);
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    order.answer({ outcome: 'succeeded', found: 'closed' });
    expect([asked(order), order.command, order.order.attempts.length]).toEqual([BETA, null, 2]);
    order.tell(make.resolve(2, 'absent', make.asked(order.order)));
    expect(order.command).toMatchObject({ operation: 'charge', attempt: 3 });
  });

  test('is none where an earlier send of its own key may have been the first: closed, that is closed as well', () => {
    const order = new Steps().answer(SOFT).answer({ outcome: 'unknown' });
    for (order.untilSent(); order.command?.operation === 'lookup'; order.untilSent()) order.answer(ABSENT);
    order.answer(DUPLICATE).tell(OTHER_CARD, make.MINUTE_MS);
    order.notice('payment_cancelled', { processor: 'beta', attempt: 2 });
    expect([order.attempt(2).outcome, asked(order)]).toEqual(['not_executed', []]);
  });

  test('that a person has looked at is not asked about again when an attempt here ends', () => {
    const order = untilAbsent(atBeta(), 2);
    expect(asked(order)).toEqual(BETA);
    order.tell(make.resolve(2, 'absent', make.asked(order.order))).tell(OTHER_CARD);
    expect(order.attempt(3).processor).toBe('alpha');
    // Alpha has the first one: it is in doubt, and then it is not there either. That is alpha's duplicate, not beta's.
    order.answer(DUPLICATE);
    expect([order.attempt(1).outcome, order.attempt(3).outcome]).toEqual(['unknown', 'declined']);
    expect(asked(untilAbsent(order, 1))).toEqual([['duplicate_unexplained', 3]]);
  });

  test('is explained by what was reserved there: given up, that is no question', () => {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(SOFT).answer(SOFT).tell(OTHER_CARD);
    order.answer(DUPLICATE);
    expect([order.attempt(1).outcome, order.attempt(3).outcome]).toEqual(['unknown', 'declined']);
    const at = { processor: 'alpha', attempt: 1, key: '1/authorize/0', reference: 'pay_1', amountMinor: AMOUNT };
    order.notice('payment_authorized', at).tell(make.cancel()).answer({ outcome: 'succeeded', found: 'closed' });
    expect([order.stage, asked(order)]).toEqual(['cancelled', []]);
  });

  test('waits while an attempt there may be it, and is explained by its money', () => {
    const order = untilAbsent(atBeta(), 2);
    order.tell(make.resolve(2, 'absent', make.asked(order.order))).tell(OTHER_CARD);
    order.answer(DUPLICATE);
    expect([order.attempt(1).outcome, asked(order)]).toEqual(['unknown', []]);
    order.notice('payment_succeeded', { processor: 'alpha', attempt: 1, reference: 'pay_1', amountMinor: AMOUNT });
    expect([order.stage, asked(order)]).toEqual(['paid', []]);
  });
});
