import { beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import type { Stage } from '../../policy/terms.ts';
import { BadCursor } from '../../store/errors.ts';
import type { ListOrdersQuery, Progress } from '../../store/store.ts';
import { progress, state, useStore } from './world.ts';

const opened = useStore();
const FAR = '2999-01-01T00:00:00.000Z';

/** Orders of a merchant of their own, written at the given minute; several may share one. */
async function order(merchantId: string, orderId: string, minute: number, over: Partial<Progress> = {}) {
  await opened.store.saveProgress(progress(orderId, { merchantId, ...over }));
  const at = `2026-01-01T00:${String(minute).padStart(2, '0')}:00.123Z`;
  await query(opened.url, 'UPDATE orders SET updated_at = $3 WHERE merchant_id = $1 AND order_id = $2', [
    merchantId,
    orderId,
    at,
  ]);
  return at;
}

async function ids(search: Omit<ListOrdersQuery, 'limit'>): Promise<string[]> {
  const { orders } = await opened.store.listOrders({ limit: 100, ...search });
  return orders.map((found) => found.state.facts.orderId);
}

describe('pages of orders', () => {
  beforeAll(async () => {
    for (let number = 0; number < 7; number += 1) await order('pages', `p-${number}`, Math.floor(number / 3));
    await order('another', 'a-1', 30);
  });

  test('go through all of a merchant’s orders once, newest first, also where many share an instant', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const search: ListOrdersQuery = { merchantId: 'pages', limit: 2, ...(cursor === null ? {} : { cursor }) };
      const page = await opened.store.listOrders(search);
      expect(page.orders.length).toBeLessThanOrEqual(2);
      seen.push(...page.orders.map((found) => found.state.facts.orderId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['p-6', 'p-5', 'p-4', 'p-3', 'p-2', 'p-1', 'p-0']);
  });

  test('the last full page has no next one', async () => {
    expect((await opened.store.listOrders({ merchantId: 'pages', limit: 7 })).nextCursor).toBeNull();
  });

  const long = Buffer.from(`2026-01-01T00:00:00.123Z ${'x'.repeat(41)}`).toString('base64url');
  test.each(['', 'nonsense', '!!!', Buffer.from('2026-99-01T00:00:00.123Z p-1').toString('base64url'), long])(
    'the cursor «%s» is refused with a typed error',
    async (cursor) => {
      const search = { merchantId: 'pages', limit: 2, cursor };
      await expect(opened.store.listOrders(search)).rejects.toBeInstanceOf(BadCursor);
    },
  );
});

test('orders are found by stage, processor, failure class, time and who has to act', async () => {
  const merchantId = 'filters';
  await order(merchantId, 'f-paid', 1, { stage: 'paid', processor: 'beta' });
  await order(merchantId, 'f-review', 2, { stage: 'needs_review', needsHuman: true, failureClass: 'duplicate' });
  await order(merchantId, 'f-open', 3);
  expect(await ids({ merchantId, stage: ['paid', 'needs_review'] })).toEqual(['f-review', 'f-paid']);
  expect(await ids({ merchantId, stage: [] })).toEqual([]);
  expect(await ids({ merchantId, processor: 'beta' })).toEqual(['f-paid']);
  expect(await ids({ merchantId, failureClass: 'duplicate' })).toEqual(['f-review']);
  expect(await ids({ merchantId, needsHuman: true })).toEqual(['f-review']);
  expect(await ids({ merchantId, updatedAfter: '2026-01-01T00:02:00.123Z' })).toEqual(['f-open', 'f-review']);
  expect(await ids({ merchantId, updatedBefore: '2026-01-01T00:02:00.123Z' })).toEqual(['f-paid']);
});

test('a sweep goes through the open orders, longest untouched first, page by page', async () => {
  const closed: Stage[] = ['paid', 'failed', 'expired', 'cancelled'];
  for (const stage of closed) await order('sweep', `s-${stage}`, 40, { stage });
  for (const [index, id] of ['s-a', 's-b', 's-c'].entries()) await order('sweep', id, 41 + index);

  const all = await opened.store.listOpenOrders({ before: FAR, limit: 100 });
  const swept = all.filter((found) => found.merchantId === 'sweep');
  expect(swept.map((found) => found.orderId)).toEqual(['s-a', 's-b', 's-c']);
  const [first, second] = swept;
  if (!first || !second) throw new Error('the sweep found too little');
  const next = await opened.store.listOpenOrders({ before: FAR, limit: 1, after: first });
  expect(next).toEqual([second]);
  const early = await opened.store.listOpenOrders({ before: second.updatedAt, limit: 100, after: first });
  expect(early.filter((found) => found.merchantId === 'sweep')).toEqual([]);
});

test('a written order moves to the front of the list', async () => {
  await order('fronts', 'm-1', 1);
  await order('fronts', 'm-2', 2);
  await opened.store.saveProgress(progress('m-1', { merchantId: 'fronts', state: state('m-1', 3, 1) }));
  expect(await ids({ merchantId: 'fronts' })).toEqual(['m-1', 'm-2']);
});
