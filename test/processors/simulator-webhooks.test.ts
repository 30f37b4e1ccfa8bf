import { describe, expect, it } from 'vitest';
import { WebhookRejected } from '../../processors/port.ts';
import { eventOfWebhook } from '../../processors/simulator/webhooks.ts';

const AT = '2026-11-22T10:00:00.000Z';
const payment = { object: 'payment', processor: 'alpha', merchantId: 'default', orderId: 'o-1', reference: 'pay_1' };
const action = {
  object: 'action',
  processor: 'alpha',
  reference: 'act_1',
  paymentReference: 'pay_1',
  payment: { merchantId: 'default', orderId: 'o-1', attempt: 2 },
};
const read = (type: string, data: object, timestamp: unknown = AT) =>
  eventOfWebhook('alpha', 'evt_1', { type, timestamp, data });
const whyRefused = (act: () => unknown) => {
  try {
    return act();
  } catch (error) {
    return error instanceof WebhookRejected ? `${error.code}: ${error.message}` : error;
  }
};
const refused = (why: string) => `webhook_body_invalid: The signed body cannot be used: ${why}. It was not stored.`;

describe('a notice of the simulator', () => {
  it.each([
    ['payment.captured', 'payment_succeeded', { capturedMinor: 7 }],
    ['payment.authorized', 'payment_authorized', { authorizedMinor: 7 }],
    ['payment.declined', 'payment_failed', { amountMinor: 7 }],
    ['payment.returned', 'payment_returned', { returnedMinor: 7 }, { total: true }],
    ['dispute.opened', 'dispute_opened', { disputedMinor: 7 }, { total: true }],
  ])('%s is %s, with the amount in question', (wire, type, amount, more: object = {}) => {
    const event = read(wire, { ...payment, ...amount });
    expect(event).toEqual({
      ...{ eventId: 'evt_1', processor: 'alpha', type, merchantId: 'default', orderId: 'o-1' },
      ...{ reference: 'pay_1', amountMinor: 7, occurredAt: AT },
      ...more,
    });
    expect(whyRefused(() => read(wire, payment))).toBe(refused('the amount is missing'));
    expect(whyRefused(() => read(wire, { ...payment, ...amount, object: 'invoice' }))).toBe(
      refused('it does not fit its type'),
    );
  });

  it.each([
    ['refund.succeeded', 'refund_succeeded'],
    ['refund.failed', 'refund_failed'],
  ])('%s is %s, about the payment that was refunded', (wire, type) => {
    expect(read(wire, { ...action, amountMinor: 7 })).toMatchObject({
      ...{ type, orderId: 'o-1', attempt: 2, reference: 'pay_1', amountMinor: 7 },
    });
    expect(whyRefused(() => read(wire, action))).toBe(refused('the amount is missing'));
    expect(whyRefused(() => read(wire, { ...payment, amountMinor: 7 }))).toBe(refused('it does not fit its type'));
  });

  it.each([
    ['payment.voided', 'payment_cancelled', 'payment'],
    ['hosted_session.closed', 'session_closed', 'hosted_session'],
    ['hosted_session.expired', 'session_closed', 'hosted_session'],
    ['invoice.closed', 'session_closed', 'invoice'],
    ['invoice.expired', 'session_closed', 'invoice'],
  ])('%s is %s, and is about no amount', (wire, type, object) => {
    const event = read(wire, { ...payment, object, amountMinor: 7 });
    expect(event).toMatchObject({ type, reference: 'pay_1' });
    expect('amountMinor' in event).toBe(false);
    expect(whyRefused(() => read(wire, { ...payment, object: 'something' }))).toBe(refused('it does not fit its type'));
  });

  it('names the account where the notice does', () => {
    const told = { ...payment, capturedMinor: 7 };
    expect(read('payment.captured', { ...told, account: 'second' }).account).toBe('second');
    expect('account' in read('payment.captured', told)).toBe(false);
  });

  it('says why a decline was one, and of nothing else', () => {
    const codes = { code: 'do_not_honor', networkDeclineCode: '14', adviceCode: '03', network: 'visa' };
    const declined = read('payment.declined', { ...payment, ...codes, status: 'declined', amountMinor: 7 });
    expect(declined).toMatchObject({ code: 'do_not_honor', networkCode: '14', adviceCode: '03', network: 'visa' });
    const captured = read('payment.captured', { ...payment, ...codes, status: 'captured', capturedMinor: 7 });
    expect([captured.code, captured.networkCode, captured.adviceCode]).toEqual([undefined, undefined, undefined]);
    expect(captured.network).toBe('visa');
  });

  it('brings all by which a payment and its card are known, and nothing of what is missing or misspelt', () => {
    const whole = { key: 'k1', currency: 'EUR', network: 'visa', authentication: 'challenged' };
    const captured = { ...payment, ...whole, capturedMinor: 7, card: { id: 'blue', par: 'P1' } };
    expect(read('payment.captured', captured)).toMatchObject({ ...whole, cardNames: ['sim-card:blue', 'par:P1'] });
    const bare = read('payment.captured', {
      ...{ ...payment, reference: '', capturedMinor: 7 },
      ...{ key: 7, currency: '', network: null, authentication: 'perhaps', card: {} },
    });
    expect(Object.keys(bare).sort()).toEqual(
      ['amountMinor', 'eventId', 'merchantId', 'occurredAt', 'orderId', 'processor', 'type'].sort(),
    );
  });

  it('of a declined try on an open page tells of the newest try there', () => {
    const tries = [
      { reference: 'try_1', code: 'insufficient_funds' },
      {
        ...{ reference: 'try_2', code: 'stolen_card', network: 'visa', networkDeclineCode: '43', adviceCode: '03' },
        card: { id: 'anon_1', par: 'P2' },
      },
    ];
    const page = { ...payment, object: 'hosted_session', key: 'k1', currency: 'EUR', code: 'of the page', tries };
    const declined = (more: object) => read('hosted_session.try_declined', { ...page, ...more });
    const told = { type: 'payment_failed', key: 'k1', reference: 'try_2', currency: 'EUR', code: 'stolen_card' };
    const why = { network: 'visa', networkCode: '43', adviceCode: '03', cardNames: ['par:P2'] };
    expect(declined({ status: 'open' })).toMatchObject({ ...told, ...why });
    const invoice = { ...page, object: 'invoice', status: 'open' };
    expect(read('invoice.try_declined', invoice)).toMatchObject({ ...told, ...why });
    // A page that is not open, or has no tries, speaks for itself; so does a payment.
    expect(declined({ status: 'declined' })).toMatchObject({ reference: 'pay_1', code: 'of the page' });
    expect(declined({ status: 'open', tries: [] })).toMatchObject({ reference: 'pay_1' });
    expect(declined({ status: 'open', tries: 'x' })).toMatchObject({ reference: 'pay_1' });
    expect(declined({ status: 'open', tries: ['x'] })).toMatchObject({ reference: 'pay_1' });
    // Nothing is known of the newest try: neither the page's own reference nor an older try's speaks for it.
    expect(declined({ status: 'open', tries: [...tries, {}] })).not.toHaveProperty('reference');
    const own = { ...payment, status: 'open', tries, amountMinor: 7 };
    expect(read('payment.declined', own)).toMatchObject({ reference: 'pay_1' });
  });

  it('of a type that nobody knows is kept, with its order or without', () => {
    expect(read('payment.celebrated', payment)).toMatchObject({ type: 'unknown_type', orderId: 'o-1' });
    const common = { eventId: 'evt_1', processor: 'alpha', occurredAt: AT, type: 'unknown_type' };
    const nowhere = { ...common, merchantId: '', orderId: '' };
    expect(read('account.updated', {})).toEqual(nowhere);
    expect(eventOfWebhook('alpha', 'evt_1', { type: 'account.updated', timestamp: AT })).toEqual(nowhere);
  });

  it('is refused when it is about another processor, or about no order', () => {
    const captured = { ...payment, capturedMinor: 7 };
    expect(whyRefused(() => read('payment.captured', { ...captured, processor: 'beta' }))).toBe(
      refused('it is about another processor'),
    );
    expect(whyRefused(() => read('payment.captured', { ...captured, orderId: 7 }))).toBe(
      refused('the order is missing'),
    );
    const without = () => eventOfWebhook('alpha', 'evt_1', { type: 'payment.captured', timestamp: AT });
    expect(whyRefused(without)).toBe(refused('the order is missing'));
  });

  it('tells its time to the millisecond, in UTC', () => {
    const at = (timestamp: unknown) => whyRefused(() => read('account.updated', {}, timestamp));
    expect(at('2026-11-22T10:00:00Z')).toMatchObject({ occurredAt: AT });
    expect(at('2026-11-22T10:00:00.000123456Z')).toMatchObject({ occurredAt: AT });
    for (const timestamp of [
      ...[null, 7, '', 'now', '2026-11-22', '2026-11-22T10:00:00', '2026-11-22T10:00:00+01:00'],
      ...[`x${AT}`, `${AT}x`, '2026-13-22T10:00:00Z', '2026-11-22T10:00:00.Z'],
    ]) {
      expect(at(timestamp)).toBe(refused('type or timestamp is missing'));
    }
  });

  it('is refused when it is no object, or has no type', () => {
    for (const body of [null, 'text', [], { type: 'account.updated' }, { timestamp: AT }, { type: 7, timestamp: AT }]) {
      const why = whyRefused(() => eventOfWebhook('alpha', 'evt_1', body));
      expect(why).toBe(refused('type or timestamp is missing'));
    }
  });
});
