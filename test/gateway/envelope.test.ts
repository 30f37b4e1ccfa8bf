import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallInput, json, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ returnUrlOrigins: ['https://shop.test'] });
});
afterAll(() => world.close());

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends bytes exactly as they are and expects a problem; then looks that nothing was started. */
async function refused(body: string | Uint8Array, status: number, code: string, input: CallInput = {}) {
  const before = (await json(world.call('/v1/orders'))).orders.length;
  const headers = { ...JSON_TYPE, 'idempotency-key': `k-${newOrderId()}`, ...input.headers };
  const response = await world.call('/v1/orders', { method: 'POST', body, ...input, headers });
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(text);
  expect({ status: response.status, code: problem.code }).toEqual({ status, code });
  expect(problem.docUrl).toBe(`${world.url}/docs/errors/${code}`);
  expect((await json(world.call('/v1/orders'))).orders).toHaveLength(before);
  return text;
}

const with_ = (change: Record<string, unknown>) => JSON.stringify(order(newOrderId(), 'sim:alpha=ok', change));

describe('envelope', () => {
  test.each([
    ['empty', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['truncated', '{"orderId":"o-1"'],
    ['not JSON', 'orderId=o-1'],
    ['a member twice', '{"orderId":"o-1","orderId":"o-2"}'],
    ['a member twice, spelled differently', '{"orderId":"o-1","order\\u0049d":"o-2"}'],
    ['a member twice, deep inside', '{"metadata":{"a":"1","b":"2","a":"3"}}'],
    ['__proto__', '{"__proto__":{"stage":"paid"}}'],
    ['10,000 levels of arrays', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ['10,000 levels of objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['a raw NUL', '{"orderId":"o\u0000"}'],
    ['two objects', '{}{}'],
    ['a comment', '{/* */}'],
  ])('%s is refused', async (_name, body) => {
    await refused(body, 400, 'json_invalid');
  });

  test('invalid UTF-8 is refused', async () => {
    await refused(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 400, 'json_invalid');
    await refused(new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), 400, 'json_invalid');
  });

  test('a body over 64 KiB is refused, with and without Content-Length', async () => {
    const large = with_({ description: 'x'.repeat(70_000) });
    await refused(large, 413, 'body_too_large');
    const response = await fetch(`${world.url}/v1/orders`, {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Bearer ${world.apiKey}`, 'idempotency-key': 'k' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
  ])('a body of type %s is refused', async (type) => {
    await refused(with_({}), 415, 'content_type_unsupported', { headers: { 'content-type': type } });
  });

  test('a body of no type is refused', async () => {
    const response = await world.call('/v1/orders', {
      method: 'POST',
      body: new TextEncoder().encode(with_({})),
      headers: { 'idempotency-key': 'k' },
    });
    expect(response.status).toBe(415);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('the method %s is refused with Allow', async (method) => {
    for (const [path, allow] of [
      ['/v1/orders', 'GET, HEAD, POST'],
      ['/v1/orders/o-1', 'GET, HEAD'],
      ['/v1/orders/o-1/cancel', 'POST'],
      ['/v1/webhooks/alpha', 'POST'],
    ] as const) {
      const response = await world.call(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe(allow);
      expect((await json(response)).code).toBe('method_not_allowed');
    }
  });

  test('an unknown path is a problem too', async () => {
    const response = await world.call('/v1/nothing');
    expect(response.status).toBe(404);
    expect(await json(response)).toMatchObject({ code: 'path_unknown', status: 404 });
  });

  test('unknown members are refused', async () => {
    await refused(with_({ stage: 'paid' }), 400, 'request_invalid');
    await refused(with_({ amount: { minor: 1, currency: 'EUR', captured: 1 } }), 400, 'request_invalid');
  });

  test('headers keep browsers from doing anything with answers', async () => {
    const { headers } = await world.call('/v1/orders');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('what is kept of a request', () => {
  test('no address’s query, no header and no body is logged', async () => {
    await world.call('/v1/orders?stage=canary-query', { headers: { 'x-other': 'canary-header' } });
    await refused('{"canary-body":', 400, 'json_invalid');
    await world.call('/v1/orders', { apiKey: 'canary-credential-canary' });
    expect(world.logged()).toContain('/v1/orders');
    expect(world.logged()).not.toContain('canary');
  });

  test('a page of another origin may not read answers', async () => {
    const response = await world.call('/v1/orders', { headers: { origin: 'https://evil.test' } });
    for (const [name] of response.headers) expect(name).not.toMatch(/^access-control-/);
  });
});

describe('money and ids', () => {
  test.each(['0', '-1', '1e3', '1E3', '10.5', '10.0', '"100"', '9007199254740992', '1e400', 'null', 'true', '-0'])(
    'an amount written %s is refused',
    async (minor) => {
      const body = with_({ amount: { minor: 'HERE', currency: 'EUR' } }).replace('"HERE"', minor);
      await refused(body, 400, 'request_invalid');
    },
  );

  test.each([
    { minor: 100, currency: 'eur' },
    { minor: 100, currency: 'XXX' },
    { minor: 100, currency: 'EURO' },
    { minor: 100, currency: 'JPY', exponent: 2 },
    { minor: 1, currency: 'KWD', exponent: 2 },
  ])('the money %j is refused', async (amount) => {
    await refused(with_({ amount }), 400, 'request_invalid');
  });

  test.each(['', 'a:b', 'a/b', 'a\nb', '💳', '\u202ecba', 'ا', 'x'.repeat(41), '..', 'a b', 'a%2Fb'])(
    'the order id %j is refused',
    async (orderId) => {
      await refused(JSON.stringify(order(orderId)), 400, 'request_invalid');
    },
  );

  test('an order id of 1 MB is refused', async () => {
    await refused(JSON.stringify(order('x'.repeat(1_000_000))), 413, 'body_too_large');
  });

  test('an id in a path that no order can have is an unknown order', async () => {
    for (const id of ['a%3Ab', 'a%0Ab', '%F0%9F%92%B3', 'x'.repeat(41), '%00', '%E0%A4%A', '..%2f..%2fetc']) {
      const response = await world.call(`/v1/orders/${id}`);
      expect(response.status, id).toBe(404);
      expect((await json(response)).code).toBe('order_unknown');
    }
  });

  test('the same order with another amount, currency or capture is a conflict, and nothing is charged for it', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    for (const change of [
      { amount: { minor: 5000, currency: 'EUR' } },
      { amount: { minor: 4999, currency: 'USD' } },
      { capture: 'manual' },
    ]) {
      const response = await world.post('/v1/orders', order(orderId, 'sim:alpha=ok', change));
      expect(response.status).toBe(409);
      expect((await json(response)).code).toBe('order_conflict');
    }
    const order_ = await json(world.call(`/v1/orders/${orderId}`));
    expect(order_).toMatchObject({ stage: 'paid', amount: { minor: 4999, currency: 'EUR' } });
    const ledger = await json(fetch(`${world.simulator.url}/ledger?orderId=${orderId}&merchantId=${world.merchantId}`));
    expect(ledger.entries).toHaveLength(1);
  });

  test.each([
    { description: '4242424242424242' },
    { description: 'my card is 4242 4242 4242 4242.' },
    { metadata: { note: '4242-4242-4242-4242' } },
    { metadata: { '4242424242424242': 'x' } },
    { buyer: { reference: '378282246310005' } },
    { paymentMethod: { token: 'sim:alpha=ok', cvc: '987' } },
    { cvv: '987' },
    { '4242424242424242': 'x' },
  ])('card data is refused, never echoed and never logged: %#', async (change) => {
    const text = await refused(with_(change), 400, 'card_data_refused');
    for (const secret of ['4242424242424242', '4242 4242', '4242-4242', '378282246310005', '987']) {
      expect(text).not.toContain(secret);
    }
    expect(world.logged()).not.toMatch(/4242[ -]?4242|378282246310005/);
  });

  test.each(['javascript:alert(1)', '//evil.test/x', 'https://evil.test/', 'https://shop.test.evil.test/', 'data:,x'])(
    'the return address %s is refused',
    async (returnUrl) => {
      await refused(with_({ returnUrl }), 400, 'request_invalid');
    },
  );

  test('other bad fields are named and not repeated', async () => {
    const text = await refused(with_({ capture: 'canary-value', expiresAt: 'canary-value' }), 400, 'request_invalid');
    expect(text).not.toContain('canary');
    expect(
      JSON.parse(text)
        .fields.map((field: { path: string }) => field.path)
        .sort(),
    ).toEqual(['$.capture', '$.expiresAt']);
  });

  test('an expiry that is over, an unknown rulebook and a live credential are refused', async () => {
    await refused(with_({ expiresAt: '2020-01-01T00:00:00Z' }), 400, 'request_invalid');
    await refused(with_({ rulebook: 'nobody-published-this' }), 400, 'rulebook_unknown');
    const paymentMethod = { credentials: [{ processor: 'stripe', token: 'sk_live_abc' }] };
    await refused(with_({ paymentMethod }), 400, 'wrong_environment');
  });

  test.each([
    ['/recovery', { path: 'new_method' }],
    ['/recovery', { path: 'steal' }],
    ['/cancel', {}],
    ['/cancel', { reason: '' }],
    ['/cancel', { reason: 'x', stage: 'paid' }],
    ['/resolve', { attempt: 0, outcome: 'succeeded', evidence: 'e', reason: 'r' }],
    ['/resolve', { attempt: 1, outcome: 'paid', evidence: 'e', reason: 'r' }],
    ['/resolve', { outcome: 'succeeded', evidence: 'e', reason: 'r' }],
    ['/resolve', { attempt: 1, question: 'event_unmatched', outcome: 'accepted', evidence: 'e', reason: 'r' }],
    ['/resolve', { attempt: 1, outcome: 'absent', evidence: 'e', reason: 'r', reference: 'pay_1' }],
    [
      '/resolve',
      { attempt: 1, outcome: 'succeeded', evidence: 'e', reason: 'r', amount: { minor: 0, currency: 'EUR' } },
    ],
    ['/buyer-tokens', { actions: ['refund'] }],
  ])('%s with %j is refused', async (suffix, body) => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:alpha=expired_card;beta=expired_card'));
    const before = await json(world.call(`/v1/orders/${orderId}`));
    const response = await world.post(`/v1/orders/${orderId}${suffix}`, body);
    expect(response.status).toBe(400);
    expect(await json(world.call(`/v1/orders/${orderId}`))).toEqual(before);
  });

  test.each(['?stage=lost', '?limit=0', '?limit=1e2', '?unknown=1', '?limit=1&limit=2', '?cursor=%00', '?cursor=abc'])(
    'the list filter %s is refused',
    async (query) => {
      const response = await world.call(`/v1/orders${query}`);
      expect(response.status).toBe(400);
      expect((await json(response)).code).toBe('request_invalid');
    },
  );
});
