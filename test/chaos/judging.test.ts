import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../cli/launcher/paths.ts';
import type { OrderView } from '../../client/index.ts';
import { doubleCharge, type Evidence, judge, type OperationRow } from './checks.ts';
import { surplusStretches } from './ledger.ts';
import { type OrderPlan, planBatch } from './plan.ts';
import { type BatchLine, boundOf, isClean, jsonOf, originsOf, sumOf, tableOf } from './report.ts';
import { whyStuck } from './rest.ts';
import { SABOTAGES, type SabotageName } from './sabotage.ts';
import { judgeSharedCards } from './shared-cards.ts';
import type { LedgerEntry } from './simulator-control.ts';

const NOW_MS = Date.parse('2026-01-01T00:10:00.000Z');

function entry(processor: string, second: number, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    processor,
    operation: 'charge',
    key: `key-${processor}`,
    reference: `${processor}_pay_1`,
    amountMinor: 100,
    currency: 'EUR',
    at: new Date(Date.parse('2026-01-01T00:00:00.000Z') + second * 1000).toISOString(),
    effect: 'captured',
    requests: 1,
    ...more,
  };
}

const REFUND = { operation: 'refund', effect: 'refunded', key: 'back' } as const;
const VOID = { operation: 'void', effect: 'voided', key: 'fence' } as const;

describe('the ledger', () => {
  test('two payments that stand at the same time are a double charge, for as long as both stand', () => {
    const ledger = [entry('alpha', 0), entry('beta', 3), entry('alpha', 8, REFUND)];
    expect(doubleCharge('o', ledger, NOW_MS)?.what).toContain('beta key-beta');
    expect(surplusStretches(ledger, NOW_MS).map(({ fromMs, untilMs }) => untilMs - fromMs)).toEqual([5_000]);
  });

  test('the same key executed twice is a double charge', () => {
    expect(
      doubleCharge('o', [entry('gamma', 0), entry('gamma', 1, { reference: 'gamma_pay_2' })], NOW_MS),
    ).not.toBeNull();
  });

  test('a payment after the other was given back, or its reservation was voided, is none', () => {
    expect(doubleCharge('o', [entry('alpha', 0), entry('alpha', 2, REFUND), entry('beta', 3)], NOW_MS)).toBeNull();
    const reserved = entry('alpha', 0, { operation: 'authorize', effect: 'authorized' });
    expect(doubleCharge('o', [reserved, entry('alpha', 2, VOID), entry('beta', 3)], NOW_MS)).toBeNull();
    expect(doubleCharge('o', [reserved, entry('beta', 3)], NOW_MS)).not.toBeNull();
  });

  test('a part that is given back ends nothing', () => {
    const ledger = [entry('alpha', 0), entry('alpha', 2, { ...REFUND, amountMinor: 40 }), entry('beta', 3)];
    expect(doubleCharge('o', ledger, NOW_MS)).not.toBeNull();
  });
});

const PLAN = planBatch({ seed: 3, batch: 0, orders: 1 }).orders[0] as OrderPlan;

function evidence(more: Partial<Evidence>, view: Partial<OrderView> = {}): Evidence {
  const money = { captured: 100, refunded: 0, returned: 0, disputed: 0, held: 0, net: 100 };
  return {
    plan: { ...PLAN, hardCards: [] },
    view: {
      orderId: PLAN.orderId,
      stage: 'paid',
      amount: { minor: 100, currency: 'EUR' },
      money,
      attempts: [
        {
          number: 1,
          processor: 'alpha',
          instrument: null,
          outcome: 'succeeded',
          failureClass: null,
          processorCode: null,
          authentication: 'none',
          operations: ['key-alpha', 'key-beta'].map((key) => ({
            operation: 'charge',
            key,
            outcome: null,
            startedAt: '',
            endedAt: null,
          })),
        },
      ],
      nextAction: { type: 'none', who: 'none', messageKey: 'paid', options: [] },
      rulebook: { id: 'default', version: 1, hash: '' },
      ...view,
    },
    needsHuman: false,
    mistaken: false,
    ledger: [entry('alpha', 0)],
    operations: [],
    timeline: [],
    cards: new Map(),
    nowMs: NOW_MS,
    ...more,
  };
}

const kinds = (seen: Evidence) => judge(seen).map(({ kind }) => kind);
const NOTHING = { captured: 0, refunded: 0, returned: 0, disputed: 0, held: 0, net: 0 };

