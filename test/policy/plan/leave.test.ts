import { describe, expect, test } from 'vitest';
import type { Draft } from '../../../policy/draft.ts';
import { leaveBesideAuthorized } from '../../../policy/plan/settle.ts';
import { openReviews } from '../../../policy/reviews.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const RESERVED = { outcome: 'succeeded', amountMinor: AMOUNT, authorizedOnly: true } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed' } as const;

const sent = ({ command }: Steps) => (command === null ? null : `${command.operation}#${command.attempt}`);
/** The first attempt at alpha was reserved after all. */
const reservedLate = (order: Steps) =>
  order.notice('payment_authorized', { attempt: 1, processor: 'alpha', amountMinor: AMOUNT });

describe('what an attempt that we leave is closed by', () => {
  const NONE = { payment: false, hosted: false, invoice: false };
  const alpha = (change: Partial<Sheet>) => ({ sheets: make.sheetsWith({ alpha: change }) });
  const page = (path: 'hosted_checkout' | 'invoice') => (options: object) =>
    new Steps(options).answer(HARD).tell(make.choose(path)).answer({ outcome: 'requires_action' });
  const unknown = (options: object) => new Steps(options).answer(TIMEOUT);
  const reserved = (options: object) => new Steps({ ...options, facts: { capture: 'manual' } }).answer(RESERVED);

  test.each([
    ['a payment', unknown, 'payment', 'void#1'],
    ['a page', page('hosted_checkout'), 'hosted', 'close_hosted#2'],
    ['an invoice', page('invoice'), 'invoice', 'close_invoice#2'],
  ] as const)(
    '%s by its own fence, where the sheet has that; by none where it has only the others',
    (_what, open, fence, by) => {
      const closing = (change: object) => sent(open(alpha({ fence: { ...NONE, ...change } })).tell(make.cancel()));
      expect(closing({ [fence]: true })).toBe(by);
      expect(closing({ payment: true, hosted: true, invoice: true, [fence]: false })).toBeNull();
    },
  );

  test('a reservation by its void, where the processor has one, whatever else it can close', () => {
    expect(sent(reserved(alpha({ fence: NONE })).tell(make.cancel()))).toBe('void#1');
    const operations = make.sheetsWith({})[0]?.operations.filter((each) => each !== 'void') ?? [];
    expect(sent(reserved(alpha({ operations })).tell(make.cancel()))).toBeNull();
  });

  test('what the processor works on by nothing: it is waited for', () => {
    const order = new Steps().answer({ outcome: 'pending' }).tell(make.cancel());
    expect([sent(order), order.stage, order.attempt().leave?.reason]).toEqual([null, 'cancelling', 'cancel']);
  });
});

describe('two attempts that have to be left at once', () => {
  test('are closed one after the other: no command is lost', () => {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(SOFT);
    reservedLate(order).tell(make.cancel()).answer({ outcome: 'requires_action' });
    expect(sent(order)).toBe('void#1');
    expect(sent(order.answer(CLOSED))).toBe('void#2');
    expect(order.answer(CLOSED).stage).toBe('cancelled');
  });

  test('of which the first has no fence: the second is closed all the same', () => {
    const operations = make.sheetsWith({})[0]?.operations.filter((each) => each !== 'void') ?? [];
    const order = new Steps({ facts: { capture: 'manual' }, sheets: make.sheetsWith({ alpha: { operations } }) });
    reservedLate(order.answer(SOFT)).tell(make.cancel()).answer({ outcome: 'requires_action' });
    expect(sent(order)).toBe('void#2');
    order.answer(TIMEOUT).untilSent();
    expect(sent(order)).toBe('void#2');
  });
});

describe('beside a reservation', () => {
  test('another one is left because the order has its money, and since when is known', () => {
    const order = reservedLate(new Steps({ facts: { capture: 'manual' } }).answer(SOFT).answer(RESERVED));
    expect(order.attempt(2).leave).toEqual({ reason: 'paid', since: order.now });
  });

  test('that is given up already the other one stays: one of the two is kept', () => {
    const order = reservedLate(new Steps({ facts: { capture: 'manual' } }).answer(SOFT).answer(RESERVED));
    const [first, second] = order.order.attempts;
    if (first === undefined || second === undefined) throw new Error('two are reserved');
    const attempts = [
      { ...first, leave: second.leave },
      { ...second, leave: null },
    ];
    const draft = { order: { ...order.order, attempts }, now: order.now } as Draft;
    leaveBesideAuthorized(draft);
    expect(draft.order.attempts.map(({ leave }) => leave?.reason)).toEqual(['paid', undefined]);
  });
});

describe('beside a payment', () => {
  /** Both cards had been declined, a page is open, and then alpha has the money after all. */
  function pageAndMoney(): Steps {
    const order = new Steps().answer(SOFT).answer(SOFT).tell(make.choose('hosted_checkout'));
    order.answer({ outcome: 'requires_action' });
    return order.notice('payment_succeeded', { attempt: 1, processor: 'alpha', amountMinor: AMOUNT });
  }

  test('a page is closed because the order has its money, and since when is known', () => {
    const order = pageAndMoney();
    expect([sent(order), order.attempt(3).leave]).toEqual(['close_hosted#3', { reason: 'paid', since: order.now }]);
  });

  test('nothing goes back of a second one before the page is closed, which could take a third', () => {
    const order = pageAndMoney().answer(TIMEOUT);
    order.notice('payment_succeeded', { attempt: 2, processor: 'beta', amountMinor: AMOUNT });
    for (let steps = 0; steps < 5; steps += 1) {
      order.untilSent();
      expect(sent(order)).toMatch(/#3$/);
      order.answer(TIMEOUT);
    }
    expect(sent(order.notice('session_closed'))).toMatch(/^lookup#/);
  });
});

describe('the order’s own end', () => {
  const expiring = () => new Steps({ facts: { expiresAt: '2026-11-22T10:10:00.000Z' } }).answer(TIMEOUT);

  test('closes what can take money, for that reason', () => {
    const order = expiring().wait(10 * make.MINUTE_MS);
    expect([sent(order), order.attempt().leave?.reason, order.stage]).toEqual(['void#1', 'expiry', 'cancelling']);
  });

  test('gives way to money without a word to anybody, since nobody asked for it', () => {
    const order = expiring()
      .wait(10 * make.MINUTE_MS)
      .answer(TIMEOUT)
      .notice('payment_succeeded');
    expect([order.stage, order.said('command_refused')]).toEqual(['paid', undefined]);
  });
});

test('a duplicate that nobody could explain is explained by its own money', () => {
  const sheets = make.sheetsWith({ alpha: { idempotency: null } });
  const order = new Steps({ sheets }).answer({ outcome: 'unknown', failureClass: 'duplicate' });
  for (let asked = 0; asked < 10 && order.attempt().outcome === 'unknown'; asked += 1) {
    order.untilSent();
    order.answer({ outcome: 'unknown', found: 'absent' });
  }
  expect(openReviews(order.order)).toMatchObject([{ code: 'duplicate_unexplained', attempt: 1 }]);
  order.notice('payment_succeeded');
  expect([order.stage, order.order.review]).toEqual(['paid', null]);
});
