import { describe, expect, test } from 'vitest';
import type { ClaimInput, Progress } from '../../store/store.ts';
import { cardClaim, newCard, triesOf } from './cards.ts';
import {
  entry,
  nextClaim,
  progress,
  record,
  result,
  SOON,
  state,
  storedOutcome,
  useStore,
  versionOf,
} from './world.ts';

/** What a run learnt of an operation otherwise than by its call is written with its decision, or not at all. */
describe('proofs that come with a decision', () => {
  const opened = useStore();

  const proved = (claimed: ClaimInput, over: Partial<Progress> = {}): Progress => {
    const proof = { key: claimed.key, result: result(claimed, 'not_executed', { operation: 'lookup' }) };
    return progress(claimed.orderId, { state: state(claimed.orderId, 5, 1), proofs: [proof], ...over });
  };
  const unknownOnce = async () => {
    const card = newCard();
    const first = cardClaim(card);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'unknown');
    return { card, first };
  };
  const sentAgain = (first: ClaimInput, over: Partial<ClaimInput> = {}) =>
    nextClaim(first.orderId, { ...(first.card === undefined ? {} : { card: first.card }), ceilings: [], ...over });

  test('are recorded with it: the outcome, and the place of the card', async () => {
    const { card, first } = await unknownOnce();
    expect(await opened.store.saveProgress(proved(first))).toBe('saved');
    expect(await storedOutcome(opened.store, first)).toBe('not_executed');
    expect(await triesOf(opened.store, card)).toEqual(['released']);
  });

  test('are not recorded by a late write: the send that it does not know of stays open, and keeps its place', async () => {
    const card = newCard();
    const first = cardClaim(card);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'not_executed');
    expect(await opened.store.claimOperation(sentAgain(first))).toMatchObject({ kind: 'sent_again' });
    expect(await opened.store.saveProgress(proved(first))).toBe('order_exists');
    const late = sentAgain(first, { progress: proved(first) });
    expect(await opened.store.claimOperation(late)).toEqual({ kind: 'order_exists' });
    expect(await storedOutcome(opened.store, first)).toBeNull();
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
  });

  test('are not recorded by a run that another one has taken over from, although its lines are kept', async () => {
    const { card, first } = await unknownOnce();
    const next = progress(first.orderId, { runId: 'run-b', basedOn: versionOf(2), state: state(first.orderId, 3, 1) });
    expect(await opened.store.saveProgress(next)).toBe('saved');
    expect(await opened.store.saveProgress(proved(first, { entries: [entry(5)] }))).toBe('stale');
    expect(await storedOutcome(opened.store, first)).toBe('unknown');
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
  });

  test('count before the claim that they come with: what is sent again is open again, and needs its place anew', async () => {
    const { card, first } = await unknownOnce();
    const again = sentAgain(first, { progress: { ...proved(first), position: 9 } });
    expect(await opened.store.claimOperation(again)).toMatchObject({ kind: 'sent_again', resendUntil: SOON });
    expect(await storedOutcome(opened.store, first)).toBeNull();
    expect(await triesOf(opened.store, card)).toEqual(['reserved']);
  });

  test('of what was never claimed harm nothing, and hold up nothing', async () => {
    const { first } = await unknownOnce();
    const written = proved(first, { stage: 'waiting_buyer' });
    const stranger = { key: 'never claimed', result: result(first, 'succeeded', { key: 'never claimed' }) };
    expect(await opened.store.saveProgress({ ...written, proofs: [stranger, ...written.proofs] })).toBe('saved');
    expect(await storedOutcome(opened.store, first)).toBe('not_executed');
    expect(await opened.store.findOrder('default', first.orderId)).toMatchObject({ stage: 'waiting_buyer' });
    expect(await opened.store.listOperations('default', first.orderId)).toHaveLength(1);
  });

  test('leave out how the card stood: told again it would pass for the latest', async () => {
    const { first } = await unknownOnce();
    const [proof] = proved(first).proofs;
    if (proof === undefined) throw new Error('no proof');
    const read = { ...proof, result: { ...proof.result, ceilings: [], forbidden: [] } };
    await opened.store.saveProgress(proved(first, { proofs: [read] }));
    const [stored] = await opened.store.listOperations('default', first.orderId);
    expect(stored?.result).not.toHaveProperty('ceilings');
    expect(stored?.result).not.toHaveProperty('forbidden');
  });

  test('of a send whose own record was lost: its answer, should it come after all, does not end the next send', async () => {
    const card = newCard();
    const first = cardClaim(card);
    await opened.store.claimOperation(first);
    const again = sentAgain(first, { progress: { ...proved(first), position: 9 } });
    expect(await opened.store.claimOperation(again)).toMatchObject({ kind: 'sent_again' });
    await record(opened.store, first, 'not_executed');
    expect(await storedOutcome(opened.store, first)).toBeNull();
    // Only who knows of every send ends it.
    expect(await opened.store.saveProgress(proved(first, { state: state(first.orderId, 20, 1) }))).toBe('saved');
    expect(await storedOutcome(opened.store, first)).toBe('not_executed');
    expect(await triesOf(opened.store, card)).toEqual(['released']);
  });
});
