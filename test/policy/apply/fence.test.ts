import { describe, expect, test } from 'vitest';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const RESERVED = { outcome: 'succeeded', amountMinor: AMOUNT, authorizedOnly: true } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed' } as const;

const manual = () => new Steps({ facts: { capture: 'manual' } });
const types = ({ events }: Steps) => events.map(({ type }) => type);

describe('an attempt that its processor confirms as closed', () => {
  test('has failed, where nobody but the processor closed it: the merchant is told', () => {
    const order = new Steps().answer(TIMEOUT).notice('payment_cancelled');
    expect(order.attempt(1).outcome).toBe('not_executed');
    expect(order.events[0]).toMatchObject({ type: 'order.payment_failed', attempt: 1 });
  });

  test('has not failed, where we left it for another way', () => {
    const order = new Steps().answer(TIMEOUT).tell(make.choose('hosted_checkout'), make.MINUTE_MS).answer(CLOSED);
    expect(order.attempt(1).outcome).toBe('not_executed');
    expect([types(order), order.command?.operation]).toEqual([[], 'open_hosted']);
  });

  test('has failed, where we left it because the buyer never authenticated', () => {
    const order = new Steps().answer({ outcome: 'requires_action' }).tell(make.choose('hosted_checkout'));
    order.answer(CLOSED);
    expect(order.attempt(1)).toMatchObject({ failureClass: 'authentication_failed', authentication: 'abandoned' });
    expect(order.events[0]).toMatchObject({ type: 'order.payment_failed', attempt: 1 });
  });

  test('has not failed, where it is a page that nobody paid on', () => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
    order.tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' }).notice('session_closed');
    expect(order.attempt(2)).toMatchObject({ outcome: 'not_executed', failureClass: null, authentication: 'none' });
    expect(types(order)).not.toContain('order.payment_failed');
  });
});

describe('a capture that was asked for, and the authorization that goes', () => {
  /** Alpha declined, beta reserved, then alpha reserved after all: beta's is being voided, alpha's is the order's. */
  function reservedTwice(): Steps {
    const order = manual()
      .answer(SOFT)
      .answer(RESERVED)
      .notice('payment_authorized', {
        ...{ attempt: 1, processor: 'alpha', amountMinor: AMOUNT },
      });
    expect(order.command).toMatchObject({ operation: 'void', attempt: 2 });
    return order.tell(make.capture());
  }

  test('is still meant for the one that stays', () => {
    const order = reservedTwice().answer(CLOSED);
    expect(order.command).toMatchObject({ operation: 'capture', attempt: 1 });
  });

  test('is forgotten with the one that was meant: what is reserved by one that we leave is not captured', () => {
    const order = reservedTwice().notice('payment_cancelled', { attempt: 1, processor: 'alpha' });
    expect(order.order.captureRequested).toBeNull();
    order.answer(CLOSED);
    expect([order.command, order.attempt(2).money]).toMatchObject([null, { captured: 0, voided: AMOUNT }]);
  });

  test('is forgotten with the only one: what is reserved by the next is not captured unasked', () => {
    const order = manual().answer(SOFT).answer(RESERVED).tell(make.capture()).answer(TIMEOUT);
    order.notice('payment_cancelled');
    expect(order.order.captureRequested).toBeNull();
    order.tell(make.choose('new_method', make.card('ins_2', { origin: 'buyer' }))).answer(RESERVED);
    expect([order.stage, order.command]).toEqual(['authorized', null]);
  });
});
