import { describe, expect, test } from 'vitest';
import type { ClaimInput, Progress } from '../../store/store.ts';
import {
  claim,
  LATER,
  merchantEvent,
  NOW,
  newOrder,
  processorEvent,
  progress,
  record,
  SOON,
  state,
  useStore,
  versionOf,
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
  return { ...claimed, progress: { ...claimed.progress, runId } };
}

describe('reset', () => {
  test('to the very first task, with the charge in flight: nothing is sent by a run that does not know of it', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    expect(await opened.store.claimOperation(byRun(claim(order), 'run-b'))).toEqual({ kind: 'order_exists' });
    expect((await opened.store.findOrder('default', order))?.epoch).toBe(1);
  });

  test('to where the stored state was written: the run goes on from it, and its charge is the same one', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    const again = byRun({ ...first, progress: { ...first.progress, basedOn: first.progress.version } }, 'run-b');
    expect(await opened.store.claimOperation(again)).toEqual({ kind: 'sent_again', resendUntil: SOON });
    expect(await opened.store.claimOperation({ ...again, now: LATER })).toEqual({ kind: 'expired' });
    expect((await opened.store.findOrder('default', order))?.epoch).toBe(2);
  });

  test('after paid: whatever is asked is answered with the stored state, nothing is written, and nothing told again', async () => {
    const order = newOrder();
    const { first, second, paid } = await paidAtBeta(order);
    for (const asked of [first, second]) {
      const answer = await opened.store.claimOperation(byRun(asked, 'run-b'));
      expect(answer).toEqual({ kind: 'order_exists' });
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
    await paidAtBeta(order);
    const elsewhere = claim(order, {
      attempt: 2,
      processor: 'gamma',
      progress: progress(order, { runId: 'run-b', state: state(order, 4, 2) }),
    });
    expect(await opened.store.claimOperation(elsewhere)).toEqual({ kind: 'order_exists' });
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
    expect(answer).toEqual({ kind: 'order_exists' });
  });

  test('of a cancelled order: an old run’s claim in flight starts nothing', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 1, 0) }));
    await opened.store.saveProgress(
      progress(order, { runId: 'run-b', basedOn: versionOf(1), state: state(order, 3, 0), stage: 'cancelled' }),
    );
    expect(await opened.store.claimOperation(claim(order))).toEqual({ kind: 'order_exists' });
    expect(await opened.store.listOperations('default', order)).toEqual([]);
  });

  test('hides nothing: both epochs stay in the timeline, and the merchant is not told twice', async () => {
    const order = newOrder();
    const { paid } = await paidAtBeta(order);
    const told = { ...paid, events: [merchantEvent(8)] };
    await opened.store.saveProgress(told);
    await opened.store.saveProgress({ ...told, runId: 'run-b', basedOn: paid.version });
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
    const { first } = await paidAtBeta(order);
    const answer = await opened.store.claimOperation({ ...byRun(first, 'run-z'), now: '2027-11-22T10:00:00.000Z' });
    expect(answer).toEqual({ kind: 'order_exists' });
  });

  test('with another card: the order exists, its numbers go on, nothing was claimed or written', async () => {
    const order = newOrder();
    const { first } = await paidAtBeta(order);
    const answer = await opened.store.claimOperation({ ...byRun(first, 'run-z'), instrumentId: 'ins_9' });
    expect(answer).toEqual({ kind: 'order_exists' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 1, stage: 'paid' });
    expect(await opened.store.listOperations('default', order)).toHaveLength(2);
  });

  test('a first decision without a charge: the order exists', async () => {
    const order = newOrder();
    await paidAtBeta(order);
    const first = progress(order, { runId: 'run-z', state: state(order, 1, 0), stage: 'waiting_buyer' });
    expect(await opened.store.saveProgress(first)).toBe('order_exists');
    expect(await opened.store.listTimeline('default', order)).toHaveLength(3);
  });

  test('a run that went on from the stored state claims the next attempt number', async () => {
    const order = newOrder();
    const first = claim(order);
    await opened.store.claimOperation(first);
    await record(opened.store, first, 'declined');
    await opened.store.saveProgress(progress(order, { state: state(order, 5, 1), stage: 'failed' }));
    const reopened = progress(order, { runId: 'run-z', basedOn: versionOf(5), state: state(order, 7, 2) });
    const second = claim(order, { attempt: 2, processor: 'beta', progress: reopened });
    expect(await opened.store.claimOperation(second)).toEqual({ kind: 'granted' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 2, stage: 'attempting' });
  });
});

