import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

describe('a charge that is answered', () => {
  test('ok captures the money and tells by webhook', async () => {
    const { status, body } = await world.pay('alpha', 'ok1', 'sim:alpha=ok', 'K');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'captured', capturedMinor: 4999, authentication: 'none', code: null });
    expect(await world.lines('ok1')).toEqual(['charge K captured 4999 x1']);
    expect((await world.ledger('ok1'))[0]).toMatchObject({
      processor: 'alpha',
      reference: body.reference,
      currency: 'EUR',
    });
    await eventually(() => world.sink.types('ok1')).toEqual(['payment.captured']);
    expect(world.sink.of('ok1')[0]).toMatchObject({
      path: '/hooks/alpha',
      data: { reference: body.reference, key: 'K' },
    });
  });

  test('a processor that the token does not name says ok', async () => {
    await world.pay('beta', 'ok2', 'sim:alpha=do_not_honor', 'ok2');
    expect(await world.lines('ok2')).toEqual(['charge ok2 captured 4999 x1']);
  });

  test('an authorization reserves the money only', async () => {
    const { body } = await world.pay('alpha', 'ok3', 'sim:alpha=ok', 'ok3', { capture: false });
    expect(body).toMatchObject({
      operation: 'authorize',
      status: 'authorized',
      authorizedMinor: 4999,
      capturedMinor: 0,
    });
    expect(await world.lines('ok3')).toEqual(['authorize ok3 authorized 4999 x1']);
    await eventually(() => world.sink.types('ok3')).toEqual(['payment.authorized']);
  });

  test.each([
    'insufficient_funds',
    'stolen_card',
    'blocked',
    'authentication_required',
    'duplicate',
    'a_code_nobody_knows',
    '51',
  ])('%s is a decline that takes nothing', async (code) => {
    const { status, body } = await world.pay('alpha', `d_${code}`, `sim:alpha=${code}`, `d_${code}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'declined', code, capturedMinor: 0 });
    expect(await world.lines(`d_${code}`)).toEqual([`charge d_${code} none 4999 x1`]);
    await eventually(() => world.sink.types(`d_${code}`)).toEqual(['payment.declined']);
  });

  test('a decline carries the network and its codes', async () => {
    const mac = await world.pay('alpha', 'net', 'sim:alpha=do_not_honor@mac=03', 'net1');
    expect(mac.body).toMatchObject({ network: 'mastercard', adviceCode: '03', networkDeclineCode: null });
    const visa = await world.pay('alpha', 'net', 'sim:alpha=generic_decline@visa=14', 'net2');
    expect(visa.body).toMatchObject({ network: 'visa', adviceCode: null, networkDeclineCode: '14' });
  });

  test('3ds_frictionless succeeds and says how the buyer was authenticated', async () => {
    const { body } = await world.pay('alpha', 'fric', 'sim:alpha=3ds_frictionless', 'fric');
    expect(body).toMatchObject({ status: 'captured', authentication: 'frictionless' });
    expect(await world.lines('fric')).toEqual(['charge fric captured 4999 x1']);
  });

  test('slow_<ms> is in flight until it is done', async () => {
    const slow = world.pay('alpha', 'slow', 'sim:alpha=slow_300', 'slow');
    await eventually(async () => (await world.lookup('alpha', 'slow')).state).toBe('in_flight');
    const again = await world.pay('alpha', 'slow', 'sim:alpha=slow_300', 'slow');
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'in_flight' } } });
    expect(await world.lines('slow')).toEqual(['charge slow none 4999 x2']);
    expect((await slow).body.status).toBe('captured');
    expect(await world.lines('slow')).toEqual(['charge slow captured 4999 x2']);
  });

  test('slow_<ms> is carried out although its caller gave up', async () => {
    expect(await world.payUnanswered('alpha', 'slow2', 'sim:alpha=slow_250', 'slow2')).toBe('timeout');
    await eventually(() => world.lines('slow2')).toEqual(['charge slow2 captured 4999 x1']);
  });
});

describe('a charge whose answer is lost', () => {
  test.each([
    ['timeout_charged', 'timeout'],
    ['reset_charged', 'cut'],
  ])('%s takes the money once; the same key replays the success', async (outcome, seen) => {
    const token = `sim:alpha=${outcome}`;
    expect(await world.payUnanswered('alpha', outcome, token, outcome)).toBe(seen);
    expect((await world.lookup('alpha', outcome)).result.status).toBe('captured');
    const again = await world.pay('alpha', outcome, token, outcome);
    expect(again).toMatchObject({ status: 200, replayed: true, body: { status: 'captured' } });
    expect(await world.lines(outcome)).toEqual([`charge ${outcome} captured 4999 x2`]);
    await eventually(() => world.sink.types(outcome)).toEqual(['payment.captured']);
  });

  test.each([
    ['timeout_lost', 'timeout'],
    ['reset_lost', 'cut'],
  ])('%s takes nothing; the same key takes the next outcome', async (outcome, seen) => {
    const token = `sim:alpha=${outcome},ok`;
    expect(await world.payUnanswered('alpha', outcome, token, outcome)).toBe(seen);
    expect((await world.lookup('alpha', outcome)).state).toBe('absent');
    expect(await world.lines(outcome)).toEqual([`charge ${outcome} none 4999 x1`]);
    expect((await world.pay('alpha', outcome, token, outcome)).body.status).toBe('captured');
    expect(await world.lines(outcome)).toEqual([`charge ${outcome} captured 4999 x2`]);
  });

  test('500_charged replays the 500 while the lookup tells the truth', async () => {
    const token = 'sim:alpha=500_charged,ok';
    expect((await world.pay('alpha', 'f1', token, 'f1')).status).toBe(500);
    expect(await world.pay('alpha', 'f1', token, 'f1')).toMatchObject({ status: 500, replayed: true });
    expect(await world.lookup('alpha', 'f1')).toMatchObject({ state: 'result', result: { status: 'captured' } });
    expect(await world.lines('f1')).toEqual(['charge f1 captured 4999 x2']);
    await eventually(() => world.sink.types('f1')).toEqual(['payment.captured']);
  });

  test('500_lost replays the 500 and the lookup says absent', async () => {
    const token = 'sim:alpha=500_lost,ok';
    expect((await world.pay('alpha', 'f2', token, 'f2')).status).toBe(500);
    expect(await world.pay('alpha', 'f2', token, 'f2')).toMatchObject({ status: 500, replayed: true });
    expect((await world.lookup('alpha', 'f2')).state).toBe('absent');
    expect(await world.lines('f2')).toEqual(['charge f2 none 4999 x2']);
  });

  test('late_webhook_<s> is in flight for everybody until its webhook, then captured', async () => {
    const token = 'sim:alpha=late_webhook_10';
    expect(await world.payUnanswered('alpha', 'late', token, 'late')).toBe('timeout');
    expect(await world.lines('late')).toEqual(['charge late captured 4999 x1']);
    expect((await world.lookup('alpha', 'late')).state).toBe('in_flight');
    const { reference } = (await world.ledger('late'))[0];
    expect((await world.get('alpha', `/v1/payments/${reference}`)).body.state).toBe('in_flight');
    expect((await world.pay('alpha', 'late', token, 'late')).status).toBe(409);
    expect(world.sink.types('late')).toEqual([]);
    await eventually(() => world.sink.types('late')).toEqual(['payment.captured']);
    expect((await world.lookup('alpha', 'late')).result.status).toBe('captured');
    expect((await world.pay('alpha', 'late', token, 'late')).body.status).toBe('captured');
  });
});

describe('a charge that is refused without being executed', () => {
  test.each([
    ['503', 503, { code: 'service_unavailable' }],
    ['429', 429, { code: 'rate_limited' }],
    ['down', 503, { code: 'down', executed: false }],
    ['in_flight', 409, { code: 'in_flight' }],
  ])('%s is not kept under the key: the same key takes the next outcome', async (outcome, status, error) => {
    const order = `r_${outcome}`;
    const token = `sim:alpha=${outcome},ok`;
    expect(await world.pay('alpha', order, token, order)).toMatchObject({ status, body: { error } });
    expect((await world.lookup('alpha', order)).state).toBe('absent');
    expect(await world.lines(order)).toEqual([`charge ${order} none 4999 x1`]);
    expect((await world.pay('alpha', order, token, order)).body.status).toBe('captured');
    expect(await world.lines(order)).toEqual([`charge ${order} captured 4999 x2`]);
  });

  test('beta refuses on_behalf_of before anything runs', async () => {
    const refused = await world.pay('beta', 'obo', 'sim:beta=ok', 'obo', { features: ['on_behalf_of'] });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'unsupported_feature', executed: false } } });
    expect(await world.lines('obo')).toEqual(['charge obo none 4999 x1']);
    expect((await world.pay('alpha', 'obo', 'sim:beta=ok', 'obo', { features: ['on_behalf_of'] })).body.status).toBe(
      'captured',
    );
  });
});

describe('a charge that ends later', () => {
  test('pending_then_ok is captured when it settles, by lookup and webhook', async () => {
    const { body } = await world.pay('alpha', 'p1', 'sim:alpha=pending_then_ok', 'p1');
    expect(body.status).toBe('pending');
    expect(await world.lines('p1')).toEqual(['charge p1 none 4999 x1']);
    await eventually(() => world.sink.types('p1')).toEqual(['payment.captured']);
    expect((await world.lookup('alpha', 'p1')).result.status).toBe('captured');
    expect(await world.lines('p1')).toEqual(['charge p1 captured 4999 x1']);
  });

  test('pending_then_declined takes nothing', async () => {
    await world.pay('alpha', 'p2', 'sim:alpha=pending_then_declined', 'p2');
    await eventually(() => world.sink.types('p2')).toEqual(['payment.declined']);
    expect((await world.lookup('alpha', 'p2')).result).toMatchObject({ status: 'declined', code: 'generic_decline' });
    expect(await world.lines('p2')).toEqual(['charge p2 none 4999 x1']);
  });

  test.each([
    ['dispute_after_3', 'dispute.opened', { disputedMinor: 4999 }],
    ['return_after_3', 'payment.returned', { returnedMinor: 4999 }],
  ])('%s takes the money, and loses it again later', async (outcome, type, amounts) => {
    const { body } = await world.pay('alpha', outcome, `sim:alpha=${outcome}`, outcome);
    expect(body.status).toBe('captured');
    await eventually(() => world.sink.types(outcome)).toEqual(['payment.captured', type]);
    expect((await world.lookup('alpha', outcome)).result).toMatchObject({ status: 'captured', ...amounts });
    expect(await world.lines(outcome)).toEqual([`charge ${outcome} captured 4999 x1`]);
  });
});

describe('counting', () => {
  test('the n-th request takes the n-th outcome over all keys, and the last repeats', async () => {
    const token = 'sim:alpha=insufficient_funds,timeout_lost,ok,expired_card';
    expect((await world.pay('alpha', 'n1', token, 'n1a')).body.code).toBe('insufficient_funds');
    expect((await world.pay('alpha', 'n1', token, 'n1a')).replayed).toBe(true);
    await world.payUnanswered('alpha', 'n1', token, 'n1b');
    expect((await world.pay('alpha', 'n1', token, 'n1c')).body.status).toBe('captured');
    for (const key of ['n1d', 'n1e']) {
      expect((await world.pay('alpha', 'n1', token, key)).body.code).toBe('expired_card');
    }
  });

  test('another order, text or processor counts for itself', async () => {
    const token = 'sim:alpha=insufficient_funds,ok;beta=expired_card,ok';
    expect((await world.pay('alpha', 'n2', token, 'n2a')).body.code).toBe('insufficient_funds');
    expect((await world.pay('alpha', 'n3', token, 'n3a')).body.code).toBe('insufficient_funds');
    expect((await world.pay('alpha', 'n2', `${token};card=x`, 'n2b')).body.code).toBe('insufficient_funds');
    expect((await world.pay('beta', 'n2', token, 'n2c')).body.code).toBe('expired_card');
    expect((await world.pay('alpha', 'n2', token, 'n2d')).body.status).toBe('captured');
  });

  test('the same card= is the same card at every processor, whatever the rest says', async () => {
    const one = await world.pay('alpha', 'c1', 'sim:card=c9;alpha=ok', 'c1');
    const two = await world.pay('beta', 'c2', 'sim:card=c9;brand=amex;beta=expired_card', 'c2');
    expect(two.body.card).toEqual({ ...one.body.card, network: 'amex' });
    const anonymous = await world.pay('alpha', 'c1', 'sim:alpha=ok', 'c3');
    const elsewhere = await world.pay('alpha', 'c2', 'sim:alpha=ok', 'c4');
    expect(anonymous.body.card.par).not.toBe(elsewhere.body.card.par);
  });
});
