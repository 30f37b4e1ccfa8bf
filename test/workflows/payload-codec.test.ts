import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { query } from '../../cli/launcher/postgres.ts';
import { Recoup } from '../../client/index.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import { newOrderId, openScene, order, poll, type Scene } from '../setup/scene.ts';
import { actOnPage } from './acts.ts';

const newKey = () => randomBytes(32).toString('base64');
const DECLINED = 'sim:card=poor;alpha=insufficient_funds;beta=insufficient_funds';
const PAYS = { path: 'new_method', paymentMethod: { token: 'sim:card=rich;alpha=ok' } } as const;
/** Said by callers, by us, and by failures: each is in histories in clear without the codec. */
const NOTE = 'a-note-of-the-shop';
const CLEAR = [NOTE, 'Attempt 1:', 'insufficient_funds', 'sim-card:poor', 'Nothing was changed', 'write_progress'];

/** Every text of a history as it is stored, failures too. */
function storedTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(storedTexts);
}

async function stored(scene: Scene, orderId: string): Promise<string> {
  return storedTexts(await scene.workflow(orderId).fetchHistory()).join('\n');
}

/** An order whose history holds everything: a decline, a failure of ours, a query, a signal, an update, a page. */
async function eventful(scene: Scene): Promise<string> {
  const orderId = newOrderId();
  await query(scene.databaseUrl, 'alter function write_timeline rename to write_timeline_away');
  const declined = scene.recoup.orders.collect(order(orderId, DECLINED, { metadata: { note: NOTE } }));
  try {
    const failed = (text: string) => /SQLSTATE|Encoded failure/.test(text);
    await poll(() => stored(scene, orderId).catch(() => ''), failed, 20_000);
  } finally {
    await query(scene.databaseUrl, 'alter function write_timeline_away rename to write_timeline');
  }
  expect(await declined).toMatchObject({ orderId });
  await scene.until(orderId, ({ stage }) => stage === 'waiting_buyer');
  const page = await scene.recoup.orders.recover(orderId, { path: 'hosted_checkout' });
  expect(page.stage).toBe('hosted_checkout');
  await expect(scene.recoup.orders.capture(orderId, { reason: 'too early' })).rejects.toMatchObject({
    code: 'nothing_to_capture',
    message: expect.stringContaining('Nothing was changed'),
  });
  await actOnPage(page);
  await scene.until(orderId, ({ stage }) => stage === 'paid');
  expect((await scene.recoup.orders.timeline(orderId)).entries.length).toBeGreaterThan(4);
  return orderId;
}

