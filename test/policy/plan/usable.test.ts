import { describe, expect, test } from 'vitest';
import type { CeilingReading } from '../../../policy/decision.ts';
import type { SealedCredential } from '../../../policy/instrument.ts';
import type { Attempt } from '../../../policy/order.ts';
import {
  advisedWait,
  credentialFor,
  forbiddenAs,
  mayChallenge,
  reachedCeiling,
  refusalOfInstrument,
} from '../../../policy/plan/usable.ts';
import { Steps } from '../apply/steps.ts';
import * as make from '../decide/fixtures.ts';
import { usedUp } from '../decide/house-faults.ts';

const [charged] = new Steps().answer({ outcome: 'declined', failureClass: 'soft_decline' }).order.attempts as [Attempt];
const base = make.newOrder();
const nowMs = Date.parse(base.openedAt);
const at = (afterMs: number) => new Date(nowMs + afterMs).toISOString();
const withAttempts = (...changes: Partial<Attempt>[]) => ({
  ...base,
  attempts: changes.map((change, index) => ({ ...charged, number: index + 1, ...change })),
});

describe('the credential that is sent', () => {
  const find = (credential: Partial<SealedCredential>, ...attempts: Partial<Attempt>[]) => {
    const instrument = make.card('ins_1', { credentials: [{ processor: 'alpha', sealed: 's', ...credential }] });
    return credentialFor({ order: withAttempts(...attempts), nowMs }, instrument, 'alpha') !== undefined;
  };

  test('is the processor’s own, or one for all', () => {
    expect([find({}), find({ processor: '*' }), find({ processor: 'beta' })]).toEqual([true, true, false]);
  });

  test('is not used from the moment on at which it expires', () => {
    expect([find({ expiresAt: at(1) }), find({ expiresAt: at(0) }), find({ expiresAt: at(-1) })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('is used as often as wanted, unless it is for one use', () => {
    expect([find({}, {}), find({ singleUse: true }), find({ singleUse: true }, {})]).toEqual([true, true, false]);
  });

  test('for one use is used up by an attempt with it at this processor only, and only if that left the house', () => {
    const [primary] = charged.operations;
    if (primary === undefined) throw new Error('it was charged');
    const heldBack = { outcome: 'not_executed' as const, operations: [{ ...primary, sends: 0 }] };
    for (const change of [{ processor: 'beta' }, { instrumentId: 'ins_2' }, { neverSent: true as const }, heldBack]) {
      expect(find({ singleUse: true }, change)).toBe(true);
      expect(find({ singleUse: true }, change, {})).toBe(false);
    }
  });

  test('for one use that was entered again is fresh for the attempts that follow', () => {
    expect(find({ singleUse: true, fromAttempt: 2 }, {})).toBe(true);
    expect(find({ singleUse: true, fromAttempt: 2 }, {}, {})).toBe(false);
  });
});

describe('a card that may not be used', () => {
  const forbidden = { since: at(0), attempt: 1, failureClass: null, source: 'a table (1)' };

  test('is the same card under another id', () => {
    const order = { ...base, instruments: [make.card('ins_1', { forbidden }), make.card('ins_2')] };
    expect(forbiddenAs(order, make.card('ins_9', { identity: 'card-ins_1' }))).toEqual(forbidden);
    expect(forbiddenAs(order, make.card('ins_1', { identity: 'another name' }))).toEqual(forbidden);
    expect(forbiddenAs(order, make.card('ins_2'))).toBeUndefined();
    expect(forbiddenAs(base, make.card('ins_3', { forbidden }))).toEqual(forbidden);
  });

  test('is the same card under any of its names', () => {
    const paid = make.card('ins_1', { identity: 'par:1', aliases: ['cred:a'], forbidden });
    const order = { ...base, instruments: [paid, make.card('ins_2', { identity: 'cred:b', aliases: ['cred:a'] })] };
    expect(forbiddenAs(order, make.card('ins_9', { identity: 'cred:a' }))).toEqual(forbidden);
    expect(forbiddenAs(order, make.card('ins_9', { identity: 'cred:z', aliases: ['par:1'] }))).toEqual(forbidden);
    // It shares no name with the forbidden one itself, but with one that does.
    expect(forbiddenAs(order, make.card('ins_9', { identity: 'cred:b' }))).toEqual(forbidden);
    expect(forbiddenAs(order, make.card('ins_9', { identity: 'cred:c', aliases: ['cred:d'] }))).toBeUndefined();
  });

  test('says what forbade it, and where', () => {
    const why = (more: object) => {
      const instrument = make.card('ins_1', { forbidden: { ...forbidden, ...more } });
      return refusalOfInstrument({ order: base, ceilings: [], nowMs }, instrument);
    };
    expect(why({})).toEqual({ why: 'forbidden after a final decline', source: 'a table (1)', code: 'forbidden' });
    expect(why({ failureClass: 'hard_decline', orderId: 'o-9' })?.why).toBe(
      'forbidden after hard_decline, by order o-9',
    );
    expect(refusalOfInstrument({ order: base, ceilings: [], nowMs }, make.card('ins_1'))).toBeNull();
  });

  test('is at the ceiling that holds longest, of its own', () => {
    const short = usedUp('card-ins_1', nowMs);
    const long = { ...short, name: 'long', windowEndsAt: at(make.DAY_MS) };
    const others = [
      { ...long, identity: 'card-x' },
      { ...long, used: 9 },
      { ...long, windowEndsAt: at(0) },
    ];
    for (const ceilings of [
      [short, long],
      [long, short],
    ]) {
      expect(reachedCeiling({ order: base, ceilings, nowMs }, make.card('ins_1'))).toEqual(long);
    }
    const reached = (...ceilings: CeilingReading[]) =>
      reachedCeiling({ order: base, ceilings, nowMs }, make.card('ins_1', { aliases: ['another name'] }));
    expect(reached(...others, short)).toEqual(short);
    expect(reached(...others)).toBeUndefined();
    expect(reached({ ...short, identity: 'another name' })).toMatchObject({ identity: 'another name' });
  });

  test('is not challenged a fourth time', () => {
    const challenged = { challenge: true };
    const may = (...attempts: Partial<Attempt>[]) => mayChallenge(withAttempts(...attempts), make.card('ins_1'));
    expect(may(challenged, challenged)).toBe(true);
    expect(may(challenged, challenged, challenged)).toBe(false);
    expect(may(challenged, challenged, { challenge: false }, { ...challenged, instrumentId: 'ins_2' })).toBe(true);
    const order = { ...withAttempts(challenged, challenged, challenged), instruments: [make.card('ins_1')] };
    expect(mayChallenge(order, make.card('ins_9', { aliases: ['card-ins_1'] }))).toBe(false);
  });
});

describe('advice to wait', () => {
  const until = (instrument = make.card('ins_1'), ...attempts: Partial<Attempt>[]) =>
    advisedWait({ ...withAttempts(...attempts), instruments: [make.card('ins_1'), make.card('ins_2')] }, instrument);

  test('holds until the latest time that any attempt with the card was told', () => {
    const [early, late] = [{ retryNotBefore: at(1) }, { retryNotBefore: at(2) }];
    expect(until(make.card('ins_1'), early, late, {})).toBe(at(2));
    expect(until(make.card('ins_1'), late, early)).toBe(at(2));
    expect(until(make.card('ins_1'), {})).toBeNull();
  });

  test('is about the card, under whatever id it comes', () => {
    const other = { retryNotBefore: at(2), instrumentId: 'ins_2' };
    expect(until(make.card('ins_1'), other)).toBeNull();
    expect(until(make.card('ins_9', { identity: 'card-ins_2' }), other)).toBe(at(2));
    expect(until(make.card('ins_2', { identity: 'another name' }), other)).toBe(at(2));
    expect(until(make.card('ins_9', { aliases: ['card-ins_2'] }), other)).toBe(at(2));
    expect(until(make.card('ins_1'), { retryNotBefore: at(2), instrumentId: null })).toBeNull();
  });
});

describe('a processor that lacks an operation', () => {
  const without = (operation: string, facts = {}) => {
    const operations = make.sheetsWith({})[0]?.operations.filter((each) => each !== operation) ?? [];
    return new Steps({ facts, sheets: make.sheetsWith({ alpha: { operations } }) });
  };

  test('is passed over by an order that needs it, and by no other', () => {
    const manual = { capture: 'manual' } as const;
    expect(without('charge').attempt().processor).toBe('beta');
    expect(without('authorize').attempt().processor).toBe('alpha');
    expect(without('charge', manual).attempt().processor).toBe('alpha');
    expect(without('authorize', manual).attempt().processor).toBe('beta');
  });

  test('opens its page all the same: there the buyer pays as the processor likes', () => {
    const order = without('charge').answer({ outcome: 'declined', failureClass: 'hard_decline' });
    order.tell(make.choose('hosted_checkout'));
    expect(order.attempt(2)).toMatchObject({ kind: 'hosted_checkout', processor: 'alpha' });
  });
});
