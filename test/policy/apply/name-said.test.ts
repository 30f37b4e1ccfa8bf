import { describe, expect, test } from 'vitest';
import { moneyOf, provenReference } from '../../../policy/facts.ts';
import { refuseResolve } from '../../../policy/refusals.ts';
import { openReviews } from '../../../policy/reviews.ts';
import type { Sheet } from '../../../policy/sheet.ts';
import * as make from '../decide/fixtures.ts';
import { Steps } from './steps.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', evidence: 'timeout' } as const;
const CHARGE = { key: '1/charge/0', amountMinor: AMOUNT } as const;
const asked = ({ order }: Steps) => openReviews(order).map(({ code, about }) => `${code}: ${about}`);
const texts = ({ entries }: Steps) => entries.map(({ text }) => text);

const names = (reference: string) => make.resolve(1, 'succeeded', undefined, { reference });
/** Its first answer was lost, and a person said that it is there, by a name. */
const said = (reference: string, options: make.OrderOptions & { sheets?: Sheet[] } = {}) =>
  new Steps(options).answer(TIMEOUT).tell(names(reference));

describe('a person said the name of a payment, and the processor tells of it under the attempt’s own key', () => {
  test('as they said: nobody is asked, and it is the processor’s name from then on', () => {
    const order = said('pay_1').notice('payment_succeeded', { ...CHARGE, reference: 'pay_1' });
    expect([order.stage, asked(order)]).toEqual(['paid', []]);
    order.notice('payment_succeeded', { ...CHARGE, reference: 'pay_2' });
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1' });
    expect(asked(order)).toEqual(['event_unmatched: alpha pay_2']);
  });

  test('by another name: that is its name, its money counts once, and the name that was said is asked about', () => {
    const order = said('pay_typo').notice('payment_succeeded', { ...CHARGE, reference: 'pay_1' });
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1' });
    expect(texts(order)).toContain('alpha knows the payment of attempt 1 as pay_1, and a person had said pay_typo');
    expect(asked(order)).toEqual(['event_unmatched: alpha pay_typo']);
    order.notice('refund_succeeded', { attempt: 9, reference: 'pay_1', key: 'by hand', amountMinor: 1_000 });
    expect(moneyOf(order.order)).toMatchObject({ captured: AMOUNT, refunded: 1_000, held: 0 });
    order.tell(make.accept(order.order));
    expect(asked(order)).toEqual([]);
  });

  test('by a lookup as well', () => {
    const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null } }) }).answer(TIMEOUT);
    order.untilSent();
    expect(order.command?.operation).toBe('lookup');
    order.tell(make.resolve(1, 'succeeded', undefined, { reference: 'pay_typo' }));
    order.answer({ outcome: 'succeeded', found: 'payment', key: CHARGE.key, reference: 'pay_1', amountMinor: AMOUNT });
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1' });
    expect(asked(order)).toEqual(['event_unmatched: alpha pay_typo']);
  });
});

test('under any other key, or none, it is another payment: whose it is a person says', () => {
  for (const key of ['theirs', undefined]) {
    const order = said('pay_1').notice('payment_succeeded', {
      ...(key === undefined ? {} : { key }),
      reference: 'pay_2',
      amountMinor: AMOUNT,
    });
    expect(order.attempt(1)).toMatchObject({ reference: 'pay_1', tookAs: 'pay_1' });
    expect(asked(order)).toEqual(['event_unmatched: alpha pay_2']);
  }
});

test('a name that the processor told is no person’s: another one under the same key is another payment', () => {
  const order = new Steps().answer({ outcome: 'succeeded', amountMinor: AMOUNT, reference: 'pay_1' });
  order.notice('payment_succeeded', { ...CHARGE, reference: 'pay_2' });
  expect(order.attempt(1)).toMatchObject({ reference: 'pay_1' });
  expect(asked(order)).toEqual(['event_unmatched: alpha pay_2']);
});

describe('a name that only a person said is for notices', () => {
  test('its processor is neither asked nor told to do anything by it, before it has told of it itself', () => {
    const order = said('pay_1');
    expect([order.attempt(1).reference, provenReference(order.attempt(1))]).toEqual(['pay_1', null]);
    order.notice('payment_succeeded', { ...CHARGE, reference: 'pay_1' });
    expect(provenReference(order.attempt(1))).toBe('pay_1');
  });

  test('so what has to go back of it is a person’s, where the processor can be asked by reference alone', () => {
    const sheets = make.sheetsWith({ alpha: { idempotency: null, lookup: null } });
    const order = said('pay_1', { sheets }).tell(make.cancel());
    const more = { amount: { minor: AMOUNT + 1, currency: 'EUR' }, reference: 'pay_1' };
    const surplus = new Steps({ sheets }).answer(TIMEOUT).tell(make.resolve(1, 'succeeded', undefined, more));
    expect(order.stage).toBe('paid');
    expect([surplus.command, asked(surplus)]).toEqual([null, ['surplus: undefined']]);
    expect(texts(surplus)).toContain('Only a person knows the payment that holds EUR 0.01: it goes back by hand');
  });

  test('and what may be reserved has none: it is captured by its name', () => {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(TIMEOUT);
    expect(refuseResolve(order.order, names('pay_1'))?.message).toMatch(/named by alpha alone/);
    expect(refuseResolve(order.order, make.resolve(1, 'succeeded'))).toBeNull();
  });
});
