import { describe, expect, test } from 'vitest';
import { confirming, doublyPaid, FOUND } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown', evidence: 'timeout' } as const;
const NO_ANSWER = { outcome: 'unknown', found: 'no_answer', claim: 'none' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const RESERVED = { outcome: 'succeeded', authorizedOnly: true } as const;
/** Nothing can be asked, and no key is remembered. */
const DEAF = { idempotency: null, lookup: null };
const HALF_HOUR_MS = make.HOUR_MS / 2;
const OPENED_MS = Date.parse(make.newOrder().openedAt);

const next = (order: Steps) =>
  order.wake === null ? null : [order.wake.summary, Date.parse(order.wake.at) - Date.parse(order.now)];
const person = (number: number, processor: string) =>
  `No answer by then: a person looks at attempt ${number} at ${processor}`;
const expiringIn = (ms: number, facts = {}) =>
  new Steps({ facts: { ...facts, expiresAt: new Date(OPENED_MS + ms).toISOString() } });

describe('nothing wakes', () => {
  test('an order that is closed, although its own end would come', () => {
    const order = expiringIn(make.HOUR_MS).answer(HARD).tell(make.cancel());
    expect([order.stage, order.wake]).toEqual(['cancelled', null]);
  });

  test('an order with money, although a person is asked whether that is enough, and its own end would come', () => {
    const order = expiringIn(make.HOUR_MS).answer(SOFT).answer({ outcome: 'succeeded', amountMinor: 4_000 });
    expect([order.order.review?.code, order.wake]).toEqual(['amount_mismatch', null]);
  });

  test('the buyer’s windows, while a person looks at money that nobody has explained', () => {
    const order = new Steps().answer(HARD).notice('payment_succeeded', { key: 'theirs', reference: 'pay_9' });
    expect([order.order.review?.code, order.order.window?.path, order.wake]).toEqual([
      'event_unmatched',
      'buyer',
      null,
    ]);
  });

  test('a reservation whose capture is known to have done nothing, and is not asked for any more', () => {
    const order = new Steps({ facts: { capture: 'manual' }, sheets: make.sheetsWith({ alpha: DEAF }) }).answer(
      RESERVED,
    );
    order.tell(make.capture()).answer({ outcome: 'declined', code: 'not_now' }).tell(make.resolve(1, 'absent'));
    expect([order.stage, order.wake]).toEqual(['authorized', null]);
  });
});

describe('a person is asked in time', () => {
  test('about a capture that the merchant waits for and that cannot be sent again', () => {
    const order = new Steps({ facts: { capture: 'manual' }, sheets: make.sheetsWith({ alpha: DEAF }) }).answer(
      RESERVED,
    );
    order.tell(make.capture()).answer(BUSY);
    expect(next(order)).toEqual([person(1, 'alpha'), HALF_HOUR_MS]);
  });

  test('about a payment that is worked on, as late as its own processor’s sheet says', () => {
    const sheets = make.sheetsWith({ alpha: DEAF, beta: { ...DEAF, pendingLimitMs: 2 * make.DAY_MS } });
    const order = new Steps({ sheets }).answer(SOFT).answer({ outcome: 'pending' });
    expect(next(order)).toEqual([person(2, 'beta'), 2 * make.DAY_MS]);
  });

  test('about a refund that is worked on, as late as its own processor’s sheet says', () => {
    const sheets = make.sheetsWith({ alpha: { ...DEAF, pendingLimitMs: 2 * make.DAY_MS } });
    const order = doublyPaid(sheets).answer(FOUND).answer({ outcome: 'pending' });
    expect(next(order)).toEqual([person(1, 'alpha'), 2 * make.DAY_MS]);
    expect(next(doublyPaid(sheets).answer(FOUND).answer(UNKNOWN))).toEqual([person(1, 'alpha'), HALF_HOUR_MS]);
  });

  test('about a payment that its processor does not confirm, although the next lookup would come later', () => {
    const order = confirming();
    const fromMs = Date.parse(order.now);
    for (let asked = 0; asked < 50 && !order.wake?.summary.startsWith('No answer'); asked += 1) {
      order.answer(NO_ANSWER);
      if (order.wake?.summary.startsWith('Lookup')) order.untilSent();
    }
    expect(order.wake?.summary).toBe(person(1, 'alpha'));
    expect(Date.parse(order.wake?.at ?? '') - fromMs).toBe(HALF_HOUR_MS);
  });
});

test('what is heard twice is no news, but a time that has come is kept to whatever is heard', () => {
  const order = new Steps().answer(UNKNOWN).notice('unknown_type', { eventId: 'once' });
  order.wait(100).notice('unknown_type', { eventId: 'once' });
  expect([order.command, order.entries]).toEqual([null, []]);
  const { merchantId, orderId } = order.order.facts;
  const again = { eventId: 'once', processor: 'alpha', type: 'unknown_type', merchantId, orderId } as const;
  order.tell({ type: 'processor_event', event: { ...again, occurredAt: order.now } }, 400);
  expect(order.command).toMatchObject({ operation: 'charge', attempt: 1 });
});
