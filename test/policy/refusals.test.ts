import { describe, expect, test } from 'vitest';
import { lostToMoney, refuseEnding, refuseRecovery, refuseRetry } from '../../policy/refusals.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const PAID = { outcome: 'succeeded', reference: 'pay_1' } as const;
const LEDGER = { ceilings: [], forbidden: [] };
const stray = { key: 'theirs', reference: 'pay_9' } as const;

const reading = ({ order, sheets }: Steps) => ({ order, sheets, rulebook: DEFAULT_RULEBOOK });
/** Paid, and a person is asked about another payment: it is not closed yet. */
const paidAndAsked = () => new Steps().notice('payment_succeeded', stray).answer(PAID);

describe('a choice is refused', () => {
  const refusal = (order: Steps, choice: Parameters<typeof refuseRecovery>[1]) =>
    refuseRecovery(reading(order), choice, LEDGER, order.now)?.message;

  test('that lacks its payment method, or names one that the order does not know', () => {
    const order = new Steps({ instruments: [make.card('own'), make.card('saved', { origin: 'saved' })] }).answer(HARD);
    expect(refusal(order, { path: 'new_method' })).toMatch(/needs a payment method/);
    expect(refusal(order, { path: 'saved_method' })).toMatch(/no such saved method/);
    expect(refusal(order, { path: 'saved_method', instrumentId: 'gone' })).toMatch(/no such saved method/);
    expect(refusal(order, { path: 'saved_method', instrumentId: 'saved' })).toBeUndefined();
    expect(refusal(order, { path: 'new_method', instrument: make.card('new') })).toBeUndefined();
  });

  test('that is not offered, and what is offered is said', () => {
    const operations = ['charge', 'refund', 'open_hosted', 'close_hosted'] as const;
    const sheets = make.sheetsWith({ alpha: { operations: [...operations] }, beta: { operations: [...operations] } });
    const order = new Steps({ sheets }).answer(HARD);
    expect(refusal(order, { path: 'invoice' })).toMatch(
      /invoice is not offered\. Offered: new_method, hosted_checkout\./,
    );
    expect(refusal(order, { path: 'hosted_checkout' })).toBeUndefined();
  });
});

describe('an end is refused', () => {
  test('to an order that has its money, though it is not closed yet', () => {
    const { order } = paidAndAsked();
    expect([order.closed, order.review?.code]).toEqual([null, 'event_unmatched']);
    expect(refuseEnding(order)?.message).toBe(
      'The order is paid. Recoup has no call that refunds it: refund it at alpha, and Recoup counts what alpha’s notices tell. Nothing was changed.',
    );
  });

  test('to none that has less than the amount, or nothing', () => {
    const less = new Steps().answer(SOFT).answer({ outcome: 'succeeded', amountMinor: 4_000 });
    for (const { order } of [less, new Steps(), new Steps().answer(UNKNOWN)]) expect(refuseEnding(order)).toBeNull();
  });
});

describe('whoever asked for an end is told that it was lost to money', () => {
  test('when a payment that was under way succeeded', () => {
    const lost = new Steps().answer(SOFT).tell(make.cancel()).answer(PAID);
    expect([lost.stage, lostToMoney(lost.order)?.code]).toEqual(['paid', 'order_closed']);
    expect(lostToMoney(lost.order)?.message).toMatch(
      /: the order is paid\. Recoup has no call .* refund it at beta, and/,
    );
  });

  test('and not while it is being ended, nor when it ended, nor when there is no money', () => {
    const ending = new Steps().answer(UNKNOWN).tell(make.cancel());
    const ended = new Steps().answer(HARD).tell(make.cancel());
    const goingBack = new Steps().answer(HARD).tell(make.cancel()).notice('payment_succeeded');
    expect([goingBack.stage, goingBack.order.ending?.as]).toEqual(['cancelling', 'cancelled']);
    const endedWithMoney = { ...goingBack.order, ending: null, closed: ended.order.closed };
    for (const order of [ending.order, ended.order, goingBack.order, endedWithMoney, new Steps().order]) {
      expect(lostToMoney(order)).toBeNull();
    }
  });
});

describe('“try again” is refused', () => {
  const refusal = (order: Steps) => refuseRetry(reading(order), LEDGER, order.now)?.message;

  test('to an order that has its money, that is ended, or that has nothing to try with', () => {
    expect(refusal(paidAndAsked())).toMatch(/has its money/);
    expect(refusal(new Steps().answer(HARD).tell(make.cancel()))).toMatch(/is closed/);
    expect(refusal(new Steps().answer(UNKNOWN).tell(make.cancel()))).toMatch(/is closed/);
    expect(refusal(new Steps({ instruments: [] }))).toMatch(/no payment method/);
    expect(refusal(new Steps().answer(SOFT).answer(SOFT))).toBeUndefined();
  });
});
