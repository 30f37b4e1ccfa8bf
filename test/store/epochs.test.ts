import { describe, expect, test } from 'vitest';
import type { ClaimInput, Progress } from '../../store/store.ts';
import {
  claim,
  LATER,
  merchantEvent,
  NOW,
  newOrder,
  nextClaim,
  processorEvent,
  progress,
  record,
  SOON,
  state,
  useStore,
} from './world.ts';

const opened = useStore();

/** Attempt 1 at alpha declined, attempt 2 at beta paid, all written by run-a; the stored state is at seq 8. */
async function paidAtBeta(order: string): Promise<{ first: ClaimInput; second: ClaimInput; paid: Progress }> {
  const first = claim(order);
  await opened.store.claimOperation(first);
  await record(opened.store, first, 'declined');
  const second = claim(order, { attempt: 2, processor: 'beta' });
  await opened.store.claimOperation(second);
  await record(opened.store, second, 'succeeded');
  const paid = progress(order, { state: state(order, 8, 2), stage: 'paid', processor: 'beta' });
  await opened.store.saveProgress(paid);
  return { first, second, paid };
}

function byRun(claimed: ClaimInput, runId: string): ClaimInput {
  return { ...claimed, progress: claimed.progress && { ...claimed.progress, runId } };
}

describe('reset', () => {
  test('to the very first task, with the charge in flight: the same key is sent again', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const again = byRun(claim(order), 'run-b');
    expect(await opened.store.claimOperation(again)).toEqual({ kind: 'sent_again', resendUntil: SOON });
    expect((await opened.store.findOrder('default', order))?.epoch).toBe(2);
  });

  test('to the very first task, too late to send: the outcome is unknown', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    expect(await opened.store.claimOperation({ ...byRun(claim(order), 'run-b'), now: LATER })).toEqual({
      kind: 'expired',
    });
  });

  test('after paid: whatever is asked is answered with the stored state, nothing is written, and nothing told again', async () => {
    const order = newOrder();
    const { first, second, paid } = await paidAtBeta(order);
    for (const asked of [first, second]) {
      const answer = await opened.store.claimOperation(byRun(asked, 'run-b'));
      expect(answer).toEqual({ kind: 'order_exists', state: paid.state });
    }
    expect(await opened.store.findOrder('default', order)).toMatchObject({
      stage: 'paid',
      epoch: 1,
      state: paid.state,
    });
    const told = await opened.store.listTimeline('default', order);
    expect(told.every(({ epoch }) => epoch === 1)).toBe(true);
  });

  test('a run that goes another way than the paid one is sent to the stored state and starts nothing', async () => {
    const order = newOrder();
    const { paid } = await paidAtBeta(order);
    const elsewhere = claim(order, {
      attempt: 2,
      processor: 'gamma',
      progress: progress(order, { runId: 'run-b', firstOfOrder: false, state: state(order, 4, 2) }),
    });
    expect(await opened.store.claimOperation(elsewhere)).toEqual({ kind: 'order_exists', state: paid.state });
    expect((await opened.store.findOrder('default', order))?.epoch).toBe(1);
  });

  test('proved not executed in an order that was paid since: never sent again', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'not_executed');
    const second = claim(order, { attempt: 2, processor: 'beta' });
    await opened.store.claimOperation(second);
    await record(opened.store, second, 'succeeded');
    const answer = await opened.store.claimOperation(byRun(first, 'run-b'));
    expect(answer).toMatchObject({ kind: 'order_exists', state: { seq: 4 } });
  });

  test('of a cancelled order: an old run’s claim in flight starts nothing', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 1, 0) }));
    await opened.store.saveProgress(
      progress(order, { runId: 'run-b', firstOfOrder: false, state: state(order, 3, 0), stage: 'cancelled' }),
    );
    expect(await opened.store.claimOperation(claim(order))).toMatchObject({ kind: 'order_exists' });
    expect(await opened.store.listOperations('default', order)).toEqual([]);
  });

  test('of a closed order: a claim that brings no new decision starts and repeats nothing', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'not_executed');
    await opened.store.saveProgress(progress(order, { state: state(order, 5, 1), stage: 'cancelled' }));
    expect(await opened.store.claimOperation(nextClaim(order))).toMatchObject({
      kind: 'recorded',
      result: { outcome: 'not_executed' },
    });
    expect(await opened.store.claimOperation(nextClaim(order, { attempt: 2 }))).toEqual({
      kind: 'conflict',
      what: 'the order is cancelled',
    });
  });

  test('hides nothing: both epochs stay in the timeline, and the merchant is not told twice', async () => {
    const order = newOrder();
    const { paid } = await paidAtBeta(order);
    const told = { ...paid, events: [merchantEvent(8)] };
    await opened.store.saveProgress(told);
    await opened.store.saveProgress({ ...told, runId: 'run-b', firstOfOrder: false });
    const entries = await opened.store.listTimeline('default', order);
    expect(entries.map((entry) => [entry.epoch, entry.seq])).toEqual([
      [1, 2],
      [1, 4],
      [1, 8],
      [2, 8],
    ]);
    expect(await opened.store.listOutbox('default', order)).toHaveLength(1);
  });
});

