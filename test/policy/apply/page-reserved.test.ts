import { describe, expect, test } from 'vitest';
import { moneyOf, provenReference, targetKeyOf } from '../../../policy/facts.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const MANUAL = { facts: { capture: 'manual' } } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed', evidence: 'closed' } as const;
const RESERVED = { reference: 'pay_1', amountMinor: AMOUNT } as const;

const kinds = (order: Steps) => order.entries.map(({ kind }) => kind);
const sent = ({ command }: Steps) => command && `${command.operation}#${command.attempt}`;

/** The card was refused, and the processor's page is open. */
const page = (path: 'hosted_checkout' | 'invoice' = 'hosted_checkout') =>
  new Steps(MANUAL).answer(HARD).tell(make.choose(path)).answer({ outcome: 'requires_action', reference: 'hs_1' });
const reserved = (path?: 'hosted_checkout' | 'invoice') => page(path).notice('payment_authorized', RESERVED);

function expectReserved(order: Steps): void {
  expect(order.attempt(2)).toMatchObject({ fencedAt: null, money: { authorized: AMOUNT, voided: 0, captured: 0 } });
}

describe('a page on which the amount was reserved', () => {
  test.each(['hosted_checkout', 'invoice'] as const)('closes, and the reservation stands: %s', (path) => {
    for (const said of [{}, { reference: 'hs_1' }, { reference: 'pay_1' }]) {
      const order = reserved(path).notice('session_closed', said);
      expectReserved(order);
      expect([order.stage, order.order.review, kinds(order)]).toEqual(['authorized', null, ['event_kept']]);
      order.tell(make.capture());
      expect(sent(order)).toBe('capture#2');
      order.answer({ outcome: 'succeeded', amountMinor: AMOUNT });
      expect([order.stage, moneyOf(order.order).net]).toEqual(['paid', AMOUNT]);
    }
  });

  test('is what the processor told last: the page that closed before is known to be paid on', () => {
    const order = page().notice('session_closed').notice('payment_authorized', RESERVED);
    expectReserved(order);
    expect(order.stage).toBe('authorized');
  });

  test('is left by voiding that payment, named by its own reference: closing the page gives nothing back', () => {
    const order = reserved().tell(make.cancel());
    expect(sent(order)).toBe('void#2');
    const [opened, fence] = order.attempt(2).operations;
    expect([opened?.operation, fence?.operation, order.attempt(2).reference]).toEqual(['open_hosted', 'void', 'pay_1']);
    expect(targetKeyOf(order.attempt(2), 'void')).toBeUndefined();
    order.answer(CLOSED);
    expect([order.stage, order.attempt(2).money.voided]).toEqual(['cancelled', AMOUNT]);
  });

  test('is voided by the payment’s name, never by the page’s; without one the page is closed, which proves nothing', () => {
    const unnamed = { amountMinor: AMOUNT };
    const order = page().notice('payment_authorized', unnamed).tell(make.cancel());
    expect(sent(order)).toBe('close_hosted#2');
    expect(provenReference(order.attempt(2), 'void')).toBeNull();
    order.answer(CLOSED);
    expectReserved(order);
    expect(order.stage).toBe('cancelling');
    const named = page()
      .notice('payment_authorized', unnamed)
      .notice('payment_authorized', RESERVED)
      .tell(make.cancel());
    expect([sent(named), provenReference(named.attempt(2), 'void')]).toEqual(['void#2', 'pay_1']);
  });

  test('while the page is being closed: that answer proves nothing of it, and it is voided', () => {
    const order = page().tell(make.cancel());
    expect([sent(order), targetKeyOf(order.attempt(2), 'close_hosted')]).toEqual(['close_hosted#2', '2/open_hosted/0']);
    order.notice('payment_authorized', RESERVED).answer(CLOSED);
    expectReserved(order);
    expect([order.stage, sent(order)]).toEqual(['cancelling', 'void#2']);
    order.answer(CLOSED);
    expect([order.stage, order.attempt(2).money.voided]).toEqual(['cancelled', AMOUNT]);
  });

  test.each([
    ['the page’s', 'hs_1', 'cancelling'],
    ['nobody’s', undefined, 'cancelling'],
    ['the payment’s', 'pay_1', 'cancelled'],
  ])('found closed under %s reference', (_, reference, stage) => {
    const order = reserved().tell(make.cancel()).answer({ outcome: 'unknown' });
    for (order.untilSent(); order.command?.operation !== 'lookup'; order.untilSent()) order.answer({});
    order.answer({ outcome: 'not_executed', found: 'closed', ...(reference && { reference }) });
    expect(order.stage).toBe(stage);
    if (stage === 'cancelling') expectReserved(order);
  });

  test('is given up when its own payment is cancelled', () => {
    const order = reserved().notice('payment_cancelled', { reference: 'pay_1' });
    expect(order.attempt(2).money.voided).toBe(AMOUNT);
  });
});

test('what a card has reserved is voided by its key', () => {
  const order = new Steps(MANUAL).answer({ ...RESERVED, outcome: 'succeeded', authorizedOnly: true });
  order.tell(make.cancel());
  expect([sent(order), targetKeyOf(order.attempt(1), 'void')]).toEqual(['void#1', '1/authorize/0']);
});
