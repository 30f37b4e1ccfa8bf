import { describe, expect, test } from 'vitest';
import type { OrderEvent } from '../../../policy/events.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const TIMEOUT = { outcome: 'unknown' } as const;
const CLOSED = { outcome: 'succeeded', found: 'closed' } as const;
const { buyerPatienceMs } = DEFAULT_RULEBOOK.rules[0]?.windows ?? { buyerPatienceMs: Number.NaN };

const newCard = (id: string, last4: string) =>
  make.choose('new_method', make.card(id, { origin: 'buyer', network: 'visa', last4 }));

/** The buyer was patient, chose this, and it waits: nobody has confirmed that the first attempt is closed. */
const waiting = (first: OrderEvent) =>
  new Steps()
    .answer(TIMEOUT)
    .tell(first, buyerPatienceMs)
    .answer({ ...TIMEOUT, found: 'no_answer' });

describe('a choice that waits, and then another one', () => {
  test('the timeline says which one was replaced, and the second is what runs', () => {
    const order = waiting(newCard('ins_2', '1111'));
    const { seq } = order.order;
    order.tell(make.choose('hosted_checkout'));
    expect(order.entries.filter(({ kind }) => kind === 'buyer_choice')).toEqual([
      expect.objectContaining({
        seq: seq + 1,
        actor: 'buyer',
        text: 'Chose hosted_checkout instead of new_method (visa •1111), which still waited',
      }),
    ]);
    order.untilSent();
    expect(order.answer(CLOSED).attempt(2).kind).toBe('hosted_checkout');
  });

  test('of two cards each is named', () => {
    const order = waiting(newCard('ins_2', '1111')).tell(newCard('ins_3', '2222'));
    const text = 'Chose new_method (visa •2222) instead of new_method (visa •1111), which still waited';
    expect(order.said('buyer_choice')).toBe(text);
  });

  test('the same once more replaces nothing', () => {
    const order = waiting(make.choose('invoice')).tell(make.choose('invoice'));
    expect(order.said('buyer_choice')).toBe('Chose invoice once more: it still waits');
    expect(order.order.choice?.path).toBe('invoice');
  });

  test('said again by the same message it is one line', () => {
    const order = waiting(newCard('ins_2', '1111'));
    const second = make.choose('hosted_checkout');
    expect(order.tell(second).said('buyer_choice')).toBeDefined();
    const { seq } = order.order;
    expect([order.tell(second).said('buyer_choice'), order.order.seq]).toEqual([undefined, seq]);
  });

  test('a first choice replaces nothing', () => {
    const order = new Steps().answer(TIMEOUT).tell(newCard('ins_2', '1111'), buyerPatienceMs);
    expect(order.said('buyer_choice')).toBe('Chose new_method');
  });
});
