import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_RATE_LIMIT } from '../../gateway/http/rate-limit.ts';
import { json, newOrderId, openWorld, order, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function buyerToken(orderId: string, actions?: string[]): Promise<string> {
  const response = await world.post(`/v1/orders/${orderId}/buyer-tokens`, actions === undefined ? {} : { actions });
  expect(response.status).toBe(201);
  return (await json(response)).token;
}

function signed(claims: { orderId: string; audience?: string; issuer?: string; expiresIn?: number; key?: Uint8Array }) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ merchant: world.merchantId, actions: ['view', 'pay'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(claims.issuer ?? 'recoup')
    .setAudience(claims.audience ?? 'recoup-buyer-test')
    .setSubject(claims.orderId)
    .setIssuedAt(now - 60)
    .setExpirationTime(now + (claims.expiresIn ?? 600))
    .sign(claims.key ?? world.buyerTokenKey);
}

describe('API keys', () => {
  test.each([
    ['none', null],
    ['another scheme', 'Basic abcdefgh'],
    ['an unknown key', 'Bearer rk_test_unknownunknownunknown'],
    ['a key of the other environment', 'Bearer rk_live_unknownunknownunknown'],
    ['an empty key', 'Bearer '],
    ['a very long key', `Bearer ${'x'.repeat(5000)}`],
    ['two keys', 'Bearer a b'],
  ])('%s is 401', async (_name, authorization) => {
    const headers = authorization === null ? {} : { authorization };
    const response = await world.call('/v1/orders', { apiKey: null, headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await json(response)).toMatchObject({ code: 'unauthorized', status: 401 });
  });

  test('the credential is looked at before the body', async () => {
    const response = await world.call('/v1/orders', { method: 'POST', apiKey: null, body: '{' });
    expect(response.status).toBe(401);
  });

  test('a key without the scope is 403, and nothing happens', async () => {
    const orderId = newOrderId();
    const reader = await world.newKey({ scopes: ['orders:read'] });
    const response = await world.post('/v1/orders', order(orderId), { apiKey: reader });
    expect(response.status).toBe(403);
    expect((await json(response)).code).toBe('scope_missing');
    expect((await world.call(`/v1/orders/${orderId}`, { apiKey: reader })).status).toBe(404);
    const writer = await world.newKey({ scopes: ['orders:write'] });
    expect((await world.post(`/v1/orders/${orderId}/close`, { reason: 'x' }, { apiKey: writer })).status).toBe(403);
  });

  test('an order of another merchant is answered exactly as an unknown one', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    const other = await world.newKey({ merchantId: `x${randomBytes(4).toString('hex')}` });
    const body = async (path: string) => {
      const response = await world.call(path, { apiKey: other });
      return { status: response.status, body: await json(response) };
    };
    for (const suffix of ['', '/timeline', '/explain']) {
      const theirs = await body(`/v1/orders/${orderId}${suffix}`);
      expect(theirs).toEqual(await body(`/v1/orders/${newOrderId()}${suffix}`));
      expect(theirs.status).toBe(404);
    }
    for (const [suffix, input] of [
      ['/cancel', { reason: 'x' }],
      ['/recovery', { path: 'hosted_checkout' }],
      ['/buyer-tokens', {}],
      ['/reopen', { reason: 'x' }],
    ] as const) {
      const response = await world.post(`/v1/orders/${orderId}${suffix}`, input, { apiKey: other });
      expect(response.status).toBe(404);
      expect((await json(response)).code).toBe('order_unknown');
    }
    expect((await json(world.call('/v1/orders', { apiKey: other }))).orders).toEqual([]);
    expect(await json(world.call(`/v1/orders/${orderId}`))).toMatchObject({ stage: 'paid' });
  });

  test('keys are stored hashed, and logged never', async () => {
    expect(await world.store.findApiKey(world.apiKey)).toBeNull();
    expect(world.logged()).not.toContain(world.apiKey);
  });
});

describe('buyer tokens', () => {
  test('show one order in words for its buyer', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:alpha=stolen_card;beta=stolen_card'));
    const view = await json(world.call('/v1/buyer/order', { apiKey: await buyerToken(orderId) }));
    expect(view).toMatchObject({ orderId, status: 'your_turn', amount: { minor: 4999, currency: 'EUR' } });
    expect(view.nextAction.options.length).toBeGreaterThan(0);
    expect(JSON.stringify(view)).not.toMatch(
      /alpha|beta|gamma|stolen|decline|fraud|block|failureClass|processorCode|rule/i,
    );
  });

  test('are of no use elsewhere', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    const token = await buyerToken(orderId);
    expect((await world.call(`/v1/orders/${orderId}`, { apiKey: token })).status).toBe(401);
    expect((await world.call('/v1/buyer/order', { apiKey: world.apiKey })).status).toBe(401);
  });

  test('a token to view does not pay', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:alpha=expired_card'));
    const token = await buyerToken(orderId, ['view']);
    const response = await world.post('/v1/buyer/order/recovery', { path: 'hosted_checkout' }, { apiKey: token });
    expect(response.status).toBe(403);
    const after = await json(world.call(`/v1/orders/${orderId}`));
    expect(after.stage).toBe('waiting_buyer');
  });

  test('a refusal of the payment method names no processor', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId, 'sim:alpha=expired_card'));
    const credentials = [{ processor: 'stripe', token: 'tok_1' }];
    const choice = { path: 'new_method', paymentMethod: { credentials } };
    const response = await world.post('/v1/buyer/order/recovery', choice, { apiKey: await buyerToken(orderId) });
    const body = await response.text();
    expect([response.status, JSON.parse(body)]).toMatchObject([400, { code: 'request_invalid' }]);
    expect(body).toContain('$.paymentMethod.credentials[0].processor');
    expect(body).not.toMatch(/alpha|beta|gamma/);
  });

  test('every way to forge one is 401', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    const token = await buyerToken(orderId);
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    const otherOrder = Buffer.from(payload, 'base64url').toString().replace(orderId, newOrderId());
    const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    const forged = [
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${Buffer.from(otherOrder).toString('base64url')}.${signature}`,
      `${header}.${payload}.${flipped}`,
      `${header}.${payload}`,
      await signed({ orderId, audience: 'recoup-buyer-live' }),
      await signed({ orderId, audience: 'other' }),
      await signed({ orderId, issuer: 'other' }),
      await signed({ orderId, expiresIn: -1 }),
      await signed({ orderId, key: new Uint8Array(randomBytes(32)) }),
    ];
    for (const [index, each] of forged.entries()) {
      const response = await world.call('/v1/buyer/order', { apiKey: each });
      expect(response.status, `forgery ${index}`).toBe(401);
      expect((await json(response)).code).toBe('unauthorized');
    }
    expect((await world.call('/v1/buyer/order', { apiKey: await signed({ orderId }) })).status).toBe(200);
    expect(world.logged()).not.toContain(payload);
  });

  test('live for 15 minutes', async () => {
    const orderId = newOrderId();
    await world.post('/v1/orders', order(orderId));
    const minted = await json(world.post(`/v1/orders/${orderId}/buyer-tokens`, {}));
    const leftMs = Date.parse(minted.expiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan(14 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(15 * 60_000);
  });
});

describe('rate limit', () => {
  test('is what callers are promised', () => {
    expect(DEFAULT_RATE_LIMIT).toEqual({ perSecond: 100, burst: 200 });
  });

  test('a burst beyond the limit is 429 with Retry-After, for this key only', async () => {
    const small = await openWorld({ rateLimit: { perSecond: 1, burst: 20 } });
    try {
      const answers = await Promise.all(Array.from({ length: 60 }, () => small.call('/v1/orders')));
      const limited = answers.filter(({ status }) => status === 429);
      expect(limited.length).toBeGreaterThan(0);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
      expect(limited[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const other = await small.newKey({ merchantId: 'other' });
      expect((await small.call('/v1/orders', { apiKey: other })).status).toBe(200);
    } finally {
      await small.close();
    }
  });
});
