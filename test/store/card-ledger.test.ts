import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../store/open.ts';
import type { ClaimInput, Store } from '../../store/store.ts';
import { at, cardClaim, ceiling, HOUR_MS, newCard, triesOf } from './cards.ts';
import { NOW, nextClaim, processorEvent, record, storedOutcome, useStore } from './world.ts';

const opened = useStore();

const declined = async (claimed: ClaimInput, over = {}) => {
  expect(await opened.store.claimOperation(claimed)).toMatchObject({ kind: 'granted' });
  await record(opened.store, claimed, 'declined', over);
};
const kindOf = async (claimed: ClaimInput) => (await opened.store.claimOperation(claimed)).kind;

describe('at the edge of a ceiling', () => {
  let other: Store;
  beforeAll(async () => {
    other = await openStore(opened.url);
  });
  afterAll(() => other.close());

  test('of forty claims of forty orders at once, from two pools, exactly as many are granted as have room', async () => {
    const card = newCard();
    const ceilings = [ceiling({ limit: 12 })];
    for (let count = 0; count < 5; count += 1) await declined(cardClaim(card, { ceilings }));
    const claims = Array.from({ length: 40 }, () => cardClaim(card, { ceilings }));
    const answers = await Promise.all(
      claims.map((each, index) => (index % 2 === 0 ? opened.store : other).claimOperation(each)),
    );
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(7);
    expect(answers.filter(({ kind }) => kind === 'ceiling')).toHaveLength(33);
    expect((await triesOf(opened.store, card)).sort()).toEqual([
      ...Array(5).fill('declined'),
      ...Array(7).fill('reserved'),
    ]);
    for (const answer of answers) {
      if (answer.kind === 'ceiling') expect(answer.card.ceilings[0]).toMatchObject({ used: 12, limit: 12 });
    }
  });

  test('a card that is met for the first time by thirty claims at once is one card', async () => {
    const card = newCard({ aliases: ['cred:first', 'cred:second'] });
    const byAlias = { ...card, identity: 'cred:second', aliases: [] };
    const claims = Array.from({ length: 30 }, (_, index) => cardClaim(index % 3 === 0 ? byAlias : card));
    const answers = await Promise.all(
      claims.map((each, index) => (index % 2 === 0 ? opened.store : other).claimOperation(each)),
    );
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(3);
    expect(await triesOf(opened.store, card)).toHaveLength(3);
  });

  test('cards that are met by other names at the same moment are one card each, and nobody is a deadlock’s victim', async () => {
    const claims = Array.from({ length: 40 }, (_, index) => {
      const names = ['cred:a', 'cred:b', 'cred:c', 'cred:d'].map((name) => `${name}${Math.floor(index / 10)}`);
      const own = names.slice(index % 3).sort(() => (index % 2) - 0.5);
      return cardClaim(newCard({ identity: own[0] ?? '', aliases: own.slice(1) }), {
        ceilings: [ceiling({ limit: 2 })],
      });
    });
    const answers = await Promise.all(
      claims.map((each, index) => (index % 2 === 0 ? opened.store : other).claimOperation(each)),
    );
    expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(4 * 2);
  });

  test('the answer says what was counted, this try included, and when the window ends', async () => {
    const card = newCard();
    const answer = await opened.store.claimOperation(cardClaim(card));
    const reading = { identity: card.identity, name: 'testnet declines in an hour', used: 1, limit: 3 };
    const sources = { windowEndsAt: at(HOUR_MS), document: 'a test', edition: '2020-01-01' };
    expect(answer).toEqual({
      kind: 'granted',
      card: { identity: card.identity, network: 'testnet', ceilings: [{ ...reading, ...sources }], forbidden: [] },
    });
  });

  test('a refused claim writes the progress and nothing else', async () => {
    const card = newCard();
    for (let count = 0; count < 3; count += 1) await declined(cardClaim(card));
    const refused = cardClaim(card);
    expect(await kindOf(refused)).toBe('ceiling');
    expect(await opened.store.listOperations('default', refused.orderId)).toEqual([]);
    expect(await opened.store.listTimeline('default', refused.orderId)).toHaveLength(1);
    expect(await opened.store.findOrder('default', refused.orderId)).not.toBeNull();
    expect(await triesOf(opened.store, card)).toHaveLength(3);
  });
});

