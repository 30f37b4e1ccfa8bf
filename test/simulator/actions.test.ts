import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Body, eventually, unanswered, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

const act = (path: string, orderId: string, key: string, target: Body): Promise<Answer> =>
  world.post('alpha', path, key, { merchantId: 'default', orderId, ...target });

async function authorized(orderId: string, token = 'sim:'): Promise<string> {
  return (await world.pay('alpha', orderId, token, `${orderId}_a`, { capture: false })).body.reference;
}

async function captured(orderId: string, token = 'sim:'): Promise<string> {
  return (await world.pay('alpha', orderId, token, `${orderId}_c`)).body.reference;
}

describe('capture', () => {
  test('takes what was authorized, once', async () => {
    const reference = await authorized('cap');
    const { body } = await act('/v1/captures', 'cap', 'cap1', { reference });
    expect(body).toMatchObject({
      status: 'succeeded',
      payment: { status: 'captured', capturedMinor: 4999, authorizedMinor: 0 },
    });
    expect((await act('/v1/captures', 'cap', 'cap1', { reference })).replayed).toBe(true);
    expect((await act('/v1/captures', 'cap', 'cap2', { reference })).body.error.code).toBe('already_captured');
    const entries = await world.ledger('cap');
    expect(await world.lines('cap')).toEqual([
      'authorize cap_a authorized 4999 x1',
      'capture cap1 captured 4999 x2',
      'capture cap2 none 0 x1',
    ]);
    expect(entries[1].reference).toBe(reference);
    await eventually(() => world.sink.types('cap').sort()).toEqual(['payment.authorized', 'payment.captured']);
  });

  test('of more than was authorized is refused', async () => {
    const reference = await authorized('capmore');
    const refused = await act('/v1/captures', 'capmore', 'capmore', { reference, amountMinor: 5000 });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'amount_too_large', executed: false } } });
  });

  test('finds its payment by the key under which it was made', async () => {
    await authorized('capkey');
    expect((await act('/v1/captures', 'capkey', 'capkey', { targetKey: 'capkey_a' })).body.payment.status).toBe(
      'captured',
    );
  });
});

describe('void', () => {
  test('releases an authorization, and says so again when asked again', async () => {
    const reference = await authorized('void');
    expect((await act('/v1/voids', 'void', 'v1', { reference })).body).toMatchObject({
      status: 'succeeded',
      payment: { status: 'voided', authorizedMinor: 0 },
    });
    expect((await act('/v1/voids', 'void', 'v2', { reference })).body.status).toBe('succeeded');
    expect((await act('/v1/captures', 'void', 'v3', { reference })).body.error.code).toBe('already_voided');
    expect((await world.lines('void')).slice(0, 3)).toEqual([
      'authorize void_a authorized 4999 x1',
      'void v1 voided 4999 x1',
      'void v2 none 0 x1',
    ]);
    await eventually(() => world.sink.types('void').sort()).toEqual(['payment.authorized', 'payment.voided']);
  });

  test('never gives captured money back', async () => {
    const reference = await captured('voidcap');
    expect(await act('/v1/voids', 'voidcap', 'voidcap', { reference })).toMatchObject({
      status: 409,
      body: { error: { code: 'already_captured', executed: false }, payment: { capturedMinor: 4999 } },
    });
  });

  test('cannot stop a pending payment', async () => {
    const { body } = await world.pay('alpha', 'voidpend', 'sim:alpha=pending_then_ok', 'voidpend');
    const refused = await act('/v1/voids', 'voidpend', 'voidpendv', { reference: body.reference });
    expect(refused.body.error.code).toBe('payment_pending');
  });

  test('timeout_done: it is done, the answer never comes, the same key replays it', async () => {
    const reference = await authorized('voidto', 'sim:void=timeout_done');
    const body = { merchantId: 'default', orderId: 'voidto', reference };
    expect(await unanswered(`${world.simulator.processors.alpha}/v1/voids`, 'voidto', body)).toBe('timeout');
    expect((await world.lookup('alpha', 'voidto')).result).toMatchObject({ operation: 'void', status: 'succeeded' });
    expect(await act('/v1/voids', 'voidto', 'voidto', { reference })).toMatchObject({ replayed: true, status: 200 });
    expect((await world.lines('voidto')).at(-1)).toBe('void voidto voided 4999 x2');
  });

  test('by the key of a request that was lost, fences that key for ever', async () => {
    expect(await world.payUnanswered('alpha', 'fence', 'sim:alpha=timeout_lost,ok', 'fence')).toBe('timeout');
    const fence = await act('/v1/voids', 'fence', 'fencev', { targetKey: 'fence' });
    expect(fence.body).toMatchObject({ status: 'succeeded', payment: null });
    const late = await world.pay('alpha', 'fence', 'sim:alpha=timeout_lost,ok', 'fence');
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'key_cancelled', executed: false } } });
    expect((await world.lookup('alpha', 'fence')).state).toBe('absent');
    expect(await world.lines('fence')).toEqual(['charge fence none 4999 x2', 'void fencev none 0 x1']);
  });

  test('by the key of a charge that went through is refused with the proof', async () => {
    expect((await world.pay('alpha', 'fence2', 'sim:alpha=500_charged', 'fence2')).status).toBe(500);
    const refused = await act('/v1/voids', 'fence2', 'fence2v', { targetKey: 'fence2' });
    expect(refused.body).toMatchObject({ error: { code: 'already_captured' }, payment: { key: 'fence2' } });
  });

  test('by the key of a charge that is being worked on is in flight', async () => {
    expect(await world.payUnanswered('alpha', 'fence3', 'sim:alpha=late_webhook_3000', 'fence3')).toBe('timeout');
    expect((await act('/v1/voids', 'fence3', 'fence3v', { targetKey: 'fence3' })).body.error.code).toBe('in_flight');
  });
});

