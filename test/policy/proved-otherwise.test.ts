import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import { provedOtherwise, stillProved } from '../../policy/proofs.ts';
import { doublyPaid, FOUND, refunding, refundOf } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const AMOUNT = 4_999;
const TIMEOUT = { outcome: 'unknown', failureClass: 'unknown_outcome' } as const;
const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;
const RESERVED = { outcome: 'succeeded', amountMinor: AMOUNT, authorizedOnly: true } as const;
const unknown = () => new Steps().answer(TIMEOUT);

/** What the store's claims learn of that which came, though no call of ours had this answer. */
function proofs(order: Steps, come: (order: Steps) => Steps) {
  const before = order.order;
  return provedOtherwise(before, come(order).order, { type: 'clock' });
}

/** What the claims learn of an answer. */
function proofsOfAnswer(order: Steps, said: Partial<OperationResult>) {
  const before = order.order;
  const result = { attempt: 1, ...said } as OperationResult;
  return provedOtherwise(before, order.answer(said).order, { type: 'answered', result });
}

/** In the store's words `lookup` means: proved, whatever was sent. */
const PROVED = {
  ...{ attempt: 1, operation: 'lookup', key: '1/charge/0', failureClass: null, forbidsInstrument: false },
  ...{ retryAfterMs: null, evidence: 'proved', document: '', edition: '', provedNotExecuted: false, sent: false },
  ...{ claim: 'none', currency: 'EUR' },
} as const;

/** Of an attempt that ended now. */
function proved(order: Steps, more: object) {
  const result = { ...PROVED, startedAt: order.now, endedAt: order.now, ...more };
  return [{ key: result.key, result }];
}

describe('a charge that nobody answered, of which a notice tells', () => {
  test('that it is paid: the claim learns the payment and its amount', () => {
    const order = unknown();
    const told = proofs(order.wait(100), (each) =>
      each.notice('payment_succeeded', { key: '1/charge/0', reference: 'pay_1', amountMinor: AMOUNT }),
    );
    expect(told).toEqual(proved(order, { outcome: 'succeeded', reference: 'pay_1', amountMinor: AMOUNT }));
  });

  test('that it is paid, and gives no reference: none is made up', () => {
    const [told] = proofs(unknown(), (each) => each.notice('payment_succeeded'));
    expect(told?.result).toMatchObject({ outcome: 'succeeded', amountMinor: AMOUNT });
    expect(told?.result).not.toHaveProperty('reference');
  });

  test('that it is reserved: not captured', () => {
    const order = new Steps({ facts: { capture: 'manual' } }).answer(TIMEOUT);
    const told = proofs(order, (each) => each.notice('payment_authorized', { reference: 'auth_1' }));
    const reserved = { outcome: 'succeeded', reference: 'auth_1', amountMinor: AMOUNT, authorizedOnly: true } as const;
    expect(told).toEqual(proved(order, { ...reserved, key: '1/authorize/0' }));
  });

  test('that it is declined: class and code, and no amount', () => {
    const order = unknown();
    const told = proofs(order, (each) =>
      each.notice('payment_failed', { failureClass: 'soft_decline', code: 'insufficient_funds' }),
    );
    const declined = { outcome: 'declined', failureClass: 'soft_decline', code: 'insufficient_funds' } as const;
    expect(told).toEqual(proved(order, declined));
  });

  test('that it is closed: nothing was executed', () => {
    const order = unknown();
    const told = proofs(order, (each) => each.notice('payment_cancelled'));
    expect(told).toEqual(proved(order, { outcome: 'not_executed', provedNotExecuted: true }));
  });

  test('nothing: the claim learns nothing', () => {
    expect(proofs(unknown(), (each) => each.notice('unknown_type'))).toEqual([]);
    expect(proofs(new Steps().answer(SOFT), (each) => each.notice('payment_failed', { attempt: 1 }))).toEqual([]);
  });

  test('that its page is paid, where no card is known', () => {
    const order = new Steps().answer({ outcome: 'declined', failureClass: 'hard_decline' });
    order.tell(make.choose('hosted_checkout')).answer({ outcome: 'unknown' });
    expect(proofs(order, (each) => each.notice('payment_succeeded', { reference: 'pay_2' }))).toMatchObject([
      { key: '2/open_hosted/0', result: { attempt: 2, outcome: 'succeeded', reference: 'pay_2' } },
    ]);
  });
});

