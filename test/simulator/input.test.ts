import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulator } from '../../simulator/server.ts';
import { settingsOf } from '../../simulator/settings.ts';
import { charge, SECRET, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

test.each([
  { amountMinor: 0 },
  { amountMinor: -1 },
  { amountMinor: 10.5 },
  { amountMinor: '100' },
  { amountMinor: 2 ** 53 },
  { amountMinor: null },
  { currency: 'eur' },
  { currency: 'EURO' },
  { orderId: '' },
  { orderId: 'a/b' },
  { orderId: 'x'.repeat(100) },
  { orderId: { $gt: '' } },
  { attempt: 0 },
  { capture: 'true' },
  { capture: undefined },
  { features: 'on_behalf_of' },
  { metadata: { a: 1 } },
  { metadata: [] },
  { returnUrl: 'javascript:alert(1)' },
  { returnUrl: '/relative' },
  { token: null },
  { token: 'tok_visa' },
  { token: 'sim:delta=ok' },
  { token: 'sim:alpha=' },
  { token: 'sim:alpha=timeout_chargd' },
  { token: 'sim:alpha=slow_x' },
  { token: 'sim:alpha=ok;alpha=ok' },
  { token: 'sim:refund=maybe' },
  { token: 'sim:brand=diners' },
  { token: 'sim:alpha=do_not_honor@mac' },
  { token: `sim:alpha=${'ok,'.repeat(1000)}ok` },
])('a charge with %j is a 400 that changes nothing', async (change) => {
  const answer = await world.post('alpha', '/v1/payments', 'bad', { ...charge('bad', 'sim:'), ...change });
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatchObject({ executed: false, message: expect.any(String) });
  expect(await world.ledger('bad')).toEqual([]);
});

test.each(['', 'null', '[]', '"x"', '{"a":', '\u0000', '{"__proto__":{"a":1}}', '['.repeat(30_000)])(
  'the body %j is a 400',
  async (body) => {
    const headers = { 'idempotency-key': 'bad' };
    for (const path of ['/v1/payments', '/v1/voids', '/v1/refunds', '/v1/hosted-sessions', '/v1/invoices/close']) {
      const answer = await fetch(`${world.simulator.processors.alpha}${path}`, { method: 'POST', headers, body });
      expect(answer.status).toBe(400);
    }
  },
);

test('a body over 64 KiB is a 413', async () => {
  const answer = await world.pay('alpha', 'big', 'sim:', 'big', { description: 'x'.repeat(70_000) });
  expect(answer).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } });
});

test.each(['x'.repeat(256), 'é'])('the key %s is a 400', async (key) => {
  expect((await world.pay('alpha', 'key', 'sim:', key)).body.error.code).toBe('idempotency_key_invalid');
});

test('unknown paths, pages and references are 404, wrong methods 405', async () => {
  for (const path of [
    '/nothing',
    '/v1/payments/alpha_pay_x',
    '/v1/hosted-sessions/x',
    '/pages/3ds/x',
    '/pages/hosted/x',
  ]) {
    expect((await world.get('alpha', path)).status).toBe(404);
  }
  expect((await world.get('alpha', '/v1/voids')).status).toBe(405);
  expect((await world.get('alpha', '/v1/payments/%ff')).status).toBe(400);
  const { body } = await world.pay('alpha', 'foreign', 'sim:', 'foreign');
  expect((await world.get('beta', `/v1/payments/${body.reference}`)).status).toBe(404);
});

test('a page shows nothing that could be script, and may not be framed', async () => {
  const { body } = await world.pay('alpha', 'page', 'sim:alpha=3ds_ok', 'page');
  const page = await fetch(body.url);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  const bad = await fetch(body.url, { method: 'POST', body: new URLSearchParams({ decision: 'steal' }) });
  expect(bad.status).toBe(400);
});

test.each([
  [{ SIMULATOR_PORT: '70000' }, 'SIMULATOR_PORT'],
  [{ SIMULATOR_BETA_PORT: 'x' }, 'SIMULATOR_BETA_PORT'],
  [{ RECOUP_TIME_SCALE: '0' }, 'RECOUP_TIME_SCALE'],
  [{ SIMULATOR_WEBHOOK_URL: 'nowhere' }, 'SIMULATOR_WEBHOOK_URL'],
])('the setting %j is refused by name', (environment, name) => {
  expect(() => settingsOf(environment)).toThrow(name);
});

test.each([null, 'whsec_c2hvcnQ=', 'not base64 at all, but long enough'])(
  'webhooks with the secret %s are refused, and the value is not repeated',
  async (webhookSecret) => {
    const starting = startSimulator({ webhookUrl: 'http://127.0.0.1:9/hooks', webhookSecret });
    await expect(starting).rejects.toThrow(/^SIMULATOR_WEBHOOK_SECRET(?!.*(c2hvcnQ|not base64))/);
  },
);

test('a taken port is refused, and nothing is left open', async () => {
  const port = Number(new URL(world.simulator.url).port);
  await expect(startSimulator({ port, webhookSecret: SECRET })).rejects.toThrow('EADDRINUSE');
});
