import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { refusalOf, unknownProcessors } from '../../contract/order.ts';
import { parseRequest } from '../../contract/parse.ts';
import type { orderViewSchema } from '../../contract/schemas/answers.ts';
import {
  collectSchema,
  commandSchema,
  listOrdersSchema,
  recoverySchema,
  resolveSchema,
} from '../../contract/schemas/orders.ts';
import { currencyCodes, currencyExponent } from '../../policy/currencies.ts';
import type { OrderView } from '../../policy/view.ts';

const order = {
  orderId: 'o-1',
  amount: { minor: 4999, currency: 'EUR' },
  paymentMethod: { token: 'sim:alpha=ok' },
};
const read = (change: Record<string, unknown>) => parseRequest(collectSchema, { ...order, ...change });

describe('the smallest order and the whole one', () => {
  test('are taken', () => {
    expect(read({}).ok).toBe(true);
    expect(
      read({
        paymentMethod: { credentials: [{ processor: 'alpha', token: 'tok_1', singleUse: true }], par: 'PAR1' },
        savedMethods: [{ token: 'sim:card=second;alpha=ok' }],
        buyer: { reference: 'buyer 7', country: 'DE', present: false },
        capture: 'manual',
        offSession: { agreement: 'recurring', mandateRef: 'm-1', networkTransactionId: 'ntx', goodsDelivered: false },
        features: ['on_behalf_of'],
        metadata: { route: 'gamma' },
        description: 'Three pairs of socks',
        returnUrl: 'https://shop.test/thanks?order=1',
        expiresAt: '2030-01-01T00:00:00+02:00',
        rulebook: 'default',
      }),
    ).toMatchObject({ ok: true, value: { expiresAt: '2029-12-31T22:00:00.000Z' } });
  });
});

describe('money', () => {
  test.each([0, -1, 10.5, '100', 2 ** 53, 1e300, null, true, [1], Number.NaN])(
    'an amount of %s is refused',
    (minor) => {
      expect(read({ amount: { minor, currency: 'EUR' } })).toMatchObject({ ok: false, code: 'request_invalid' });
    },
  );
  test.each(['eur', 'EU', 'XXX', 'XAU', 'EURO', '', 'ÄÖÜ', 978])('a currency of %s is refused', (currency) => {
    expect(read({ amount: { minor: 1, currency } })).toMatchObject({ ok: false, code: 'request_invalid' });
  });
  test('minor units of currencies without or with three decimals are whole numbers too', () => {
    expect(currencyExponent('JPY')).toBe(0);
    expect(currencyExponent('KWD')).toBe(3);
    expect(read({ amount: { minor: 100.5, currency: 'JPY' } }).ok).toBe(false);
    expect(read({ amount: { minor: 1.234, currency: 'KWD' } }).ok).toBe(false);
    expect(read({ amount: { minor: 500, currency: 'JPY', exponent: 2 } }).ok).toBe(false);
    expect(currencyCodes().length).toBeGreaterThan(150);
  });
});

