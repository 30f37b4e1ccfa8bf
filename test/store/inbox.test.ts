import { expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import type { InboxInput } from '../../store/store.ts';
import { NOW, newOrder, processorEvent, progress, SOON, state, useStore, versionOf } from './world.ts';

const opened = useStore();

function delivery(orderId: string, eventId: string, over: Partial<InboxInput> = {}): InboxInput {
  return { event: processorEvent(orderId, eventId), bodyHash: 'body-1', receivedAt: NOW, ...over };
}

async function unapplied(orderId: string): Promise<string[]> {
  const events = await opened.store.listUnappliedEvents({ merchantId: 'default', orderId, limit: 100 });
  return events.map((event) => event.eventId);
}

/** What a sweep would find, of one order. */
async function waiting(orderId: string): Promise<string[]> {
  const events = await opened.store.listUnappliedEvents({ limit: 1000 });
  return events.filter((event) => event.orderId === orderId).map((event) => event.eventId);
}

test('one webhook a hundred times at once is stored once, and thirty days later it is still a duplicate', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  const same = delivery(order, 'evt_100');
  const answers = await Promise.all(Array.from({ length: 100 }, () => opened.store.storeProcessorEvent(same)));
  expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
  expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(99);
  expect(await opened.store.storeProcessorEvent({ ...same, receivedAt: '2026-12-22T10:00:00.000Z' })).toBe('duplicate');
  expect(await unapplied(order)).toEqual(['evt_100']);
});

test('the same id with another body is quarantined beside the first, once, and never applied', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_other'));
  const other = delivery(order, 'evt_other', { bodyHash: 'body-2' });
  expect(await opened.store.storeProcessorEvent(other)).toBe('conflict');
  expect(await opened.store.storeProcessorEvent(other)).toBe('conflict');
  expect(await opened.store.storeProcessorEvent(delivery(order, 'evt_other'))).toBe('duplicate');
  expect(await unapplied(order)).toEqual(['evt_other']);
  const kept = await query(opened.url, 'SELECT status, body_hash FROM inbox WHERE event_id = $1 ORDER BY position', [
    'evt_other',
  ]);
  expect(kept).toEqual([
    { status: 'stored', body_hash: 'body-1' },
    { status: 'quarantined', body_hash: 'body-2' },
  ]);
});

test('two bodies for one id at once: one is stored, the other is in conflict', async () => {
  const order = newOrder();
  const bodies = ['body-1', 'body-2', 'body-1', 'body-2'];
  const answers = await Promise.all(
    bodies.map((bodyHash) => opened.store.storeProcessorEvent(delivery(order, 'evt_race', { bodyHash }))),
  );
  expect(answers.sort()).toEqual(['conflict', 'conflict', 'duplicate', 'stored']);
});

test('the same id at two processors is two events', async () => {
  const order = newOrder();
  expect(await opened.store.storeProcessorEvent(delivery(order, 'evt_shared'))).toBe('stored');
  const atBeta = { ...processorEvent(order, 'evt_shared'), processor: 'beta' };
  expect(await opened.store.storeProcessorEvent(delivery(order, 'evt_shared', { event: atBeta }))).toBe('stored');
});

test('an event that comes before its order is parked, and waits once the order is written', async () => {
  const order = newOrder();
  expect(await opened.store.storeProcessorEvent(delivery(order, 'evt_early'))).toBe('stored');
  expect(await waiting(order)).toEqual([]);
  expect(await unapplied(order)).toEqual(['evt_early']);
  await opened.store.saveProgress(progress(order));
  expect(await waiting(order)).toEqual(['evt_early']);
});

test('an event and its order written at the same time: the event waits, whoever came first', async () => {
  const orders = Array.from({ length: 25 }, newOrder);
  await Promise.all(
    orders.flatMap((order) => [
      opened.store.storeProcessorEvent(delivery(order, `evt_${order}`)),
      opened.store.saveProgress(progress(order)),
    ]),
  );
  const found = await Promise.all(orders.map(waiting));
  expect(found).toEqual(orders.map((order) => [`evt_${order}`]));
});

test('a parked event leaves the sweep but meets the order’s next run, which applies it', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_park'));
  await opened.store.parkEvent('alpha', 'evt_park', 'nobody knows this payment');
  expect(await waiting(order)).toEqual([]);
  expect(await unapplied(order)).toEqual(['evt_park']);
  const applied = [{ processor: 'alpha', eventId: 'evt_park' }];
  await opened.store.saveProgress(progress(order, { state: state(order, 3, 1), appliedEvents: applied }));
  expect(await unapplied(order)).toEqual([]);
  await opened.store.parkEvent('alpha', 'evt_park', 'too late');
  expect(await unapplied(order)).toEqual([]);
});

test('an event that only an outdated run applied still waits', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_stale'));
  await opened.store.saveProgress(
    progress(order, { runId: 'run-b', basedOn: versionOf(2), state: state(order, 3, 1) }),
  );
  const applied = [{ processor: 'alpha', eventId: 'evt_stale' }];
  await opened.store.saveProgress(progress(order, { state: state(order, 4, 1), appliedEvents: applied }));
  expect(await unapplied(order)).toEqual(['evt_stale']);
});

test('unapplied events are listed oldest first, up to an instant', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_a'));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_b', { receivedAt: SOON }));
  expect(await unapplied(order)).toEqual(['evt_a', 'evt_b']);
  const early = { merchantId: 'default', orderId: order, before: SOON, limit: 10 };
  expect((await opened.store.listUnappliedEvents(early)).map((event) => event.eventId)).toEqual(['evt_a']);
  const [first] = await opened.store.listUnappliedEvents({ ...early, limit: 1 });
  expect(first).toEqual(processorEvent(order, 'evt_a'));
});

test('a sweep goes through the waiting events, oldest first, page by page, also when one was applied meanwhile', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  // Three at one instant.
  for (const id of ['evt_1', 'evt_2', 'evt_3']) await opened.store.storeProcessorEvent(delivery(order, id));
  await opened.store.storeProcessorEvent(delivery(order, 'evt_4', { receivedAt: SOON }));
  const rest = async (eventId: string) => {
    const after = { processor: 'alpha', eventId };
    const found = await opened.store.listUnappliedEvents({ limit: 1000, after });
    return found.filter((event) => event.orderId === order).map((event) => event.eventId);
  };
  expect(await rest('evt_1')).toEqual(['evt_2', 'evt_3', 'evt_4']);
  const applied = [{ processor: 'alpha', eventId: 'evt_2' }];
  await opened.store.saveProgress(progress(order, { state: state(order, 3, 1), appliedEvents: applied }));
  expect(await rest('evt_2')).toEqual(['evt_3', 'evt_4']);
  expect(await rest('evt_4')).toEqual([]);
});
