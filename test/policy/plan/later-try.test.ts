import { describe, expect, test } from 'vitest';
import type { CeilingReading } from '../../../policy/decision.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { due } from './due.ts';

const { DAY_MS } = make;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
const OTHER_CARD = make.choose('new_method', make.card('ins_2', { origin: 'buyer' }));
const OPENED_MS = Date.parse(make.newOrder().openedAt);
const atMs = (ms: number) => new Date(OPENED_MS + ms).toISOString();

const mandate = (more: object = {}) => new Steps({ facts: make.MANDATE, ...more });
/** Declined for now by both processors: later tries follow. */
const waiting = (more: object = {}) => mandate(more).answer(SOFT).answer(SOFT);

/** A ceiling that the card has reached, until then. */
function reachedUntil(ms: number): CeilingReading {
  const told = { name: 'a ceiling', used: 10, limit: 10, document: 'a document', edition: '2026' };
  return { ...told, identity: 'card-ins_1', windowEndsAt: atMs(ms) };
}

describe('a later try', () => {
  test('is planned, and the merchant is told when', () => {
    const order = waiting();
    const retryAt = atMs(DAY_MS + 10);
    expect(order.order.retryAt).toMatchObject({ at: retryAt, instrumentId: 'ins_1', reason: 'schedule', number: 1 });
    const told = { type: 'order.retry_scheduled', at: order.now, retryAt, cause: 'later try 1' };
    expect(order.events).toContainEqual(expect.objectContaining(told));
  });

  test('is an attempt of a round of its own, without a challenge; nobody is asked for it', () => {
    const order = waiting();
    order.untilSent();
    expect(order.attempt(3)).toMatchObject({ round: 2, startedBy: 'schedule', challenge: false, processor: 'alpha' });
    expect(order.order).toMatchObject({ askedBuyer: false, window: null, retryAt: null });
    expect([order.stage, order.answer(SOFT).attempt(4).processor]).toEqual(['attempting', 'beta']);
  });

  test('is made with the card that the mandate was given for, whatever else the order knows', () => {
    const instruments = [make.card('saved', { origin: 'saved' }), make.card('own')];
    expect(waiting({ instruments }).order.retryAt).toMatchObject({ instrumentId: 'own' });
  });

  test('is made also when the buyer’s other card was declined for good meanwhile', () => {
    const order = waiting().tell(OTHER_CARD).answer(HARD);
    expect(order.order.retryAt).toMatchObject({ instrumentId: 'ins_1', reason: 'schedule' });
  });

  test('is not made after the buyer has gone to a page: then the buyer is asked', () => {
    const order = waiting().tell(make.choose('hosted_checkout')).answer({ outcome: 'requires_action' });
    order.notice('session_closed');
    expect([order.stage, order.order.retryAt]).toEqual(['waiting_buyer', null]);
  });

  test('is made where no processor could be reached', () => {
    const order = mandate();
    for (let sends = 0; sends < 6; sends += 1) {
      order.answer(BUSY).untilSent();
      if (order.order.attempts.length > 2) break;
    }
    expect(order.attempt(3).startedBy).toBe('schedule');
  });

  test('is not made of what was never tried, for another reason than the card’s ceiling', () => {
    const order = mandate({ facts: { ...make.MANDATE, notAfter: atMs(-1) } });
    expect([order.order.attempts, order.order.retryAt, order.stage]).toEqual([[], null, 'waiting_buyer']);
  });

  test('is not made after the card’s last attempt was closed: what came before it is over', () => {
    const order = mandate().answer(SOFT).answer({ outcome: 'unknown' }).notice('payment_cancelled');
    expect([order.order.retryAt, order.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('waits for its processors where all of them are down, with a buyer who is there and has an answer, too', () => {
    const facts = { ...make.MANDATE, buyer: { present: true }, notAfter: atMs(20_000) };
    const order = waiting({ facts });
    const downUntil = atMs(2 * DAY_MS);
    const health = ['alpha', 'beta'].map((processor) => ({ processor, downUntil }));
    const { retryAt } = due(order, { health }).order;
    expect(retryAt).toMatchObject({ reason: 'processor_down', number: 1, instrumentId: 'ins_1', at: downUntil });
  });
});

describe('held by support', () => {
  test('what is planned stays planned, and is not made when its time comes', () => {
    const order = waiting().tell(make.hold()).notice('unknown_type');
    expect([order.stage, order.order.window]).toEqual(['retry_scheduled', null]);
    order.wait(2 * DAY_MS).notice('unknown_type');
    expect([order.command, order.order.attempts.length, order.order.retryAt?.reason]).toEqual([null, 2, 'schedule']);
    order.tell(make.release());
    expect(order.command).toMatchObject({ operation: 'charge', attempt: 3 });
  });
});

describe('a reached ceiling', () => {
  test('moves a later try that lies in its window to the end of that', () => {
    const order = mandate()
      .answer(SOFT)
      .answer({ ...SOFT, ceilings: [reachedUntil(2 * DAY_MS)] });
    expect(order.order.retryAt).toMatchObject({ at: atMs(2 * DAY_MS), reason: 'ceiling', number: 1 });
  });

  test('leaves one that comes after it where it is', () => {
    const order = mandate()
      .answer(SOFT)
      .answer({ ...SOFT, ceilings: [reachedUntil(DAY_MS / 2)] });
    expect(order.order.retryAt).toMatchObject({ at: atMs(DAY_MS + 10), reason: 'schedule' });
  });

  test('is waited for also when the rule’s times are over by then', () => {
    const order = waiting()
      .tell(make.hold())
      .wait(8 * DAY_MS);
    const held = { ...order.order, hold: null };
    const now = order.now;
    const { retryAt } = due(order, { order: held, now, ceilings: [reachedUntil(9 * DAY_MS)] }).order;
    expect(retryAt).toMatchObject({ at: atMs(9 * DAY_MS), reason: 'ceiling' });
    expect(due(order, { order: held, now }).order.retryAt).toBeNull();
  });

  test('is no reason for a later try with a card that time does not heal', () => {
    const order = mandate().answer({ ...HARD, ceilings: [reachedUntil(2 * DAY_MS)] });
    expect([order.order.retryAt, order.stage]).toEqual([null, 'waiting_buyer']);
  });

  test('that the claim finds is waited for by an order that has not tried once', () => {
    const refused = { sent: false, claim: 'ceiling', outcome: 'not_executed', provedNotExecuted: true } as const;
    const order = mandate().answer({ ...refused, ceilings: [reachedUntil(2 * DAY_MS)] });
    expect(order.order.retryAt).toMatchObject({ at: atMs(2 * DAY_MS), reason: 'ceiling', number: 1 });
    const untold = mandate().answer(refused);
    expect(untold.order.retryAt).toMatchObject({ reason: 'schedule', number: 1 });
  });
});
