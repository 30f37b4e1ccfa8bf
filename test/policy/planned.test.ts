import { describe, expect, test } from 'vitest';
import { nextActionOf } from '../../policy/next-action.ts';
import { plannedEntries } from '../../policy/planned.ts';
import { DEFAULT_RULEBOOK } from '../../policy/rulebooks/default.ts';
import { Steps } from './apply/steps.ts';
import * as make from './decide/fixtures.ts';

const UNKNOWN = { outcome: 'unknown' } as const;
const HARD = { outcome: 'declined', failureClass: 'hard_decline' } as const;
const CHOICE = 'The buyer can choose another way to pay';
const { buyerPatienceMs } = DEFAULT_RULEBOOK.rules[0]?.windows ?? { buyerPatienceMs: Number.NaN };

/** Read so long after the last thing that was told. */
const readingOf = ({ order, sheets, now }: Steps, afterMs = 0) => ({
  order,
  sheets,
  rulebook: DEFAULT_RULEBOOK,
  now: new Date(Date.parse(now) + afterMs).toISOString(),
});
const planned = (order: Steps, afterMs = 0) => plannedEntries(readingOf(order, afterMs));
const texts = (order: Steps, afterMs = 0) => planned(order, afterMs).map(({ text }) => text);

describe('what a timeline says is planned', () => {
  test('while an outcome is unknown: the proofs, and in their midst when the buyer gets other ways to pay', () => {
    const order = new Steps().answer(UNKNOWN);
    expect(texts(order)).toEqual([
      'Same key again: attempt 1 at alpha',
      'Lookup 1 since the last send: attempt 1 at alpha',
      CHOICE,
      'No answer by then: a person looks at attempt 1 at alpha',
    ]);
    const at = new Date(Date.parse(order.now) + buyerPatienceMs).toISOString();
    const line = { seq: 0, at, kind: 'planned', actor: 'system', text: CHOICE, planned: true };
    expect(planned(order)).toContainEqual(line);
    expect(planned(order)).toContainEqual(expect.objectContaining({ attempt: 1, processor: 'alpha' }));
  });

  test('it is the very time at which they come, and from then on it is not planned any more', () => {
    const order = new Steps().answer(UNKNOWN);
    const options = (afterMs: number) => nextActionOf(readingOf(order, afterMs)).options.length > 0;
    expect([options(buyerPatienceMs - 1), texts(order, buyerPatienceMs - 1).includes(CHOICE)]).toEqual([false, true]);
    expect([options(buyerPatienceMs), texts(order, buyerPatienceMs).includes(CHOICE)]).toEqual([true, false]);
  });

  test.each([
    ['one second before it', -1_000, false],
    ['at that very time', 0, false],
    ['one second after it', 1_000, true],
  ])('where the order expires %s: %i ms, %s', (_, ms, foretold) => {
    const { now } = new Steps().answer(UNKNOWN);
    const expiresAt = new Date(Date.parse(now) + buyerPatienceMs + ms).toISOString();
    expect(texts(new Steps({ facts: { expiresAt } }).answer(UNKNOWN)).includes(CHOICE)).toBe(foretold);
  });

  test('it stays there while a proof is with the processor', () => {
    const order = new Steps().answer(UNKNOWN);
    order.untilSent();
    expect(order.command).not.toBeNull();
    expect(texts(order)).toContain(CHOICE);
  });

  test('it wakes nobody: nothing has to be decided then', () => {
    const order = new Steps({ sheets: make.sheetsWith({ alpha: { idempotency: null, lookup: null } }) });
    expect(order.answer(UNKNOWN).wake?.summary).toBe('No answer by then: a person looks at attempt 1 at alpha');
    expect(texts(order)).toContain(CHOICE);
  });

  test.each([
    ['the processor still decides', () => new Steps().answer({ outcome: 'pending' })],
    ['the buyer can choose already', () => new Steps().answer(HARD)],
    ['the order is being ended', () => new Steps().answer(UNKNOWN).tell(make.cancel())],
    ['the money is reserved', () => reserved().tell(make.capture()).answer(UNKNOWN)],
    ['a person has to explain money first', () => new Steps().answer(UNKNOWN).notice('payment_succeeded', STRAY)],
  ] as [string, () => Steps][])('no choice is foretold where %s', (_, life) => {
    expect(texts(life())).not.toContain(CHOICE);
  });
});

const STRAY = { key: 'theirs', reference: 'pay_9' } as const;
const reserved = () =>
  new Steps({ facts: { capture: 'manual' } }).answer({ outcome: 'succeeded', authorizedOnly: true });