describe('an order at rest', () => {
  test('that is paid, once, and says so is clean', () => {
    expect(judge(evidence({}))).toEqual([]);
  });

  test('that ended without payment and kept the money lost it', () => {
    expect(kinds(evidence({}, { stage: 'cancelled' }))).toContain('lost_payment');
    expect(kinds(evidence({ needsHuman: true }, { stage: 'cancelled' }))).toContain('lost_payment');
  });

  test('that is paid without money, or knows nothing of its money, is wrong', () => {
    expect(kinds(evidence({ ledger: [] }, { money: NOTHING }))).toEqual(['lost_payment']);
    expect(kinds(evidence({}, { stage: 'waiting_buyer', money: NOTHING }))).toEqual(['lost_payment', 'story_differs']);
  });

  test('that support was wrong about gives back what is too much, once, or a person holds it', () => {
    const both = [entry('alpha', 0), entry('beta', 3)];
    const money = { ...NOTHING, captured: 200, held: 100, net: 200 };
    const back = { ...money, refunded: 100, held: 0, net: 100 };
    const wrong = (more: Partial<Evidence>, seen = money) =>
      kinds(evidence({ mistaken: true, ...more }, { money: seen }));
    expect(wrong({ ledger: [...both, entry('alpha', 8, REFUND)] }, back)).not.toContain('lost_payment');
    expect(wrong({ ledger: both })).toEqual(['double_charge', 'lost_payment']);
    // A person is named, but nobody refused to give it back.
    expect(wrong({ ledger: both, needsHuman: true })).toEqual(['double_charge', 'lost_payment']);
    const refused = { operation: 'refund', outcome: 'declined', key: 'key-alpha' } as OperationRow;
    expect(wrong({ ledger: both, needsHuman: true, operations: [refused] })).toEqual([]);
    const all = [...both, entry('alpha', 8, REFUND), entry('beta', 9, { ...REFUND, reference: 'beta_pay_1' })];
    expect(wrong({ ledger: all }, { ...money, refunded: 200, held: 0, net: 0 })).toContain('lost_payment');
    // Nobody was wrong: then two payments never stand at the same time.
    expect(wrong({ ledger: [...both, entry('alpha', 8, REFUND)], mistaken: false }, back)).toContain('double_charge');
  });

  test('that leaves a reservation behind lost it', () => {
    const ledger = [entry('alpha', 0, { operation: 'authorize', effect: 'authorized' })];
    expect(kinds(evidence({ ledger }, { stage: 'cancelled', money: NOTHING }))).toEqual(['lost_payment']);
  });

  test('that tells nothing of a request differs from what happened', () => {
    const ledger = [entry('alpha', 0), entry('gamma', 1, { effect: 'none' })];
    expect(kinds(evidence({ ledger }))).toEqual(['story_differs']);
  });

  test('that began an attempt while another could still take money is a double charge, even where nothing came of it', () => {
    const line = { seq: 1, at: '', actor: 'system', text: '', planned: false } as const;
    const started = { ...line, kind: 'attempt_started', attempt: 1 };
    const timeline = [started, { ...line, kind: 'outcome_unknown', attempt: 1 }, { ...started, attempt: 2 }];
    expect(kinds(evidence({ timeline }))).toEqual(['double_charge']);
    const proved = [started, { ...line, kind: 'attempt_not_executed', attempt: 1 }, { ...started, attempt: 2 }];
    expect(kinds(evidence({ timeline: proved }))).toEqual([]);
  });

  test('that sent a card again after it was declined for good did what is forbidden', () => {
    const operation = {
      orderId: 'o',
      attempt: 1,
      operation: 'charge',
      amountMinor: 100,
      claimedAtMs: 0,
      outcome: null,
    };
    const operations = ['alpha', 'beta'].map((processor) => ({
      ...operation,
      processor,
      key: `key-${processor}`,
      instrumentId: 'ins_1',
      recordedAtMs: null,
    }));
    const cards = new Map([['ins_1', 'stolen']]);
    const declined = entry('alpha', 0, { effect: 'none' });
    const unpaid = { stage: 'waiting_buyer', money: NOTHING } as const;
    const seen = (ledger: LedgerEntry[]) =>
      kinds(evidence({ plan: { ...PLAN, hardCards: ['stolen'] }, cards, operations, ledger }, unpaid));
    expect(seen([declined])).toEqual([]);
    expect(seen([declined, entry('beta', 3, { effect: 'none', reference: null })])).toEqual(['forbidden_retry']);
    // What was lost before the decline was no request with a forbidden card.
    expect(seen([entry('beta', -3, { effect: 'none', reference: null }), declined])).toEqual([]);
  });

  test('sends no card that is known to be declined for good at another order, nor one too often', () => {
    const declined = (second: number) => ({
      orderId: `o${second}`,
      entry: entry('alpha', second, { effect: 'none', reference: `alpha_pay_${second}`, key: `key-${second}` }),
      operation: undefined,
    });
    const often = (count: number, hard = false) => ({
      card: 'shared',
      hard,
      requests: Array.from({ length: count }, (_, second) => declined(second)),
    });
    expect(judgeSharedCards([often(10)], 600)).toEqual([]);
    expect(judgeSharedCards([often(11)], 600).map(({ kind }) => kind)).toEqual(['forbidden_retry']);
    // So much faster that the day is over between the first and the eleventh.
    expect(judgeSharedCards([often(11)], 86_400)).toEqual([]);
    const recordedAtMs = Date.parse(declined(0).entry.at);
    const known = { orderId: 'o0', outcome: 'declined', recordedAtMs } as OperationRow;
    const hard = (second: number) => ({
      ...often(0, true),
      requests: [{ ...declined(0), operation: known }, declined(second)],
    });
    expect(judgeSharedCards([hard(1)], 600)).toEqual([]);
    expect(judgeSharedCards([hard(60)], 600).map(({ kind }) => kind)).toEqual(['forbidden_retry']);
  });

  test('is stuck when nobody has the next turn, or what is planned is long overdue', () => {
    const row = {
      orderId: 'o',
      stage: 'confirming',
      needsHuman: false,
      open: true,
      nextActionAtMs: NOW_MS + 60_000,
      seq: 1,
    } as const;
    expect(whyStuck(row, NOW_MS)).toBeNull();
    expect(whyStuck({ ...row, nextActionAtMs: NOW_MS - 60_000 }, NOW_MS)).toContain('was due');
    expect(whyStuck({ ...row, stage: 'needs_review', needsHuman: true, nextActionAtMs: 0 }, NOW_MS)).toContain(
      'was due',
    );
    expect(whyStuck({ ...row, nextActionAtMs: null }, NOW_MS)).toContain('nobody');
    expect(whyStuck({ ...row, stage: 'waiting_buyer', nextActionAtMs: null }, NOW_MS)).toBeNull();
    expect(whyStuck(undefined, NOW_MS)).not.toBeNull();
    // It is over, and money has to go back: a run has to do that, or a person.
    const paid = { ...row, stage: 'paid', nextActionAtMs: null } as const;
    expect(whyStuck(paid, NOW_MS)).toContain('nobody');
    expect(whyStuck({ ...paid, needsHuman: true }, NOW_MS)).toBeNull();
    expect(whyStuck({ ...paid, open: false }, NOW_MS)).toBeNull();
  });
});