describe('ids and text', () => {
  test.each(['', 'a:b', 'a/b', 'a\nb', 'a b', '💳', '\u202eabc', 'x'.repeat(41), 'x'.repeat(1_000_000), 7, null])(
    'an order id is refused: %#',
    (orderId) => {
      expect(read({ orderId })).toMatchObject({ ok: false, code: 'request_invalid' });
    },
  );
  test('unknown members are refused at every level; what is allowed is told, and a name where it reads as one', () => {
    const whole = read({ stage: 'paid', goodsDelivered: 'canary' });
    const must1 =
      /^must have no other members than orderId, amount, .*rulebook: stage, goodsDelivered are none of them$/;
    expect(whole).toMatchObject({ fields: [{ path: '$', must: expect.stringMatching(must1) }] });
    expect(JSON.stringify(whole)).not.toMatch(/paid|canary/);
    expect(parseRequest(commandSchema, { reason: 'x', evidence: 'y' })).toMatchObject({
      fields: [{ path: '$', must: 'must have no other members than reason: evidence is none of them' }],
    });
    // What else is sent as a name may be a credential, or anything.
    for (const name of ['pm_canary', 'sk_live_canary', 'canary7', 'CANARY', 'a canary', 'canary'.repeat(6), 'cAnArY']) {
      expect(JSON.stringify(read({ [name]: 1 }))).not.toMatch(/canary/i);
    }
    expect(read({ stage: 1, pm_canary: 1 })).toMatchObject({ fields: [{ must: expect.stringMatching(/: stage is/) }] });
    const must = 'must have no other members than minor, currency';
    const deep = read({ amount: { minor: 1, currency: 'EUR', pm_canary: 1 } });
    expect(deep).toMatchObject({ fields: [{ path: '$.amount', must }] });
    const inList = read({ paymentMethod: { credentials: [{ processor: 'alpha', token: 't', pm_canary: 1 }] } });
    expect(inList).toMatchObject({ fields: [{ path: '$.paymentMethod.credentials[0]' }] });
  });
  test('names that callers made up are in no path', () => {
    for (const metadata of [{ pm_canary: '' }, { 'pm canary': 'x' }, { pm_canary: '4242 4242 4242 4242' }]) {
      const answer = JSON.stringify(read({ metadata }));
      expect(answer).toContain('$.metadata');
      expect(answer).not.toContain('canary');
    }
    expect(JSON.stringify(read({ pm_canary: { deep: '4242 4242 4242 4242' } }))).not.toContain('canary');
  });
  test('messages repeat nothing that was sent', () => {
    const answer = JSON.stringify(read({ orderId: 'canary value', capture: 'canary', returnUrl: 'canary:1' }));
    expect(answer).not.toContain('canary');
  });
  test.each([
    { description: 'card 4242 4242 4242 4242' },
    { metadata: { note: '4242-4242-4242-4242' } },
    { buyer: { reference: '4242424242424242' } },
    { orderId: '4242424242424242' },
    { paymentMethod: { token: 'sim:card=4242424242424242' } },
    { paymentMethod: { credentials: [{ processor: 'alpha', token: '4242424242424242' }] } },
    { offSession: { agreement: 'recurring', mandateRef: '4242424242424242' } },
    { returnUrl: 'https://shop.test/?card=4242424242424242' },
    { cvc: '123' },
    { paymentMethod: { token: 'sim:alpha=ok', cvc: '123' } },
    { metadata: { card_number: 'x' } },
  ])('card data is refused and never echoed: %#', (change) => {
    const answer = read(change);
    expect(answer).toMatchObject({ ok: false, code: 'card_data_refused' });
    expect(JSON.stringify(answer)).not.toMatch(/4242|123/);
  });
  test.each(['a\u0000b', 'a\nb', 'a\ud800b', '\u202ereversed', ''])('text is refused: %#', (description) => {
    expect(read({ description }).ok).toBe(false);
  });
});

describe('return addresses', () => {
  test.each([
    'javascript:alert(1)',
    '//evil.test',
    'https:evil.test',
    'https:\\\\evil.test',
    'data:text/html,x',
    'ftp://shop.test',
    'https://user:pass@shop.test',
    '/thanks',
    'https://shop.test/a b',
    ' https://shop.test',
    'https://',
  ])('are refused: %s', (returnUrl) => {
    expect(read({ returnUrl })).toMatchObject({ ok: false, code: 'request_invalid' });
  });
});

describe('payment methods', () => {
  test.each([
    {},
    { token: 'tok_visa' },
    { token: 'sim:alpha=ok', credentials: [{ processor: 'alpha', token: 'x' }] },
    { credentials: [] },
    { credentials: [{ processor: 'Alpha', token: 'x' }] },
    {
      credentials: [
        { processor: 'alpha', token: 'x' },
        { processor: 'alpha', token: 'y' },
      ],
    },
    { token: 'sim:alpha=ok\n' },
    { token: 'sim:alpha=ok', last4: '42425' },
  ])('are refused: %#', (paymentMethod) => {
    expect(read({ paymentMethod }).ok).toBe(false);
  });
});

describe('what the schema cannot know', () => {
  const rules = { mode: 'test', nowMs: Date.parse('2026-01-01T00:00:00Z'), returnUrlOrigins: [] } as const;
  const parsed = (change: Record<string, unknown>) => {
    const answer = read(change);
    if (!answer.ok) throw new Error('expected a valid order');
    return answer.value;
  };
  test('an expiry in the past or beyond a year is refused', () => {
    const at = (expiresAt: string) => refusalOf(parsed({ expiresAt }), { ...rules, returnUrlOrigins: [] });
    expect(at('2025-12-31T23:59:59Z')?.path).toBe('$.expiresAt');
    expect(at('2026-01-01T00:00:00Z')?.path).toBe('$.expiresAt');
    expect(at('2027-02-01T00:00:00Z')?.path).toBe('$.expiresAt');
    expect(at('2026-01-02T00:00:00Z')).toBeNull();
  });
  test('a return address must be on the allow-list when there is one', () => {
    const from = (returnUrl: string) =>
      refusalOf(parsed({ returnUrl }), { ...rules, returnUrlOrigins: ['https://shop.test'] });
    expect(from('https://shop.test/thanks')).toBeNull();
    expect(from('https://shop.test.evil.test/')?.path).toBe('$.returnUrl');
    expect(from('http://shop.test/')?.path).toBe('$.returnUrl');
  });
  test('live mode refuses simulator tokens, test mode refuses live keys', () => {
    const live = { ...rules, mode: 'live' as const, returnUrlOrigins: [] };
    expect(refusalOf(parsed({}), live)?.code).toBe('wrong_environment');
    const liveKey = { paymentMethod: { credentials: [{ processor: 'stripe', token: 'pk_live_abc' }] } };
    expect(refusalOf(parsed(liveKey), { ...live, mode: 'test' })?.code).toBe('wrong_environment');
  });
  test('a payment method for no processor that there is is named by the places of its credentials', () => {
    const at = (...processors: string[]) => ({
      credentials: processors.map((processor) => ({ processor, token: 't' })),
    });
    const must = 'must be one of alpha, beta';
    expect(unknownProcessors(at('bta', 'stripe'), ['alpha', 'beta'])).toEqual([
      { path: '$.paymentMethod.credentials[0].processor', must },
      { path: '$.paymentMethod.credentials[1].processor', must },
    ]);
    expect(unknownProcessors(at('bta', 'beta'), ['alpha', 'beta'])).toEqual([]);
    expect(unknownProcessors({ token: 'sim:alpha=ok' }, ['alpha'])).toEqual([]);
  });
  test('a buyer cannot be present off session', () => {
    const offSession = { agreement: 'recurring', mandateRef: 'm' };
    expect(read({ offSession, buyer: { present: true } }).ok).toBe(false);
    expect(read({ offSession, buyer: { present: false } }).ok).toBe(true);
  });
});

