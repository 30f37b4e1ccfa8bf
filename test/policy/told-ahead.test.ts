import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import { decide } from '../../policy/decide.ts';
import { foretell, tellAhead } from '../../policy/foretell.ts';
import { rowOf } from '../../policy/row.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { refunding } from './apply/refunding.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';
import { resultOf } from './decide/results.ts';

const AT = '2026-11-22T10:00:01.000Z';

/** The activity has this answer to the charge that is out. */
function answerTo(order: Steps, said: Partial<OperationResult>): OperationResult {
  const charge = { attempt: 1, operation: 'charge' } as const;
  const answer = { outcome: 'unknown', evidence: 'said', ...said } as const;
  return resultOf(charge, '1/charge/0', { startedAt: order.now, endedAt: AT }, answer);
}

const basis = ({ sheets }: Steps) => ({ rulebook: DEFAULT_RULEBOOK, sheets, ceilings: [], health: [] });
const told = (order: Steps, said: Partial<OperationResult>) =>
  foretell(order.order, answerTo(order, said), basis(order), AT);

describe('told ahead with its answer', () => {
  test('is a decision after which nothing is sent', () => {
    const order = new Steps();
    const result = answerTo(order, { outcome: 'succeeded' });
    const event = { type: 'answered', result } as const;
    expect(foretell(order.order, result, basis(order), AT)).toEqual(
      decide({ ...basis(order), order: order.order, event, now: AT }),
    );
    expect(told(order, { outcome: 'declined', failureClass: 'hard_decline' })?.command).toBeNull();
    expect(told(order, { outcome: 'pending' })?.order.attempts[0]?.outcome).toBe('pending');
  });

  test('is none that sends something next', () => {
    expect(told(new Steps(), { outcome: 'declined', failureClass: 'soft_decline' })).toBeNull();
  });

  test('is none of an outcome that is not known', () => {
    expect(told(new Steps(), { outcome: 'unknown' })).toBeNull();
  });

  test('is none that says more than this answer to the store’s claims', () => {
    const busy = { outcome: 'not_executed', failureClass: 'transient', provedNotExecuted: true } as const;
    const order = new Steps().answer(busy);
    expect(told(new Steps(), busy)).not.toBeNull();
    order.untilSent();
    // Of the second send it proves the first as well.
    expect(told(order, busy)).toBeNull();
  });

  test('travels with what it explained, and with what a person is asked; the rest of its lines is made again', () => {
    const order = new Steps();
    const decision = told(order, { outcome: 'succeeded', amountMinor: 4_000, reference: 'pay_1' });
    if (decision === null) throw new Error('nothing is sent after it');
    const kinds = decision.entries.map(({ kind }) => kind);
    expect(kinds).toContain('attempt_succeeded');
    const explained = tellAhead(order.order, decision, AT).explained.map(({ kind }) => kind);
    expect(explained).toEqual(kinds.filter((kind) => kind === 'needs_review' || kind === 'decision'));
    expect(explained).toContain('needs_review');
    const refused = told(order, { outcome: 'declined', failureClass: 'hard_decline' });
    if (refused === null) throw new Error('nothing is sent after it');
    expect(tellAhead(order.order, refused, AT).explained.map(({ kind }) => kind)).toEqual(['decision']);
  });
});

describe('the row of an order', () => {
  test('says whose turn it is, when, and what its last attempt came to', () => {
    const order = new Steps({ facts: make.MANDATE }).answer({ outcome: 'declined', failureClass: 'soft_decline' });
    order.answer({ outcome: 'declined', failureClass: 'soft_decline' });
    expect(rowOf(order.order, order.wake)).toEqual({
      ...{ state: order.order, stage: 'retry_scheduled', open: true, needsHuman: false },
      ...{ nextActionAt: order.wake?.at, processor: 'beta', failureClass: 'soft_decline' },
    });
    const begun = new Steps({ instruments: [] });
    expect(rowOf(begun.order, null)).toMatchObject({ nextActionAt: null, processor: null, failureClass: null });
  });

  test('is open while anything is left to do, though the order is paid', () => {
    const paid = new Steps().answer({ outcome: 'succeeded' });
    expect(rowOf(paid.order, paid.wake)).toMatchObject({ stage: 'paid', open: false });
    const goingBack = refunding();
    expect(rowOf(goingBack.order, goingBack.wake)).toMatchObject({ stage: 'paid', open: true, needsHuman: false });
    const asked = new Steps().answer({ outcome: 'succeeded', reference: 'pay_1' });
    asked.notice('payment_succeeded', { reference: 'pay_9' });
    expect(rowOf(asked.order, asked.wake)).toMatchObject({ open: true, needsHuman: true });
  });
});
