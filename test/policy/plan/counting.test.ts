import { describe, expect, test } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import type { CeilingReading } from '../../../policy/decision.ts';
import type { Instrument } from '../../../policy/instrument.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { resultOf } from '../decide/results.ts';

const SOFT = { outcome: 'declined', failureClass: 'soft_decline' } as const;

function read(identity: string, used = 3): CeilingReading {
  const told = { name: 'a ceiling', used, limit: 10, document: 'a document', edition: '2026' };
  return { ...told, identity, windowEndsAt: '2026-11-23T10:00:00.000Z' };
}

/** What the decision to try the retry processor says of the card’s ceilings. */
function counted(card: Partial<Instrument>, readings: CeilingReading[] = [], facts = {}): string[] {
  const order = new Steps({ instruments: [make.card('ins_1', card)], facts });
  const owed = order.command;
  if (owed === null) throw new Error('a charge is out');
  const times = { startedAt: order.now, endedAt: order.now };
  const result = resultOf(owed, '', times, { ...SOFT, evidence: 'said' });
  const known = { rulebook: DEFAULT_RULEBOOK, sheets: order.sheets, ceilings: readings, health: [] };
  const decision = decide({ ...known, order: order.order, event: { type: 'answered', result }, now: order.now });
  // The first line is what was heard of the attempt before.
  return decision.explanation?.evidence.slice(1) ?? [];
}

describe('the explanation of a try with a card', () => {
  test('says how far its ceilings are used, and of no other card', () => {
    const readings = [read('card-x', 9), read('card-ins_1')];
    expect(counted({ network: 'visa' }, readings)).toEqual(['a ceiling: 3 of 10 used']);
    expect(counted({ network: 'visa' }, readings, { capture: 'manual' })).toEqual(['a ceiling: 3 of 10 used']);
  });

  test('says why nothing was counted', () => {
    expect(counted({ network: 'visa' })).toEqual(['no earlier try was read that counts to the ceilings of visa']);
    expect(counted({ network: 'eftpos' })).toEqual(['no ceiling of eftpos is documented']);
    expect(counted({})[0]).toMatch(/^nobody named the network of this payment method/);
  });

  test('says where one card may count as two', () => {
    const weak = (identityFrom: NonNullable<Instrument['identityFrom']>) =>
      counted({ network: 'visa', identityFrom }, [read('card-ins_1')]).slice(1);
    expect([weak('par'), weak('simulator_card')]).toEqual([[], []]);
    expect(weak('linked_credentials')).toEqual([
      'counted by its processors’ credentials: the same card with other credentials counts apart',
    ]);
    expect(weak('credential')).toEqual([
      'counted by a keyed hash of its one credential: the same card with another credential counts apart',
    ]);
  });

  test('says nothing of it where no card is tried', () => {
    const order = new Steps({ instruments: [make.card('ins_1', { network: 'visa' })] }).answer(SOFT);
    const evidence = (each: Steps) => each.entries.findLast(({ kind }) => kind === 'decision')?.explanation?.evidence;
    expect(evidence(order)).toHaveLength(2);
    expect(evidence(order.answer(SOFT))).toHaveLength(1);
  });
});
