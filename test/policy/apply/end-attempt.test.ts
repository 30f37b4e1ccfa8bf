import { describe, expect, test } from 'vitest';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const MANUAL = { facts: { capture: 'manual' as const } };
const DECLINED = { outcome: 'declined', failureClass: 'hard_decline' } as const;
/** An order whose card was refused for good, so that it waits for the buyer. */
const refused = (options: make.OrderOptions = {}) => new Steps(options).answer({ ...DECLINED, evidence: 'declined' });
const page = (path: 'hosted_checkout' | 'invoice' = 'hosted_checkout') =>
  refused().tell(make.choose(path)).answer({ outcome: 'requires_action', action: 'display_details' });

describe('a success', () => {
  test('of another amount or currency than was asked for is for a person, and says both', () => {
    const less = new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true, amountMinor: 4_000 });
    expect(less.order.review).toMatchObject({ code: 'amount_mismatch', attempt: 1 });
    expect(less.said('needs_review')).toBe('alpha took 4000 EUR, the order asks for EUR 49.99');
    expect(less.said('attempt_succeeded')).toBe('EUR 40.00 reserved at alpha');
    const dollars = new Steps().answer({ outcome: 'succeeded', amountMinor: 4_999, currency: 'USD' });
    expect(dollars.said('needs_review')).toBe('alpha took 4999 USD, the order asks for EUR 49.99');
    const exact = { outcome: 'succeeded', authorizedOnly: true, amountMinor: 4_999, currency: 'EUR' } as const;
    expect(new Steps(MANUAL).answer(exact).order.review).toBeNull();
    const plain = new Steps().answer({ outcome: 'succeeded', evidence: 'yes', currency: 'EUR' });
    expect([plain.stage, plain.said('attempt_succeeded')]).toEqual(['paid', 'EUR 49.99 collected at alpha']);
    expect(plain.entries.find(({ kind }) => kind === 'attempt_succeeded')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, processor: 'alpha', evidence: 'yes' },
    });
  });

  test('found by a lookup comes with what went back of it by then', () => {
    const order = new Steps().answer({ outcome: 'unknown' }).wait(500).answer({ outcome: 'unknown' }).wait(1_500);
    order.answer({ outcome: 'unknown' }).wait(1_000);
    expect(order.command?.operation).toBe('lookup');
    order.answer({ outcome: 'succeeded', found: 'payment', refundedMinor: 999, claim: 'none' });
    expect(order.attempt().money).toMatchObject({ captured: 4_999, refunded: 999 });
  });

  test('is never unlearnt: a reserved amount stays reserved whatever comes late, until it is captured', () => {
    const order = new Steps(MANUAL).answer({ outcome: 'succeeded', authorizedOnly: true });
    for (const failureClass of ['hard_decline', 'soft_decline'] as const) {
      order.notice('payment_failed', { failureClass, forbidsInstrument: true });
    }
    order.notice('payment_authorized', { amountMinor: 4_999 });
    expect([order.stage, order.attempt().money.authorized]).toEqual(['authorized', 4_999]);
    expect(order.order.instruments[0]?.forbidden).toBeUndefined();
    expect(order.entries).toEqual([]);
    order.notice('payment_succeeded', { amountMinor: 4_999 });
    expect([order.stage, order.attempt().money.captured]).toEqual(['paid', 4_999]);
  });

  test('after a decline pays the order; another failure, or a closed page, changes nothing', () => {
    const order = refused().notice('payment_failed', { failureClass: 'soft_decline' });
    order.notice('payment_cancelled').notice('session_closed');
    expect(order.attempt()).toMatchObject({ outcome: 'declined', failureClass: 'hard_decline', fencedAt: null });
    expect(order.notice('payment_succeeded').stage).toBe('paid');
  });

  test('on a page tells what really paid; a card attempt knows its card', () => {
    const paidWith = (order: Steps, said: object) => order.answer({ outcome: 'succeeded', ...said }).attempt().paidWith;
    expect(paidWith(new Steps(), { network: 'visa', last4: '4242' })).toBeUndefined();
    const opened = (said: object) =>
      refused()
        .tell(make.choose('hosted_checkout'))
        .answer({ outcome: 'succeeded', ...said });
    expect(opened({ network: 'visa', last4: '4242' }).attempt().paidWith).toEqual({ network: 'visa', last4: '4242' });
    expect(opened({ network: 'visa' }).attempt().paidWith).toEqual({ network: 'visa' });
    expect(opened({ last4: '4242' }).attempt().paidWith).toEqual({ last4: '4242' });
    expect(opened({}).attempt().paidWith).toBeUndefined();
  });
});