describe('who may write the order’s state', () => {
  /** A run that is new to the order, and what it was started from or reset to. */
  const newRun = (order: string, basedOn: string | null, over: Partial<Progress> = {}) =>
    progress(order, { runId: 'run-b', basedOn, state: state(order, 20, 2), ...over });

  test('an older epoch’s run adds to its own timeline and changes nothing else', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const newer = newRun(order, versionOf(2), { state: state(order, 3, 1), stage: 'waiting_buyer' });
    expect(await opened.store.saveProgress(newer)).toBe('saved');
    const stale = progress(order, { state: state(order, 9, 1), stage: 'paid', events: [merchantEvent(9)] });
    expect(await opened.store.saveProgress(stale)).toBe('stale');
    expect(await opened.store.claimOperation(claim(order, { progress: stale }))).toEqual({ kind: 'order_exists' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'waiting_buyer', epoch: 2 });
    expect(await opened.store.listOutbox('default', order)).toEqual([]);
    expect((await opened.store.listTimeline('default', order)).map(({ epoch, seq }) => [epoch, seq])).toContainEqual([
      1, 9,
    ]);
  });

  test('of one run the later task: an earlier one, or a Temporal that is older than the store, writes and claims nothing', async () => {
    const order = newOrder();
    await opened.store.claimOperation(claim(order));
    const page = claim(order, { attempt: 2, operation: 'open_hosted', processor: 'beta' });
    expect(await opened.store.claimOperation(page)).toEqual({ kind: 'granted' });
    const older = progress(order, {
      state: state(order, 30, 2),
      position: 3,
      stage: 'paid',
      events: [merchantEvent(9)],
    });
    expect(await opened.store.saveProgress(older)).toBe('order_exists');
    const invoice = { operation: 'open_invoice', key: `${order}/other`, progress: older } as const;
    expect(await opened.store.claimOperation({ ...page, ...invoice })).toEqual({ kind: 'order_exists' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ state: { seq: 4 } });
    expect(await opened.store.listOutbox('default', order)).toEqual([]);
    expect(await opened.store.listOperations('default', order)).toHaveLength(2);
  });

  test('nor does it, when its history has grown since, without what it wrote in its other life', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 4, 1) }));
    await opened.store.saveProgress(
      progress(order, { state: state(order, 9, 2), basedOn: versionOf(4), stage: 'paid' }),
    );
    const restored = progress(order, { state: state(order, 30, 1), position: 40, basedOn: 'from before version-4' });
    expect(await opened.store.saveProgress(restored)).toBe('order_exists');
    // What it never heard to be stored it may write once more, with all that came since.
    const unheard = progress(order, { state: state(order, 31, 2), position: 41, basedOn: versionOf(4) });
    expect(await opened.store.saveProgress(unheard)).toBe('saved');
  });

  test('a new run that is based on exactly what is stored', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 9, 2), stage: 'waiting_buyer' }));
    expect(await opened.store.saveProgress(newRun(order, versionOf(9)))).toBe('saved');
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 2, version: versionOf(20) });
  });

  test.each([
    ['that says nothing of what it is based on', null],
    ['that was reset to before the last write', versionOf(4)],
    ['of which nobody knows the base', versionOf(19)],
  ])('no new run %s, however much it tells', async (_who, basedOn) => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 4, 1) }));
    await opened.store.saveProgress(progress(order, { state: state(order, 9, 2), stage: 'cancelled' }));
    const brought = newRun(order, basedOn);
    expect(await opened.store.saveProgress(brought)).toBe('order_exists');
    expect(await opened.store.claimOperation(claim(order, { progress: brought }))).toEqual({ kind: 'order_exists' });
    expect(await opened.store.findOrder('default', order)).toMatchObject({ epoch: 1, stage: 'cancelled' });
  });

  test('a terminated run that is reset, when the order was cancelled by a run that the sweeper had started since', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 12, 1), stage: 'waiting_buyer' }));
    const bySweeper = { runId: 'run-sweeper', basedOn: versionOf(12), stage: 'cancelled' } as const;
    const cancelled = progress(order, { ...bySweeper, version: 'cancelled', state: state(order, 15, 1) });
    expect(await opened.store.saveProgress(cancelled)).toBe('saved');
    const reset = newRun(order, versionOf(12), { runId: 'run-reset', state: state(order, 15, 1) });
    expect(await opened.store.saveProgress(reset)).toBe('order_exists');
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'cancelled', version: 'cancelled' });
  });

  test('late truth, and not the run that support reopened from what was stored before it', async () => {
    const order = newOrder();
    await opened.store.saveProgress(progress(order, { state: state(order, 12, 1), stage: 'failed' }));
    const late = { runId: 'run-late-event', basedOn: versionOf(12), stage: 'paid' } as const;
    expect(await opened.store.saveProgress(progress(order, { ...late, state: state(order, 14, 1) }))).toBe('saved');
    expect(await opened.store.saveProgress(newRun(order, versionOf(12)))).toBe('order_exists');
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'paid' });
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
    await opened.store.saveProgress(newRun(order, versionOf(4), { appliedEvents }));
    expect(await opened.store.listUnappliedEvents({ merchantId: 'default', orderId: order, limit: 5 })).toHaveLength(1);
  });
});