describe('collected again after retention', () => {
  test('exactly the same first charge: the stored state to go on from', async () => {
    const order = newOrder();
    const { first, paid } = await paidAtBeta(order);
    const answer = await opened.store.claimOperation({ ...byRun(first, 'run-z'), now: '2027-11-22T10:00:00.000Z' });
    expect(answer).toMatchObject({ kind: 'order_exists', state: { seq: paid.state.seq, attempts: [{}, {}] } });
  });

  test('with another card: the order exists, its numbers go on, nothing was claimed or written', async () => {
    const order = newOrder();
    const { first, paid } = await paidAtBeta(order);
    const answer = await opened.store.claimOperation({ ...byRun(first, 'run-z'), instrumentId: 'ins_9' });
    expect(answer).toEqual({ kind: 'order_exists', state: paid.state });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 1, stage: 'paid' });
    expect(await opened.store.listOperations('default', order)).toHaveLength(2);
  });

  test('a first decision without a charge: the order exists', async () => {
    const order = newOrder();
    const { paid } = await paidAtBeta(order);
    const first = progress(order, { runId: 'run-z', state: state(order, 1, 0), stage: 'waiting_buyer' });
    expect(await opened.store.saveProgress(first)).toEqual({ kind: 'order_exists', state: paid.state });
    expect(await opened.store.listTimeline('default', order)).toHaveLength(3);
  });

  test('a run that went on from the stored state claims the next attempt number', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'declined');
    await opened.store.saveProgress(progress(order, { state: state(order, 5, 1), stage: 'failed' }));
    const reopened = progress(order, { runId: 'run-z', firstOfOrder: false, state: state(order, 7, 2) });
    const second = claim(order, { attempt: 2, processor: 'beta', progress: reopened });
    expect(await opened.store.claimOperation(second)).toEqual({ kind: 'granted' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 2, stage: 'attempting' });
  });
});

describe('who may write the order’s state', () => {
  test('an older epoch’s run adds to its own timeline and changes nothing else', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const newer = progress(order, {
      runId: 'run-b',
      firstOfOrder: false,
      state: state(order, 3, 1),
      stage: 'waiting_buyer',
    });
    expect(await opened.store.saveProgress(newer)).toEqual({ kind: 'saved' });
    const stale = progress(order, { state: state(order, 9, 1), stage: 'paid', events: [merchantEvent(9)] });
    expect(await opened.store.saveProgress(stale)).toEqual({ kind: 'stale' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'waiting_buyer', epoch: 2 });
    expect(await opened.store.listOutbox('default', order)).toEqual([]);
    expect((await opened.store.listTimeline('default', order)).map(({ epoch, seq }) => [epoch, seq])).toContainEqual([
      1, 9,
    ]);
  });

  test('within an epoch the state only moves forward', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 5, 1), stage: 'waiting_buyer' }));
    expect(await opened.store.saveProgress(progress(order, { state: state(order, 3, 1) }))).toEqual({ kind: 'saved' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'waiting_buyer', state: { seq: 5 } });
    expect(await opened.store.listTimeline('default', order)).toHaveLength(2);
  });

  test('a newer epoch that knows less than the row never replaces it: it is told so, and goes on from the row', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 9, 2), stage: 'waiting_buyer' }));
    const back = (seq: number, attempts: number) =>
      opened.store.saveProgress(
        progress(order, { runId: 'run-b', firstOfOrder: false, state: state(order, seq, attempts) }),
      );
    expect(await back(4, 1)).toMatchObject({ kind: 'order_exists', state: { seq: 9 } });
    expect(await back(6, 2)).toMatchObject({ kind: 'order_exists', state: { seq: 9 } });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ state: { seq: 9 }, epoch: 1 });
    expect(await back(10, 2)).toEqual({ kind: 'saved' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ state: { seq: 10 }, stage: 'attempting' });
  });

  test('nor one that tells as much and does not know of an operation that the row has', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const refund = claim(order, { operation: 'refund' });
    const knowing = state(order, 4, 1);
    knowing.attempts[0]?.operations.push({ operation: 'refund', key: refund.key } as never);
    await opened.store.claimOperation({ ...refund, progress: progress(order, { state: knowing }) });
    const toldMore = progress(order, { runId: 'run-b', firstOfOrder: false, state: state(order, 20, 1) });
    const stored = { kind: 'order_exists', state: { seq: 4 } };
    expect(await opened.store.saveProgress(toldMore)).toMatchObject(stored);
    expect(await opened.store.claimOperation(nextClaim(order, { progress: toldMore }))).toMatchObject(stored);
    expect(await opened.store.saveProgress({ ...toldMore, state: knowing })).toEqual({ kind: 'saved' });
  });

  test('a decision that the row does not hold has applied no event', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 9, 2) }));
    await opened.store.storeProcessorEvent({
      event: processorEvent(order, `evt-${order}`),
      bodyHash: 'b',
      receivedAt: NOW,
    });
    const appliedEvents = [{ processor: 'alpha', eventId: `evt-${order}` }];
    await opened.store.saveProgress(
      progress(order, { runId: 'run-b', firstOfOrder: false, state: state(order, 4, 1), appliedEvents }),
    );
    expect(await opened.store.listUnappliedEvents({ merchantId: 'default', orderId: order, limit: 5 })).toHaveLength(1);
  });
});