describe('answers', () => {
  test('the schema of the API document is the type that is answered', () => {
    // Fails to compile when the two part.
    const asSchema = (view: OrderView): z.output<typeof orderViewSchema> => view;
    expect(asSchema).toBeTypeOf('function');
  });
});

describe('other bodies', () => {
  test('a recovery names what its path needs, and nothing else', () => {
    const recovery = (value: unknown) => parseRequest(recoverySchema, value).ok;
    expect(recovery({ path: 'hosted_checkout' })).toBe(true);
    expect(recovery({ path: 'new_method', paymentMethod: { token: 'sim:alpha=ok' } })).toBe(true);
    expect(recovery({ path: 'new_method' })).toBe(false);
    expect(recovery({ path: 'saved_method', instrument: 'ins_0123456789abcdef' })).toBe(true);
    expect(recovery({ path: 'saved_method' })).toBe(false);
    expect(recovery({ path: 'invoice', instrument: 'ins_0123456789abcdef' })).toBe(false);
    expect(recovery({ path: 'refund' })).toBe(false);
  });
  test('list filters are checked', () => {
    const list = (value: unknown) => parseRequest(listOrdersSchema, value);
    expect(list({ stage: 'paid,failed', limit: '5' })).toMatchObject({ ok: true, value: { limit: 5 } });
    for (const bad of [
      { stage: 'lost' },
      { class: 'bogus' },
      { limit: '0' },
      { limit: '101' },
      { limit: '1e2' },
      { order: 'x' },
    ]) {
      expect(list(bad).ok).toBe(false);
    }
  });
});

describe('a person’s word', () => {
  const said = { evidence: 'seen', reason: 'checked' };
  const question = 'q_0123456789abcdef';

  test.each([
    { attempt: 1, outcome: 'absent' },
    { attempt: 1, outcome: 'succeeded', question },
    { outcome: 'accepted' },
    { outcome: 'accepted', question },
    { outcome: 'succeeded', question },
    { attempt: 1, outcome: 'succeeded', reference: 'pay_1', amount: { minor: 1, currency: 'EUR' } },
  ])('%j is taken', (word) => {
    expect(parseRequest(resolveSchema, { ...word, ...said }).ok).toBe(true);
  });

  test.each([
    [{ outcome: 'succeeded' }, 'attempt'],
    [{ outcome: 'absent' }, 'attempt'],
    [{ attempt: 1, outcome: 'accepted', question: 'event_unmatched' }, 'question'],
    [{ attempt: 1, outcome: 'absent', reference: 'pay_1' }, 'reference'],
    [{ outcome: 'accepted', reference: 'pay_1' }, 'reference'],
    [{ attempt: 1, outcome: 'succeeded', reference: '' }, 'reference'],
    [{ attempt: 1, outcome: 'succeeded', reference: 'pay 1' }, 'reference'],
    [{ attempt: 1, outcome: 'succeeded', reference: 'p'.repeat(201) }, 'reference'],
    [{ attempt: 1, outcome: 'absent', amount: { minor: 1, currency: 'EUR' } }, 'amount'],
    [{ attempt: 1, outcome: 'succeeded', amount: { minor: 0, currency: 'EUR' } }, 'amount'],
    [{ attempt: 1, outcome: 'succeeded', amount: { minor: -1, currency: 'EUR' } }, 'amount'],
    [{ attempt: 1, outcome: 'succeeded', amount: { minor: 1.5, currency: 'EUR' } }, 'amount'],
    [{ attempt: 1, outcome: 'succeeded', amount: { minor: 1 } }, 'amount'],
  ])('%j is not', (word, member) => {
    const parsed = parseRequest(resolveSchema, { ...word, ...said });
    expect(JSON.stringify(parsed)).toContain(member);
    expect(parsed.ok).toBe(false);
  });
});