describe('the window rolls', () => {
  test('a try leaves it exactly when it is as old as the window, and makes room for one', async () => {
    const card = newCard();
    for (const minute of [0, 20, 40]) await declined(cardClaim(card, { now: at(minute * 60_000) }));
    const early = cardClaim(card, { now: at(HOUR_MS - 1) });
    const refused = await opened.store.claimOperation(early);
    expect(refused).toMatchObject({ kind: 'ceiling', card: { ceilings: [{ used: 3, windowEndsAt: at(HOUR_MS) }] } });
    expect(await kindOf(cardClaim(card, { now: at(HOUR_MS) }))).toBe('granted');
    const next = await opened.store.claimOperation(cardClaim(card, { now: at(HOUR_MS) }));
    expect(next).toMatchObject({ kind: 'ceiling', card: { ceilings: [{ windowEndsAt: at(HOUR_MS + 20 * 60_000) }] } });
  });

  test('when the limit was passed by what nobody could refuse, it is free when the count is below it', async () => {
    const card = newCard();
    const [first] = [cardClaim(card)];
    const nativeTries = [10, 20, 30].map((minute) => ({ at: at(minute * 60_000), outcome: 'declined' as const }));
    await declined(first, { nativeTries });
    const refused = await opened.store.claimOperation(cardClaim(card, { now: at(45 * 60_000) }));
    // Four in the window: room for one comes when the second of them leaves it.
    expect(refused).toMatchObject({
      kind: 'ceiling',
      card: { ceilings: [{ used: 4, windowEndsAt: at(HOUR_MS + 10 * 60_000) }] },
    });
  });
});

describe('what counts', () => {
  test('declines and what is not known yet; approvals and what was proved not executed do not', async () => {
    const card = newCard();
    const outcomes = ['succeeded', 'not_executed', 'unknown', 'requires_action', 'declined'] as const;
    for (const outcome of outcomes) {
      const claimed = cardClaim(card);
      expect(await kindOf(claimed)).toBe('granted');
      await record(opened.store, claimed, outcome);
    }
    expect(await triesOf(opened.store, card)).toEqual(
      expect.arrayContaining(['succeeded', 'released', 'reserved', 'reserved', 'declined']),
    );
    expect(await kindOf(cardClaim(card))).toBe('ceiling');
  });

  test('where a ceiling counts attempts, an approval counts too', async () => {
    const card = newCard();
    const ceilings = [ceiling({ counts: 'attempts', limit: 1 })];
    const paid = cardClaim(card, { ceilings });
    await opened.store.claimOperation(paid);
    await record(opened.store, paid, 'succeeded');
    expect(await kindOf(cardClaim(card, { ceilings }))).toBe('ceiling');
  });

  test('an unknown outcome keeps its place until it is proved; the proof gives it back', async () => {
    const card = newCard();
    const claims = [cardClaim(card), cardClaim(card), cardClaim(card)];
    for (const each of claims) {
      await opened.store.claimOperation(each);
      await record(opened.store, each, 'unknown');
    }
    const [lost] = claims as [ClaimInput];
    // One send that did nothing proves nothing of the one whose answer is missing.
    await record(opened.store, lost, 'not_executed');
    expect(await storedOutcome(opened.store, lost)).toBe('unknown');
    expect(await kindOf(cardClaim(card))).toBe('ceiling');
    await record(opened.store, lost, 'not_executed', { operation: 'lookup' });
    expect(await kindOf(cardClaim(card))).toBe('granted');
    expect(await kindOf(cardClaim(card))).toBe('ceiling');
  });

  test('late truth counts: what was proved absent and was declined after all', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    await opened.store.claimOperation(claimed);
    await record(opened.store, claimed, 'not_executed', { operation: 'lookup' });
    await record(opened.store, claimed, 'declined');
    expect(await triesOf(opened.store, card)).toEqual(['declined']);
  });

  test('what the processor tried by itself counts once, however often it is told', async () => {
    const card = newCard();
    const nativeTries = [{ at: NOW, outcome: 'declined' as const }];
    const claimed = cardClaim(card);
    await declined(claimed, { nativeTries });
    await record(opened.store, claimed, 'declined', { nativeTries });
    const tries = await opened.store.listCardTries('default', card.identity);
    expect(tries.map(({ startedBy, state }) => `${startedBy} ${state}`)).toEqual([
      'rule declined',
      'processor declined',
    ]);
    expect(await kindOf(cardClaim(card))).toBe('granted');
    expect(await kindOf(cardClaim(card))).toBe('ceiling');
  });

  test('what a notice tells of the processor’s own tries counts as well, and once with what the answer told', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    await opened.store.claimOperation(claimed);
    const nativeTries = [{ at: NOW, outcome: 'declined' as const }];
    const notice = processorEvent(claimed.orderId, 'evt-native', {
      type: 'payment_failed',
      key: claimed.key,
      nativeTries,
    });
    await opened.store.storeProcessorEvent({ event: notice, bodyHash: 'b', receivedAt: NOW });
    expect((await triesOf(opened.store, card)).sort()).toEqual(['declined', 'reserved']);
    await record(opened.store, claimed, 'declined', { nativeTries });
    expect(await triesOf(opened.store, card)).toEqual(['declined', 'declined']);
  });

  test('another merchant’s card, another card, and another amount where the network compares amounts do not', async () => {
    const card = newCard();
    const ceilings = [ceiling({ sameAmount: true, limit: 1 })];
    await declined(cardClaim(card, { ceilings }));
    expect(await kindOf(cardClaim(card, { ceilings }))).toBe('ceiling');
    expect(await kindOf(cardClaim(card, { ceilings, amountMinor: 5000 }))).toBe('granted');
    expect(await kindOf(cardClaim(card, { ceilings, currency: 'USD' }))).toBe('granted');
    expect(await kindOf(cardClaim(newCard(), { ceilings }))).toBe('granted');
  });

  test('capturing, closing and giving back count nothing and are never refused', async () => {
    const card = newCard();
    const authorized = cardClaim(card, { operation: 'authorize', ceilings: [ceiling({ limit: 1 })] });
    await opened.store.claimOperation(authorized);
    await record(opened.store, authorized, 'succeeded', { authorizedOnly: true });
    const capture = nextClaim(authorized.orderId, { operation: 'capture' });
    expect(await kindOf(capture)).toBe('granted');
    expect(await triesOf(opened.store, card)).toEqual(['succeeded']);
  });
});

