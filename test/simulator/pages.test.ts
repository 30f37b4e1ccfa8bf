import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Body, eventually, submit, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

const BACK = 'https://shop.example/return?order=1';

describe('3DS', () => {
  const challenge = (orderId: string, token: string, more: Body = {}) =>
    world.pay('alpha', orderId, token, orderId, more);
  const goOn = (orderId: string, key: string, reference: string) =>
    world.post('alpha', '/v1/continuations', key, { merchantId: 'default', orderId, reference });

  test('3ds_ok: the money moves when the buyer completes the page, who then goes back to the shop', async () => {
    const { body } = await challenge('t1', 'sim:alpha=3ds_ok', { returnUrl: BACK });
    expect(body).toMatchObject({ status: 'requires_action', capturedMinor: 0 });
    expect(await (await fetch(body.url)).text()).toContain('<form method="post">');
    expect((await goOn('t1', 't1c', body.reference)).body.payment.status).toBe('requires_action');
    expect((await world.lines('t1'))[0]).toBe('charge t1 none 4999 x1');
    expect(await submit(body.url, { decision: 'authenticate' })).toMatchObject({ status: 303, location: BACK });
    expect((await goOn('t1', 't1c', body.reference)).body.payment).toMatchObject({
      status: 'captured',
      authentication: 'challenged',
    });
    expect(await world.lines('t1')).toEqual(['charge t1 captured 4999 x1', 'continue_authentication t1c none 4999 x2']);
    await eventually(() => world.sink.types('t1')).toEqual(['payment.captured']);
    expect(await submit(body.url)).toMatchObject({ status: 303, location: BACK });
    expect((await world.lines('t1'))[0]).toBe('charge t1 captured 4999 x1');
  });

  test.each([
    ['3ds_failed', {}, 'authentication_failed', 'failed'],
    ['3ds_abandoned', {}, 'authentication_abandoned', 'abandoned'],
    ['3ds_ok_declined', {}, 'do_not_honor', 'challenged'],
    ['3ds_ok', { decision: 'fail' }, 'authentication_failed', 'failed'],
    ['3ds_ok', { decision: 'abandon' }, 'authentication_abandoned', 'abandoned'],
    ['3ds_failed', { decision: 'authenticate' }, 'authentication_failed', 'failed'],
  ])('%s with %j ends as %s', async (outcome, fields, code, authentication) => {
    const order = `${outcome}_${Object.values(fields)[0] ?? 'none'}`;
    const { body } = await challenge(order, `sim:alpha=${outcome}`);
    expect((await submit(body.url, fields)).status).toBe(200);
    expect((await world.lookup('alpha', order)).result).toMatchObject({
      status: 'declined',
      code,
      authentication,
      url: null,
    });
    expect(await world.lines(order)).toEqual([`charge ${order} none 4999 x1`]);
    await eventually(() => world.sink.types(order)).toEqual(['payment.declined']);
  });

  test('3ds_abandoned gives up by itself', async () => {
    await challenge('t3', 'sim:alpha=3ds_abandoned');
    await eventually(() => world.sink.types('t3')).toEqual(['payment.declined']);
    expect((await world.lookup('alpha', 't3')).result.authentication).toBe('abandoned');
  });

  test('a void fences a challenge: the buyer can no longer pay', async () => {
    const { body } = await challenge('t4', 'sim:alpha=3ds_ok');
    const fence = { merchantId: 'default', orderId: 't4', reference: body.reference };
    expect((await world.post('alpha', '/v1/voids', 't4v', fence)).body.payment.status).toBe('voided');
    expect((await submit(body.url)).status).toBe(410);
    expect(await world.lines('t4')).toEqual(['charge t4 none 4999 x1', 'void t4v voided 4999 x1']);
  });

  test('what was fenced does not give up by itself any more', async () => {
    const { body } = await challenge('t6', 'sim:alpha=3ds_abandoned');
    await world.post('alpha', '/v1/voids', 't6v', { merchantId: 'default', orderId: 't6', reference: body.reference });
    // Begun later, so that its end tells that the time of the first is over.
    await challenge('t7', 'sim:alpha=3ds_abandoned');
    await eventually(() => world.sink.types('t7')).toEqual(['payment.declined']);
    expect(world.sink.types('t6')).toEqual(['payment.voided']);
    expect((await world.lookup('alpha', 't6')).result.status).toBe('voided');
  });

  test('an authorization with a challenge is authorized after it', async () => {
    const { body } = await challenge('t5', 'sim:alpha=3ds_ok', { capture: false });
    await submit(body.url);
    expect(await world.lines('t5')).toEqual(['authorize t5 authorized 4999 x1']);
  });
});

