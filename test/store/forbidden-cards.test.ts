import { describe, expect, test } from 'vitest';
import type { OperationResult } from '../../policy/answers.ts';
import type { ClaimInput } from '../../store/store.ts';
import { cardClaim, ceiling, newCard, triesOf } from './cards.ts';
import { LATER, NOW, record, storedOutcome, useStore } from './world.ts';

const opened = useStore();

const FOR_GOOD: Partial<OperationResult> = {
  failureClass: 'hard_decline',
  forbidsInstrument: true,
  forbidsEverywhere: true,
  document: 'a table',
  edition: '2026-01-01',
};
const kindOf = async (claimed: ClaimInput) => (await opened.store.claimOperation(claimed)).kind;
const stolen = async (claimed: ClaimInput) => {
  expect(await kindOf(claimed)).toBe('granted');
  await record(opened.store, claimed, 'declined', FOR_GOOD);
};

describe('a card that an outcome forbade', () => {
  test('is refused to every other order, with who and what forbade it', async () => {
    const card = newCard();
    const first = cardClaim(card);
    await stolen(first);
    const mark = { identity: card.identity, since: NOW, orderId: first.orderId, attempt: 1 };
    const said = { failureClass: 'hard_decline', source: 'a table (2026-01-01)' };
    for (const startedBy of ['rule', 'schedule', 'buyer', 'support'] as const) {
      const refused = cardClaim({ ...card, startedBy });
      expect(await opened.store.claimOperation(refused)).toMatchObject({
        kind: 'forbidden',
        card: { forbidden: [{ ...mark, ...said }] },
      });
      expect(await opened.store.listOperations('default', refused.orderId)).toEqual([]);
    }
    expect(await triesOf(opened.store, card)).toEqual(['declined']);
  });

  test('stays forbidden under every other name that it is known by', async () => {
    const card = newCard({ aliases: ['cred:old'] });
    await stolen(cardClaim(card));
    const known = newCard({ identity: 'cred:old', identityFrom: 'credential' });
    expect(await kindOf(cardClaim(known))).toBe('forbidden');
  });

  test('two cards that turn out to be one share mark and count', async () => {
    const [one, other] = [newCard({ identity: 'cred:b-one' }), newCard({ identity: 'cred:a-other' })];
    const ceilings = [ceiling({ limit: 2 })];
    for (const card of [one, other]) {
      const claimed = cardClaim(card, { ceilings });
      expect(await kindOf(claimed)).toBe('granted');
      await record(opened.store, claimed, 'declined');
    }
    const both = newCard({ aliases: [one.identity, other.identity] });
    expect(await kindOf(cardClaim(both, { ceilings }))).toBe('ceiling');
    expect(await kindOf(cardClaim(one, { ceilings }))).toBe('ceiling');
    const third = cardClaim(one, { ceilings: [] });
    await stolen(third);
    expect(await kindOf(cardClaim(other, { ceilings: [] }))).toBe('forbidden');
  });

  test('blocked for good is this order’s alone', async () => {
    const card = newCard();
    const blocked = cardClaim(card);
    await opened.store.claimOperation(blocked);
    const said = { failureClass: 'blocked_for_good', forbidsInstrument: true } as const;
    await record(opened.store, blocked, 'declined', said);
    expect(await kindOf(cardClaim(card))).toBe('granted');
  });

  test('is known although the outcome itself was recorded before without it', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    await opened.store.claimOperation(claimed);
    await record(opened.store, claimed, 'declined');
    await record(opened.store, claimed, 'declined', { ...FOR_GOOD, operation: 'lookup' });
    expect(await kindOf(cardClaim(card))).toBe('forbidden');
  });

  test('is not tried by sending a known key again: one in doubt waits for its proof, one not executed is refused', async () => {
    const card = newCard();
    const [doubtful, idle] = [cardClaim(card), cardClaim(card)];
    for (const each of [doubtful, idle]) await opened.store.claimOperation(each);
    await record(opened.store, doubtful, 'unknown');
    await record(opened.store, idle, 'not_executed');
    await stolen(cardClaim(card));
    expect(await kindOf(doubtful)).toBe('expired');
    expect(await kindOf(idle)).toBe('forbidden');
    expect(await kindOf({ ...idle, now: LATER })).toBe('recorded');
    expect(await storedOutcome(opened.store, doubtful)).toBe('unknown');
  });

  test('is another merchant’s to try', async () => {
    const card = newCard();
    await stolen(cardClaim(card));
    const read = { cards: [card], amountMinor: 1, currency: 'EUR', ceilings: [], now: NOW };
    expect(await opened.store.readCards({ ...read, merchantId: 'somebody' })).toMatchObject([{ forbidden: [] }]);
    expect(await opened.store.readCards({ ...read, merchantId: 'default' })).toMatchObject([
      { forbidden: [{ failureClass: 'hard_decline' }] },
    ]);
  });

  test('twenty claims beside the outcome that forbids it: whoever is granted was before it, and nobody is after', async () => {
    const card = newCard();
    const first = cardClaim(card);
    await opened.store.claimOperation(first);
    const claims = Array.from({ length: 20 }, () => cardClaim(card, { ceilings: [] }));
    const [answers] = await Promise.all([
      Promise.all(claims.map((each) => opened.store.claimOperation(each))),
      record(opened.store, first, 'declined', FOR_GOOD),
    ]);
    const granted = answers.filter(({ kind }) => kind === 'granted').length;
    expect(answers.filter(({ kind }) => kind === 'forbidden')).toHaveLength(20 - granted);
    expect(await triesOf(opened.store, card)).toHaveLength(1 + granted);
    expect(await kindOf(cardClaim(card))).toBe('forbidden');
  });

  test('is known by the names that a processor’s answer adds', async () => {
    const card = newCard({ identity: 'cred:answered', identityFrom: 'credential' });
    const first = cardClaim(card);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'declined', { ...FOR_GOOD, cardNames: ['par:told', 'fingerprint:told'] });
    for (const identity of ['par:told', 'fingerprint:told']) {
      expect(await kindOf(cardClaim(newCard({ identity })))).toBe('forbidden');
    }
  });
});
