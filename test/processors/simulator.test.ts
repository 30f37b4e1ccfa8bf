import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classify } from '../../policy/failures/classify.ts';
import type { FailureClass } from '../../policy/terms.ts';
import { type Harness, Order, until } from '../../processors/conformance/harness.ts';
import { WebhookRejected } from '../../processors/port.ts';
import { SIMULATED_PROCESSORS, SIMULATOR_SHEETS } from '../../processors/simulator/sheets.ts';
import { startSimulator } from '../../simulator/server.ts';
import { simulatorHarness } from './simulator-harness.ts';

let alpha: Harness;
beforeAll(async () => {
  alpha = await simulatorHarness('alpha');
});
afterAll(() => alpha.close());

async function charged(outcome: string, fields = {}) {
  const order = new Order(alpha, 'sim');
  const answer = await order.charge('ok', { credential: `sim:alpha=${outcome}`, ...fields });
  return { order, answer, said: classify(answer, alpha.sheet, { operation: 'charge' }) };
}

describe('the sheets', () => {
  it('say of each simulated processor what it says of itself', async () => {
    const simulator = await startSimulator();
    for (const name of SIMULATED_PROCESSORS) {
      const own = (await (await fetch(`${simulator.processors[name]}/sheet`)).json()) as Record<string, unknown>;
      const { settleMs: _settle, webhookDelayMs: _delay, lookup, operations, ...rest } = own;
      const { lookup: ourLookup, operations: ourOperations, ...ours } = SIMULATOR_SHEETS[name];
      expect(ours).toMatchObject(rest);
      expect([...ourOperations].sort()).toEqual([...(operations as string[])].sort());
      if (lookup === null) expect(ourLookup).toBeNull();
      else expect(ourLookup).toMatchObject(lookup as object);
    }
    await simulator.close();
  });
});

describe('a scripted decline', () => {
  const cases: [string, FailureClass][] = [
    ['insufficient_funds', 'soft_decline'],
    ['do_not_honor', 'issuer_decline_unspecified'],
    ['generic_decline', 'issuer_decline_unspecified'],
    ['expired_card', 'instrument_problem'],
    ['incorrect_cvc', 'instrument_problem'],
    ['stolen_card', 'hard_decline'],
    ['lost_card', 'hard_decline'],
    ['blocked', 'blocked'],
    ['blocked_for_good', 'blocked_for_good'],
    ['processor_declined', 'processor_decline'],
    ['authentication_required', 'authentication_required'],
    ['insufficient_funds@mac=03', 'hard_decline'],
    ['do_not_honor@visa=14', 'hard_decline'],
    ['do_not_honor@visa=1A', 'authentication_required'],
    ['never_heard_of', 'unclassified'],
  ];
  it.each(cases)('%s is %s', async (outcome, failureClass) => {
    const { order, said } = await charged(outcome);
    expect([said.outcome, said.failureClass]).toEqual(['declined', failureClass]);
    expect(await order.effects()).toEqual([]);
  });

  it('with advice to wait tells exactly how long', async () => {
    expect((await charged('do_not_honor@mac=24')).said.retryAfterMs).toBe(3_600_000);
  });

  it('called duplicate, and a key in flight, are to be proved', async () => {
    expect((await charged('duplicate')).said).toMatchObject({ outcome: 'unknown', failureClass: 'duplicate' });
    expect((await charged('in_flight')).said).toMatchObject({ outcome: 'unknown', failureClass: 'in_flight' });
  });
});