describe('a lookup', () => {
  test('proves the charge that it asked about', () => {
    const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null } }) }).answer(TIMEOUT);
    order.untilSent();
    expect(order.command?.operation).toBe('lookup');
    const answer = { ...FOUND, operation: 'lookup', key: '1/charge/0', amountMinor: AMOUNT } as const;
    expect(proofsOfAnswer(order, answer)).toEqual(proved(order, { outcome: 'succeeded', amountMinor: AMOUNT }));
  });
});

describe('a card that is forbidden for every order of the merchant', () => {
  test('is told with the attempt whose outcome forbade it, and with no other', () => {
    const order = new Steps().answer(SOFT).answer(SOFT);
    const said = { failureClass: 'hard_decline', forbidsInstrument: true, forbidsEverywhere: true } as const;
    const told = proofs(order, (each) => each.notice('payment_failed', { ...said, attempt: 1, processor: 'alpha' }));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      key: '1/charge/0',
      result: { outcome: 'declined', forbidsInstrument: true, forbidsEverywhere: true, document: 'webhook' },
    });
  });
});

describe('a capture', () => {
  const capturing = () => new Steps({ facts: { capture: 'manual' } }).answer(RESERVED).tell(make.capture());
  const BUSY = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;

  test('that did nothing, and could not be recorded, is a proof about its own key', () => {
    const answer = { ...BUSY, operation: 'capture', key: '1/capture/1', recorded: false } as const;
    expect(proofsOfAnswer(capturing(), answer)).toMatchObject([
      { key: '1/capture/1', result: { operation: 'lookup', outcome: 'not_executed' } },
    ]);
  });
});

describe('a refund', () => {
  /** Its notice comes before its answer. */
  const noticed = (order: Steps) =>
    order.notice('refund_succeeded', { attempt: 1, processor: 'alpha', key: refundOf(order)?.key ?? '' });

  test('of which a notice tells: the claim learns how much went back, and nothing of the payment', () => {
    const order = refunding().answer(TIMEOUT);
    const { key = '' } = refundOf(order) ?? {};
    const at = order.attempt(1).endedAt;
    expect(proofs(order, noticed)).toEqual(
      proved(order, { key, outcome: 'succeeded', amountMinor: AMOUNT, startedAt: at, endedAt: at }),
    );
  });

  test('is told once', () => {
    const order = noticed(refunding().answer(TIMEOUT));
    expect(proofs(order, (each) => each.notice('unknown_type', { attempt: 2, processor: 'beta' }))).toEqual([]);
    expect(proofs(order, noticed)).toEqual([]);
  });

  test('whose own answer was recorded is not told again', () => {
    const order = refunding();
    const key = refundOf(order)?.key ?? '';
    expect(proofsOfAnswer(order, { outcome: 'succeeded', operation: 'refund', key })).toEqual([]);
  });

  test('is not proved by the payment that it gives back', () => {
    const order = new Steps().answer(SOFT).answer({ outcome: 'succeeded' }).wait(1_000);
    const told = proofs(order, (each) => each.notice('payment_succeeded', { attempt: 1, processor: 'alpha' }));
    expect(told.map(({ key }) => key)).toEqual(['1/charge/0']);
    expect(doublyPaid().command).toMatchObject({ operation: 'lookup' });
  });
});

describe('a key that the order does not know', () => {
  test('is not proved by an answer to it, and a proof of it that waits for its write is kept', () => {
    const { order } = new Steps();
    const result = { ...PROVED, key: 'gone', operation: 'charge', outcome: 'not_executed' } as OperationResult;
    for (const attempt of [1, 9]) {
      const event = { type: 'answered', result: { ...result, attempt, recorded: false } } as const;
      expect(provedOtherwise(order, order, event)).toEqual([]);
      const waiting = [{ key: 'gone', result: { ...result, attempt } }];
      expect(stillProved(waiting, order)).toEqual(waiting);
    }
  });
});