describe('the same key again', () => {
  test('counts nothing again while its try is counted', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    for (let count = 0; count < 5; count += 1) await opened.store.claimOperation(claimed);
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
  });

  test('after its try was released needs room anew', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    await opened.store.claimOperation(claimed);
    await record(opened.store, claimed, 'not_executed');
    expect(await triesOf(opened.store, card)).toEqual(['released']);
    expect(await kindOf(claimed)).toBe('sent_again');
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
    await record(opened.store, claimed, 'not_executed');
    for (let count = 0; count < 3; count += 1) await declined(cardClaim(card));
    expect(await opened.store.claimOperation(claimed)).toMatchObject({
      kind: 'ceiling',
      card: { ceilings: [{ used: 3 }] },
    });
    expect(await storedOutcome(opened.store, claimed)).toBe('not_executed');
  });
});

describe('the network', () => {
  test('that nobody named has no ceiling; a processor’s answer names it, also for what was tried before', async () => {
    const card = newCard({ network: null });
    const ceilings = [ceiling({ limit: 2 })];
    const claims = [cardClaim(card, { ceilings }), cardClaim(card, { ceilings }), cardClaim(card, { ceilings })];
    for (const each of claims) {
      expect(await opened.store.claimOperation(each)).toMatchObject({ kind: 'granted', card: { ceilings: [] } });
    }
    await record(opened.store, claims[0] as ClaimInput, 'declined', { network: 'TestNet' });
    expect(await opened.store.claimOperation(cardClaim(card, { ceilings }))).toMatchObject({
      kind: 'ceiling',
      card: { network: 'testnet', ceilings: [{ used: 3 }] },
    });
  });

  test('is the processor’s word, not the caller’s', async () => {
    const card = newCard({ network: 'othernet' });
    const ceilings = [ceiling({ limit: 1 })];
    await declined(cardClaim(card, { ceilings }), { network: 'testnet' });
    expect(await kindOf(cardClaim(card, { ceilings }))).toBe('ceiling');
  });
});

test('reading takes no lock and counts like the claim', async () => {
  const card = newCard();
  await declined(cardClaim(card));
  const asked = { merchantId: 'default', amountMinor: 4999, currency: 'EUR', ceilings: [ceiling()], now: NOW };
  const stranger = newCard();
  const read = await opened.store.readCards({ ...asked, cards: [stranger, card] });
  expect(read.map(({ identity, ceilings }) => [identity, ceilings[0]?.used])).toEqual([
    [stranger.identity, 0],
    [card.identity, 1],
  ]);
  expect(await opened.store.readCards({ ...asked, cards: [] })).toEqual([]);
});