describe('a run', () => {
  test('with the same seed plays the same orders, with another seed others', () => {
    const plan = (seed: number, batch: number) => JSON.stringify(planBatch({ seed, batch, orders: 40 }));
    expect(plan(5, 2)).toBe(plan(5, 2));
    expect(plan(6, 2)).not.toBe(plan(5, 2).replaceAll('c5-', 'c6-'));
    expect(plan(5, 3)).not.toBe(plan(5, 2).replaceAll('5-2-', '5-3-'));
  });

  test('is the sum of its batches, and says what it does not exclude', () => {
    const line = {
      ...{
        seed: 5,
        orders: 300,
        attempts: 400,
        doubleCharges: 0,
        surplusEpisodes: 0,
        surplusOpenMs: 7,
        lostPayments: 0,
      },
      ...{
        heldOpen: 1,
        stuckOrders: 0,
        forbiddenRetries: 0,
        historiesReplayed: 50,
        replayFailures: 0,
        storiesThatDiffer: 0,
      },
      ...{ faults: { worker: 2 }, unknownMs: [10, 30], unknownResolvedMs: { p50: 10, p99: 30 } },
    } as unknown as BatchLine;
    const sum = sumOf([line, { ...line, faults: { worker: 1, gateway: 4 }, unknownMs: [20], surplusOpenMs: 9 }]);
    expect(sum).toMatchObject({ orders: 600, heldOpen: 2, surplusOpenMs: 9, faults: { worker: 3, gateway: 4 } });
    expect(originsOf([{ ...line, sources: 'a1', toxiproxy: true, tried: 290 }, { ...line, sources: 'a1' }, line])).toBe(
      '  sources a1: 2 batches, 600 orders\n  sources unknown: 1 batches, 300 orders\n  something arrived at a processor: 290 orders\n  with toxiproxy: 300 orders',
    );
    expect(sum.unknownResolvedMs).toEqual({ p50: 20, p99: 30 });
    const tried = { ...line, tried: 290 };
    expect(boundOf([tried, tried, line])).toContain('at most 3 in 580, 1 in 193');
    expect(boundOf([tried, { ...tried, doubleCharges: 1 }])).toBe('');
    expect(boundOf([tried, { ...tried, lostPayments: 1 }])).toBe('');
    expect(boundOf([line])).toBe('');
    expect(tableOf({ ...sum, faults: { worker: 3, answerLostPercent: 8 } })).toMatch(
      /faults +worker 3, answers lost 8$/,
    );
    expect(isClean(sum)).toBe(true);
    expect(isClean({ ...sum, storiesThatDiffer: 1 })).toBe(false);
    expect(Object.keys(JSON.parse(jsonOf(sum)))).toEqual([
      ...['seed', 'orders', 'attempts', 'faults', 'doubleCharges', 'surplusEpisodes', 'surplusOpenMs', 'lostPayments'],
      ...['heldOpen', 'stuckOrders', 'forbiddenRetries', 'unknownResolvedMs', 'historiesReplayed', 'replayFailures'],
    ]);
  });
});

test.each(Object.keys(SABOTAGES) as SabotageName[])(
  'the guard "%s" is once where the sabotage looks for it',
  (name) => {
    for (const { file, guard } of SABOTAGES[name]) {
      expect(readFileSync(join(ROOT, file), 'utf8').split(guard)).toHaveLength(2);
    }
  },
);