describe('an answer', () => {
  it('of a token that cannot be read is the fault of the instrument, and nothing happened', async () => {
    expect((await charged('timeout_maybe')).said).toMatchObject({
      outcome: 'not_executed',
      failureClass: 'instrument_problem',
    });
  });

  it('to a key that was used for another request is no permission to go on', async () => {
    const order = new Order(alpha, 'reuse');
    await order.charge('ok');
    const answer = await order.charge('ok', { amountMinor: 1 });
    expect(classify(answer, alpha.sheet, { operation: 'charge' })).toMatchObject({
      outcome: 'unknown',
      failureClass: 'duplicate',
    });
    expect(await order.effects()).toEqual(['captured']);
  });

  it('in flight stays in flight for lookups until the late webhook, and is never absent', async () => {
    const { order, answer } = await charged('late_webhook_5');
    expect(answer).toEqual({ kind: 'fault', fault: 'timeout' });
    expect(await order.lookup()).toEqual({ kind: 'result', status: 'in_flight' });
    const found = await until(
      () => order.lookup(),
      (said) => said.kind === 'result' && said.status !== 'in_flight',
    );
    expect(found).toMatchObject({ status: 'succeeded' });
  });

  it('that is pending settles by lookup', async () => {
    for (const [outcome, status] of [
      ['pending_then_ok', 'succeeded'],
      ['pending_then_declined', 'declined'],
    ] as const) {
      const { order, answer } = await charged(outcome);
      expect(answer).toMatchObject({ kind: 'result', status: 'pending' });
      const settled = await until(
        () => order.lookup(),
        (said) => said.kind === 'result' && said.status !== 'pending',
      );
      expect(settled).toMatchObject({ status });
    }
  });

  it('after a challenge that failed, or passed and was declined, goes to no other processor', async () => {
    for (const outcome of ['3ds_failed', '3ds_ok_declined']) {
      const { order, answer } = await charged(outcome);
      expect(answer).toMatchObject({ status: 'requires_action' });
      await alpha.actOnPage((await order.pageUrl('charge')) ?? '');
      const found = await order.lookup();
      expect(classify(found, alpha.sheet, { operation: 'lookup' })).toMatchObject({
        outcome: 'declined',
        failureClass: 'authentication_failed',
      });
    }
  });

  it('tells the instrument that paid', async () => {
    const { answer } = await charged('ok', { credential: 'sim:card=c1;brand=mastercard;alpha=ok' });
    expect(answer).toMatchObject({ network: 'mastercard', last4: expect.stringMatching(/^\d{4}$/) });
  });
});

describe('a notice', () => {
  const payment = { object: 'payment', processor: 'alpha', merchantId: 'default', orderId: 'o-1', status: 'captured' };
  const now = new Date();
  const read = (type: string, data: object) => {
    const body = JSON.stringify({ type, timestamp: now.toISOString(), data });
    const { rawBody, headers } = alpha.sign(body, Math.floor(now.getTime() / 1000));
    return alpha.processor.readWebhook(rawBody, headers, now.getTime());
  };

  it('of a type that we do not know is kept', () => {
    expect(read('payment.celebrated', payment)).toMatchObject({ type: 'unknown_type', orderId: 'o-1' });
    expect(read('account.updated', {})).toMatchObject({ type: 'unknown_type', orderId: '' });
    expect(read('constructor', {})).toMatchObject({ type: 'unknown_type' });
  });

  it('of another processor is refused although it is signed', () => {
    const data = { ...payment, processor: 'beta', capturedMinor: 1 };
    expect(() => read('payment.captured', data)).toThrow(WebhookRejected);
  });

  it('without order or amount is refused', () => {
    expect(() => read('payment.captured', { ...payment, orderId: undefined, capturedMinor: 1 })).toThrow(
      WebhookRejected,
    );
    for (const capturedMinor of [undefined, -1, 1.5, '1', 2 ** 53]) {
      expect(() => read('payment.captured', { ...payment, capturedMinor })).toThrow(WebhookRejected);
    }
  });

  it('of a decline brings the codes that are classified', () => {
    const data = {
      ...payment,
      status: 'declined',
      amountMinor: 5,
      code: 'do_not_honor',
      networkDeclineCode: '14',
      network: 'visa',
    };
    expect(read('payment.declined', data)).toMatchObject({
      type: 'payment_failed',
      code: 'do_not_honor',
      network: 'visa',
      networkCode: '14',
    });
  });

  it('of a declined try on a page tells of the newest try, and of the card that was used', () => {
    const declinedTry = (reference: string, id: string) => ({
      reference,
      code: 'do_not_honor',
      network: 'mastercard',
      networkDeclineCode: null,
      adviceCode: '03',
      card: { id, network: 'mastercard', last4: '4444', par: `simpar_${id}` },
    });
    const tries = [declinedTry('alpha_pay_1', 'first'), declinedTry('alpha_pay_2', 'second')];
    const session = { ...payment, object: 'hosted_session', status: 'open', key: 'page-key', currency: 'EUR', tries };
    expect(read('hosted_session.try_declined', session)).toMatchObject({
      type: 'payment_failed',
      key: 'page-key',
      reference: 'alpha_pay_2',
      adviceCode: '03',
      network: 'mastercard',
      cardNames: ['sim-card:second', 'par:simpar_second'],
    });
  });

  it('names a card without an id of its own by its PAR alone', async () => {
    const { answer } = await charged('ok', { credential: 'sim:alpha=ok' });
    expect(answer).toMatchObject({ cardNames: [expect.stringMatching(/^par:simpar_/)] });
  });
});
