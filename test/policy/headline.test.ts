import { describe, expect, test } from 'vitest';
import { endText, headline } from '../../policy/headline.ts';
import type { Attempt, OrderState } from '../../policy/order.ts';
import { newOrder } from './decide/fixtures.ts';

const attempt = (more: Partial<Attempt>): Attempt =>
  ({
    number: 1,
    kind: 'card',
    processor: 'alpha',
    outcome: null,
    failureClass: null,
    processorCode: null,
    fencedAt: null,
    operations: [{ operation: 'charge', outcome: more.outcome ?? null }],
    money: { authorized: 0, captured: 0, voided: 0, refunded: 0, returned: 0, disputed: 0 },
    ...more,
  }) as unknown as Attempt;

const order = (more: Partial<OrderState>): OrderState => ({ ...newOrder(), ...more });
const since = '2026-11-22T10:00:00.000Z';

describe('the headline', () => {
  test.each([
    ['running', order({ attempts: [attempt({})] }), 'Attempt 1 runs at alpha.'],
    [
      'unknown',
      order({ attempts: [attempt({ outcome: 'unknown', failureClass: 'unknown_outcome' })] }),
      'alpha gave no definite answer: money may have moved. Nothing else is tried until it is proved.',
    ],
    [
      'the processor’s page',
      order({ attempts: [attempt({ outcome: 'requires_action', kind: 'hosted_checkout' })] }),
      'The buyer pays on the page of alpha.',
    ],
    [
      'a person',
      order({ review: { code: 'unknown_too_long', attempt: 1, since } }),
      'A person decides: nobody could prove what became of a charge.',
    ],
    [
      'a processor that is down',
      order({
        retryAt: { at: since, instrumentId: 'ins_1', reason: 'processor_down', number: 1, processor: 'alpha' },
      }),
      'alpha is down. The payment goes on by itself when it is back.',
    ],
    ['cancelled', order({ closed: { stage: 'cancelled', at: since } }), 'Cancelled, nothing was kept.'],
  ])('%s', (_name, state, said) => expect(headline(state)).toBe(said));
});

describe('what came of an attempt', () => {
  test.each([
    [{ outcome: null }, 'running'],
    [{ outcome: 'succeeded' }, 'succeeded'],
    [
      { outcome: 'declined', failureClass: 'soft_decline', processorCode: 'insufficient_funds' },
      'declined for now (soft_decline, insufficient_funds)',
    ],
    [{ outcome: 'unknown', failureClass: 'unknown_outcome' }, 'no definite answer (unknown_outcome)'],
  ] as [Partial<Attempt>, string][])('%j: %s', (given, said) => expect(endText(attempt(given))).toBe(said));
});
