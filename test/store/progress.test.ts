import { expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { entry, merchantEvent, NOW, newOrder, processorEvent, progress, state, useStore } from './world.ts';

const opened = useStore();

test('writing a decision twice, or fifty times at once, changes nothing', async () => {
  const order = newOrder();
  await opened.store.storeProcessorEvent({ event: processorEvent(order, 'evt_1'), bodyHash: 'b', receivedAt: NOW });
  const decision = progress(order, {
    state: state(order, 4, 1),
    stage: 'paid',
    entries: [entry(1), entry(2)],
    events: [merchantEvent(3), merchantEvent(4, { type: 'order.action_required', stage: 'waiting_authentication' })],
    appliedEvents: [{ processor: 'alpha', eventId: 'evt_1' }],
  });
  await opened.store.saveProgress(decision);
  const outbox = await opened.store.listOutbox('default', order);
  await Promise.all(Array.from({ length: 50 }, () => opened.store.saveProgress(decision)));

  expect(await opened.store.listTimeline('default', order)).toEqual([
    { ...entry(1), epoch: 1 },
    { ...entry(2), epoch: 1 },
  ]);
  expect(outbox.map(({ type, seq }) => [type, seq])).toEqual([
    ['order.payment_succeeded', 3],
    ['order.action_required', 4],
  ]);
  expect(await opened.store.listOutbox('default', order)).toEqual(outbox);
  expect(await opened.store.listUnappliedEvents({ merchantId: 'default', orderId: order, limit: 10 })).toEqual([]);
});

test('what is stored of an order is what was decided', async () => {
  const order = newOrder();
  const decided = progress(order, {
    stage: 'needs_review',
    needsHuman: true,
    nextActionAt: NOW,
    failureClass: 'transient',
  });
  await opened.store.saveProgress(decided);
  expect(await opened.store.findOrder('default', order)).toEqual({
    state: decided.state,
    stage: 'needs_review',
    needsHuman: true,
    nextActionAt: NOW,
    epoch: 1,
    version: decided.version,
    updatedAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
  });
  expect(await opened.store.findOrder('another', order)).toBeNull();
});

test('planned entries are not kept', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order, { entries: [entry(1), { ...entry(0), planned: true }] }));
  expect(await opened.store.listTimeline('default', order)).toHaveLength(1);
});

test('an order with another amount exists as it was first accepted, and nothing is saved', async () => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  const other = state(order, 9, 1);
  other.facts.requestHash = 'facts-2';
  expect(await opened.store.saveProgress(progress(order, { runId: 'run-b', state: other }))).toBe('order_exists');
  expect(await opened.store.listTimeline('default', order)).toHaveLength(1);
});

test('characters that PostgreSQL cannot keep never stop an order', async () => {
  const order = newOrder();
  const odd = state(order, 1, 0);
  odd.facts.description = 'nul \0, half a pair \uD83D, a whole one 😀, a written one \\u0000';
  await opened.store.saveProgress(progress(order, { state: odd }));
  expect((await opened.store.findOrder('default', order))?.state.facts.description).toBe(
    'nul \uFFFD, half a pair \uFFFD, a whole one 😀, a written one \\u0000',
  );
});

test.each(['timeline', 'audit'])('the database itself refuses to change or remove %s', async (table) => {
  const order = newOrder();
  await opened.store.saveProgress(progress(order));
  const written = { at: NOW, merchantId: 'default', orderId: order, actor: 'support', action: 'cancel' };
  await opened.store.audit({ ...written, reason: 'asked by the buyer', detail: {} });
  for (const statement of [`UPDATE ${table} SET order_id = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
    await expect(query(opened.url, statement)).rejects.toThrow(`${table} is append-only`);
  }
  expect(await opened.store.listTimeline('default', order)).toHaveLength(1);
  expect(await opened.store.listAudit('default', order)).toEqual([
    { ...written, reason: 'asked by the buyer', detail: {} },
  ]);
});