describe.each([
  ['hosted-sessions', 'hosted', 'hosted_session'],
  ['invoices', 'invoice', 'invoice'],
])('%s', (path, kind, object) => {
  const open = (orderId: string, more: Body = {}) =>
    world.post('alpha', `/v1/${path}`, `${orderId}${kind}`, {
      merchantId: 'default',
      orderId: `${orderId}${kind}`,
      attempt: 2,
      amountMinor: 4999,
      currency: 'EUR',
      ...more,
    });
  const close = (orderId: string, target: Body, key = 'close') =>
    world.post('alpha', `/v1/${path}/close`, `${orderId}${kind}${key}`, {
      merchantId: 'default',
      orderId: `${orderId}${kind}`,
      ...target,
    });
  const line = (orderId: string, effect: string) => `open_${kind} ${orderId}${kind} ${effect} 4999 x1`;

  test('paid with the button: captured under the key that opened it', async () => {
    const { body } = await open('h1', { returnUrl: BACK });
    expect(body).toMatchObject({ object, status: 'open', payment: null });
    expect(await world.lines(`h1${kind}`)).toEqual([line('h1', 'none')]);
    expect((await fetch(body.url)).headers.get('content-type')).toContain('text/html');
    expect(await submit(body.url)).toMatchObject({ status: 303, location: BACK });
    const { result } = await world.lookup('alpha', `h1${kind}`);
    expect(result).toMatchObject({
      status: 'paid',
      url: null,
      payment: { status: 'captured', operation: `open_${kind}` },
    });
    expect(await world.lines(`h1${kind}`)).toEqual([line('h1', 'captured')]);
    expect((await world.ledger(`h1${kind}`))[0].reference).toBe(result.payment.reference);
    await eventually(() => world.sink.types(`h1${kind}`)).toEqual(['payment.captured']);
    expect(await submit(body.url)).toMatchObject({ status: 303, location: BACK });
    expect(await world.lines(`h1${kind}`)).toEqual([line('h1', 'captured')]);
  });

  test('paid with a token after a declined try: both are told, one is taken', async () => {
    const { body } = await open('h2');
    const token = 'sim:card=c7;alpha=insufficient_funds,500_lost,ok';
    expect(await submit(body.url, { token })).toMatchObject({ status: 402 });
    expect(await submit(body.url, { token })).toMatchObject({ status: 503 });
    expect(await submit(body.url, { token })).toMatchObject({ status: 200 });
    const { result } = await world.lookup('alpha', `h2${kind}`);
    expect(result).toMatchObject({ status: 'paid', tries: [{ code: 'insufficient_funds', card: { id: 'c7' } }] });
    expect(await world.lines(`h2${kind}`)).toEqual([line('h2', 'captured')]);
    await eventually(() => world.sink.types(`h2${kind}`).sort()).toEqual(
      [`${object}.try_declined`, 'payment.captured'].sort(),
    );
  });

  test('a paid one can be refunded', async () => {
    const { body } = await open('h3');
    await submit(body.url);
    const { result } = await world.lookup('alpha', `h3${kind}`);
    const refund = { merchantId: 'default', orderId: `h3${kind}`, reference: result.payment.reference };
    await world.post('alpha', '/v1/refunds', `h3${kind}r`, refund);
    expect((await world.lines(`h3${kind}`))[1]).toBe(`refund h3${kind}r refunded 4999 x1`);
  });

  test('closed: nobody can pay any more', async () => {
    const { body } = await open('h4');
    expect((await close('h4', { reference: body.reference })).body).toMatchObject({ status: 'closed', url: null });
    expect((await submit(body.url)).status).toBe(410);
    expect((await fetch(body.url)).status).toBe(410);
    expect((await close('h4', { reference: body.reference }, 'again')).status).toBe(200);
    expect((await world.lines(`h4${kind}`))[0]).toBe(line('h4', 'none'));
    await eventually(() => world.sink.types(`h4${kind}`)).toEqual([`${object}.closed`]);
  });

  test('closing a paid one is refused with the proof', async () => {
    const { body } = await open('h5');
    await submit(body.url);
    expect(await close('h5', { targetKey: `h5${kind}` })).toMatchObject({
      status: 409,
      body: { error: { code: 'already_paid' }, session: { status: 'paid' } },
    });
  });

  test('closing by a key that never arrived keeps it from ever opening', async () => {
    expect((await close('h6', { targetKey: `h6${kind}` })).body).toMatchObject({ reference: null, status: 'closed' });
    expect((await open('h6')).body.error.code).toBe('key_cancelled');
  });

  test('expires when it was asked to', async () => {
    const { body } = await open('h7', { expiresAt: new Date(Date.now() + 100).toISOString() });
    await eventually(() => world.sink.types(`h7${kind}`)).toEqual([`${object}.expired`]);
    expect((await submit(body.url)).status).toBe(410);
  });

  test('a pending payment on it holds it until it settles; declined, the page is open again', async () => {
    const { body } = await open('h8');
    const state = async () => (await world.get('alpha', `/v1/${path}/${body.reference}`)).body.result.status;
    await submit(body.url, { token: 'sim:alpha=pending_then_declined' });
    expect(await state()).toBe('processing');
    expect((await close('h8', { reference: body.reference })).body.error.code).toBe('payment_pending');
    await eventually(state).toBe('open');
    await submit(body.url, { token: 'sim:alpha=pending_then_ok' });
    await eventually(state).toBe('paid');
    expect((await world.lines(`h8${kind}`))[0]).toBe(line('h8', 'captured'));
  });

  test('twenty clicks at once are one payment', async () => {
    const { body } = await open('h9');
    await Promise.all(Array.from({ length: 20 }, () => submit(body.url)));
    expect(await world.lines(`h9${kind}`)).toEqual([line('h9', 'captured')]);
    await eventually(() => world.sink.types(`h9${kind}`)).toEqual(['payment.captured']);
  });
});
