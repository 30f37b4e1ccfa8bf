import { describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { entry, merchantEvent, newOrder, progress, state, useStore } from './world.ts';

/**
 * A workflow task writes here before Temporal accepts it. When a message comes in between, or the worker dies, Temporal
 * discards the task and the same run decides anew, knowing more.
 */
describe('a task that Temporal discarded after it wrote', () => {
  const opened = useStore();
  const texts = async (order: string) =>
    (await opened.store.listTimeline('default', order)).map(({ seq, text }) => `${seq} ${text}`);

  const accepted = (order: string) =>
    progress(order, { position: 5, state: state(order, 2, 1), entries: [entry(1, 'opened')] });
  const discarded = (order: string) =>
    progress(order, {
      position: 9,
      state: state(order, 7, 1),
      stage: 'waiting_buyer',
      entries: [entry(3, 'declined'), entry(5, 'the buyer chooses'), entry(7, 'decision: ask')],
      events: [merchantEvent(6, { type: 'order.action_required', cause: 'attempt 1' })],
    });
  const kept = (order: string) =>
    progress(order, {
      position: 12,
      state: state(order, 5, 1),
      stage: 'paid',
      entries: [entry(3, 'webhook: succeeded'), entry(4, 'paid')],
      events: [merchantEvent(5, { cause: 'attempt 1' })],
    });

  test('is superseded by the task that counts, also when that one told less', async () => {
    const order = newOrder();
    for (const write of [accepted, discarded, kept]) await opened.store.saveProgress(write(order));
    expect(await texts(order)).toEqual(['1 opened', '3 webhook: succeeded', '4 paid']);
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'paid', state: { seq: 5 } });
  });

  test('changes nothing when its write arrives after the one that counts', async () => {
    const order = newOrder();
    for (const write of [accepted, kept, discarded]) await opened.store.saveProgress(write(order));
    expect(await texts(order)).toEqual(['1 opened', '3 webhook: succeeded', '4 paid']);
    expect(await opened.store.findOrder('default', order)).toMatchObject({ stage: 'paid' });
  });

  test('stays in the database, marked: nothing of a story is ever removed', async () => {
    const order = newOrder();
    for (const write of [accepted, discarded, kept]) await opened.store.saveProgress(write(order));
    const rows = await query(
      opened.url,
      `select count(*) as n from timeline where order_id = '${order}' and superseded_at is not null`,
    );
    expect(rows).toEqual([{ n: '3' }]);
    const unmark = `update timeline set superseded_at = null where order_id = '${order}'`;
    await expect(query(opened.url, unmark)).rejects.toThrow('append-only');
  });

  test('tells the merchant the same thing once, whatever its number in the story', async () => {
    const order = newOrder();
    await opened.store.saveProgress(accepted(order));
    await opened.store.saveProgress({
      ...kept(order),
      position: 9,
      events: [merchantEvent(9, { cause: 'attempt 1' })],
    });
    await opened.store.saveProgress(kept(order));
    expect(await opened.store.listOutbox('default', order)).toHaveLength(1);
  });
});