describe('a decline', () => {
  const codes = { code: 'stolen', networkCode: '43', adviceCode: '03' };

  test('keeps every code, and names the document that classed it', () => {
    const order = refused();
    expect(order.attempt()).toMatchObject({ processorCode: null, networkCode: null, adviceCode: null });
    const told = new Steps().answer({ ...DECLINED, ...codes, evidence: 'declined', document: 'Visa', edition: '2026' });
    expect(told.attempt()).toMatchObject({ processorCode: 'stolen', networkCode: '43', adviceCode: '03' });
    const entry = told.entries.find(({ kind }) => kind === 'attempt_declined');
    expect(entry).toMatchObject({ actor: 'processor', attempt: 1, evidence: 'declined; Visa (2026)' });
    expect(entry?.text).toMatch(/^alpha declined: /);
    const bare = new Steps().answer({ ...DECLINED, evidence: 'declined' });
    expect(bare.entries.find(({ kind }) => kind === 'attempt_declined')?.evidence).toBe('declined');
    const unmapped = new Steps().answer({
      ...DECLINED,
      evidence: 'declined',
      document: 'x is not mapped',
      edition: '',
    });
    const { evidence } = unmapped.entries.find(({ kind }) => kind === 'attempt_declined') ?? {};
    expect(evidence).toBe('declined; x is not mapped');
    const nothing = new Steps().answer({
      outcome: 'not_executed',
      failureClass: 'unsupported',
      provedNotExecuted: true,
    });
    expect(nothing.said('attempt_not_executed')).toMatch(/^alpha did not execute: /);
  });

  test('that forbids the card forbids it under every id, once, and no other card', () => {
    const instruments = [
      make.card('ins_1'),
      make.card('ins_twin', { origin: 'saved', identity: 'card-ins_1' }),
      make.card('ins_other', { origin: 'saved' }),
    ];
    const order = new Steps({ instruments }).answer({
      ...DECLINED,
      forbidsInstrument: true,
      document: 'Visa',
      edition: '1',
    });
    const at = order.now;
    const forbidden = { since: at, attempt: 1, failureClass: 'hard_decline', source: 'Visa (1)' };
    expect(order.order.instruments.map((each) => each.forbidden)).toEqual([forbidden, forbidden, undefined]);
    expect(order.entries.find(({ kind }) => kind === 'instrument_forbidden')).toMatchObject({
      ...{ attempt: 1, evidence: 'Visa (1)', text: 'This payment method is not tried again, by anybody' },
    });
    const bare = new Steps().answer({ ...DECLINED, forbidsInstrument: true, evidence: 'declined' });
    expect(bare.order.instruments[0]?.forbidden?.source).toBe('declined');
  });

  test('of a page forbids nothing: we do not know the card', () => {
    const order = refused().tell(make.choose('hosted_checkout'));
    order.answer({ ...DECLINED, forbidsInstrument: true });
    expect(order.order.instruments.map((each) => each.forbidden)).toEqual([undefined]);
    expect(order.said('instrument_forbidden')).toBeUndefined();
  });
});

describe('the buyer’s turn', () => {
  test('is told in the words of what is open, once, and counts from the first time', () => {
    expect(page().said('buyer_action_required')).toBe('Hosted checkout is open at alpha');
    expect(page('invoice').said('buyer_action_required')).toBe('Invoice is open at alpha');
    const order = new Steps().answer({ outcome: 'requires_action' });
    expect(order.said('buyer_action_required')).toBe('alpha asks the buyer to authenticate (3DS)');
    expect(order.attempt()).toMatchObject({ action: 'authenticate', proof: { lookups: 0, absentAt: [] } });
    const since = order.attempt().proof?.since;
    order.tell(make.returned(), 1_000);
    expect(order.command?.operation).toBe('lookup');
    order.answer({ outcome: 'requires_action', found: 'payment', action: 'display_details', claim: 'none' });
    expect(order.said('buyer_action_required')).toBeUndefined();
    expect(order.attempt()).toMatchObject({ action: 'display_details', proof: { since } });
  });
});

describe('a processor at work', () => {
  test('is told of once, and waited for from the first time', () => {
    const order = new Steps().answer({ outcome: 'pending', evidence: 'pending' });
    expect(order.entries.find(({ kind }) => kind === 'payment_pending')).toMatchObject({
      ...{ actor: 'processor', attempt: 1, evidence: 'pending', text: 'alpha is working on the payment' },
    });
    const since = order.attempt().proof?.since;
    expect(order.attempt().proof).toMatchObject({ lookups: 0, absentAt: [] });
    order.wait(1_000);
    expect(order.command?.operation).toBe('lookup');
    order.answer({ outcome: 'pending', found: 'payment', claim: 'none' });
    expect(order.said('payment_pending')).toBeUndefined();
    expect(order.attempt().proof).toMatchObject({ since, lookups: 1 });
  });
});