describe('refund', () => {
  test('gives back in parts, never more than was taken', async () => {
    const reference = await captured('ref');
    expect((await act('/v1/refunds', 'ref', 'r1', { reference, amountMinor: 1000 })).body.payment.refundedMinor).toBe(
      1000,
    );
    expect((await act('/v1/refunds', 'ref', 'r2', { reference, amountMinor: 4000 })).body.error.code).toBe(
      'amount_too_large',
    );
    expect((await act('/v1/refunds', 'ref', 'r3', { reference })).body.amountMinor).toBe(3999);
    const lines = [
      'charge ref_c captured 4999 x1',
      'refund r1 refunded 1000 x1',
      'refund r2 none 4000 x1',
      'refund r3 refunded 3999 x1',
    ];
    expect(await world.lines('ref')).toEqual(lines);
    expect((await world.ledger('ref'))[1].reference).toBe(reference);
    await eventually(() => world.sink.types('ref').filter((type) => type === 'refund.succeeded').length).toBe(2);
  });

  test('refund=failed: declined, nothing given back, told by webhook', async () => {
    const reference = await captured('reff', 'sim:alpha=ok;refund=failed');
    const { status, body } = await act('/v1/refunds', 'reff', 'reff', { reference });
    expect({ status, ...body }).toMatchObject({
      status: 'declined',
      code: 'refund_failed',
      payment: { refundedMinor: 0 },
    });
    expect((await world.lines('reff')).at(-1)).toBe('refund reff none 4999 x1');
    await eventually(() => world.sink.types('reff')).toContain('refund.failed');
  });

  test('of an authorization is refused', async () => {
    const reference = await authorized('refa');
    expect((await act('/v1/refunds', 'refa', 'refa', { reference })).body.error.code).toBe('not_captured');
  });

  test('of another order is not found', async () => {
    const reference = await captured('mine');
    expect((await act('/v1/refunds', 'yours', 'yours', { reference })).status).toBe(404);
  });
});

describe('saved methods', () => {
  test('a payment that asks for it saves its card, once', async () => {
    const buyer = { buyerReference: 'buyer1', saveMethod: true };
    await world.pay('alpha', 's1', 'sim:card=c1;alpha=ok', 's1', buyer);
    await world.pay('alpha', 's2', 'sim:card=c1;alpha=ok', 's2', buyer);
    await world.pay('alpha', 's3', 'sim:card=c2;alpha=expired_card', 's3', buyer);
    const { methods } = (await world.get('alpha', '/v1/buyers/buyer1/methods')).body;
    expect(methods).toMatchObject([{ token: 'sim:card=c1;alpha=ok', network: 'visa' }]);
    expect((await world.get('beta', '/v1/buyers/buyer1/methods')).body.methods).toEqual([]);
  });

  test('can be put there by hand', async () => {
    const added = await world.post('beta', '/v1/buyers/buyer2/methods', null, {
      merchantId: 'default',
      token: 'sim:card=c3',
    });
    expect((await world.get('beta', '/v1/buyers/buyer2/methods')).body.methods).toEqual([added.body]);
  });
});