describe('with the payload codec', () => {
  const [key, next] = [newKey(), newKey()];
  let scene: Scene;
  let plain: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10, codecKeys: key });
    plain = await openScene({ timeScale: 10 });
  });
  // Both replay every history that they made: this one with the codec.
  afterAll(async () => {
    await scene.close();
    await plain.close();
  });

  test('an order runs as without it, and nothing of it is in clear in its history', { timeout: 90_000 }, async () => {
    const orderId = await eventful(scene);
    expect((await scene.ledger(orderId)).filter(({ effect }) => effect === 'captured')).toHaveLength(1);
    const text = await stored(scene, orderId);
    expect(text).toContain(createPayloadCodec(key).kid);
    expect(text).toContain('Encoded failure');
    for (const clear of CLEAR) expect(text).not.toContain(clear);
    expect(text).not.toContain('SQLSTATE');
    const control_ = await stored(plain, await eventful(plain));
    expect(control_).toContain('SQLSTATE');
    for (const clear of [NOTE, 'Attempt 1:', 'insufficient_funds', 'sim-card:poor']) expect(control_).toContain(clear);
  });

  test('ids, attributes and lists stay in clear: an order is found as before', async () => {
    const orderId = newOrderId();
    await scene.http.orders.collect(order(orderId, 'sim:alpha=ok'));
    const found = poll(
      async () => {
        const ids: string[] = [];
        const wanted = `PaymentOrderId = '${orderId}' AND PaymentStage = 'paid'`;
        for await (const { workflowId } of scene.client.workflow.list({ query: wanted })) ids.push(workflowId);
        return ids;
      },
      (ids) => ids.length === 1,
      10_000,
    );
    expect(await found).toEqual([scene.workflow(orderId).workflowId]);
  });

  test('a client without the key is told which setting it needs, before it does anything', async () => {
    const { databaseUrl, sealingKey, merchantId } = scene;
    const base = { databaseUrl, sealingKey, merchantId };
    const address = inject('temporalAddress');
    const withoutCodec = new Client({ connection: scene.client.connection });
    const ways: [Recoup, RegExp][] = [
      [new Recoup({ ...base, temporal: { address } }), /^codecKeys is missing: .* key \S{16}$/],
      [new Recoup({ ...base, temporal: { address }, codecKeys: next }), /^codecKeys does not hold key \S{16}/],
      [new Recoup({ ...base, temporal: withoutCodec }), /^codecKeys is missing|^temporal must be a client/],
    ];
    for (const [recoup, message] of ways) {
      const answer = recoup.orders.collect(order(newOrderId(), 'sim:alpha=ok'));
      await expect(answer).rejects.toMatchObject({ code: 'settings_invalid', message: expect.stringMatching(message) });
      await recoup.close();
    }
    const told = new Recoup({ ...base, temporal: { address }, codecKeys: `${key},${next}` });
    expect(await told.orders.collect(order(newOrderId(), 'sim:alpha=ok'))).toMatchObject({ stage: 'paid' });
    await told.close();
  });

  test('a client that was there before the workers began to encrypt is told by name, and its order goes on', async () => {
    const { databaseUrl, sealingKey, merchantId, store } = scene;
    const deployment = await store.currentDeployment();
    if (deployment === null) expect.fail('no worker has started');
    await store.publishDeployment({ ...deployment, codecKeyId: null });
    const early = new Recoup({ databaseUrl, sealingKey, merchantId, temporal: { address: inject('temporalAddress') } });
    const orderId = newOrderId();
    await expect(early.orders.collect(order(orderId, 'sim:alpha=ok'), { waitMs: 2_000 })).rejects.toMatchObject({
      code: 'settings_invalid',
      message: expect.stringMatching(/encrypted with key \S{16}, which codecKeys does not hold/),
    });
    await early.close();
    await store.publishDeployment(deployment);
    await scene.until(orderId, ({ stage }) => stage === 'paid');
    expect(await scene.ledger(orderId)).toMatchObject([{ effect: 'captured', requests: 1 }]);
  });
});

describe('codec keys that rotate', () => {
  const [key, next] = [newKey(), newKey()];
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ timeScale: 10, codecKeys: `${key},${next}`, worker: 'process' });
  });
  afterAll(() => scene.close());

  test('in the middle of an order: the new worker reads what the old one wrote', { timeout: 90_000 }, async () => {
    const orderId = newOrderId();
    await scene.recoup.orders.collect(order(orderId, DECLINED));
    await scene.killWorker();
    await scene.startWorker({ RECOUP_CODEC_KEYS: `${next},${key}` });
    expect(await scene.recoup.orders.recover(orderId, PAYS)).toMatchObject({ stage: 'paid' });
    const text = await stored(scene, orderId);
    for (const each of [key, next]) expect(text).toContain(createPayloadCodec(each).kid);
  });

  test('a worker without the key does not start, one with `off` reads and writes in clear', {
    timeout: 90_000,
  }, async () => {
    await scene.killWorker();
    const error = await scene.startWorker({ RECOUP_CODEC_KEYS: '' }).catch((thrown: Error) => thrown);
    expect(String(error)).toMatch(/RECOUP_CODEC_KEYS is missing: .* key \S{16}/);
    await scene.startWorker({ RECOUP_CODEC_KEYS: `off,${key},${next}` });
    const orderId = newOrderId();
    expect(await scene.recoup.orders.collect(order(orderId, DECLINED))).toMatchObject({ stage: 'waiting_buyer' });
    expect(await stored(scene, orderId)).toContain('insufficient_funds');
    expect((await scene.store.currentDeployment())?.codecKeyId).toBeNull();
    await scene.recoup.orders.cancel(orderId, { reason: 'a test ends' });
  });
});
