import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { cardClaim, newCard, triesOf } from './cards.ts';
import { claim, NOW, newOrder, processorEvent, useStore } from './world.ts';

const opened = useStore();

/** An order with an open page, and notices about what the buyer tried there. */
async function openPage() {
  const order = newOrder();
  const page = claim(order, { operation: 'open_hosted', instrumentId: null });
  await opened.store.claimOperation(page);
  let count = 0;
  return async (over: Partial<ProcessorEvent>) => {
    count += 1;
    const event = processorEvent(order, `${order}-${count}`, { type: 'payment_failed', key: page.key, ...over });
    return opened.store.storeProcessorEvent({ event, bodyHash: `body ${count}`, receivedAt: NOW });
  };
}
const kindOf = async (claimed: ReturnType<typeof cardClaim>) => (await opened.store.claimOperation(claimed)).kind;

describe('what the buyer tries on a processor’s own page', () => {
  test('counts for the card that the notice names, once for each payment', async () => {
    const card = newCard();
    const tell = await openPage();
    const notice = { cardNames: [card.identity], network: 'testnet' };
    await tell({ ...notice, reference: 'pay-1' });
    await tell({ ...notice, reference: 'pay-1' });
    await tell({ ...notice, reference: 'pay-2' });
    await tell({ ...notice, reference: 'pay-3', type: 'payment_succeeded' });
    const tries = await opened.store.listCardTries('default', card.identity);
    expect(tries.map(({ startedBy, state }) => `${startedBy} ${state}`).sort()).toEqual([
      'page declined',
      'page declined',
      'page succeeded',
    ]);
    expect(await kindOf(cardClaim(card))).toBe('granted');
    expect(await kindOf(cardClaim(card))).toBe('ceiling');
  });

  test('forbids the card for every order where the decline is for good', async () => {
    const card = newCard();
    const tell = await openPage();
    const said = { failureClass: 'hard_decline', forbidsInstrument: true, forbidsEverywhere: true } as const;
    await tell({ ...said, cardNames: [card.identity], reference: 'pay-stolen' });
    expect(await opened.store.claimOperation(cardClaim(card))).toMatchObject({
      kind: 'forbidden',
      card: { forbidden: [{ failureClass: 'hard_decline', source: 'a notice of alpha' }] },
    });
  });

  test('is not counted twice: a notice of what we submitted, or of no page of ours, counts nothing', async () => {
    const card = newCard();
    const claimed = cardClaim(card);
    await opened.store.claimOperation(claimed);
    const event = processorEvent(claimed.orderId, 'of-a-charge', { key: claimed.key, reference: 'pay-9' });
    const named = { ...event, cardNames: [card.identity], type: 'payment_failed' as const };
    await opened.store.storeProcessorEvent({ event: named, bodyHash: 'b', receivedAt: NOW });
    const stray = { ...named, eventId: 'stray', key: 'unheard-of' };
    await opened.store.storeProcessorEvent({ event: stray, bodyHash: 'b', receivedAt: NOW });
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
  });
});
