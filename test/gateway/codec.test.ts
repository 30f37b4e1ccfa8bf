import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPayloadCodec } from '../../contract/payload-codec.ts';
import { json, openWorld, type World } from './world.ts';

const newKey = () => randomBytes(32).toString('base64');
const key = newKey();
const UI = 'http://ui.test:8233';
const codec = createPayloadCodec(key);
const base64 = (bytes: Uint8Array | string | null | undefined) => Buffer.from(bytes ?? '').toString('base64');
const toJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});
const CLEAR = { metadata: { encoding: base64('json/plain') }, data: base64('"hello"') };
const fromJson = (): Payload => ({
  metadata: { encoding: new Uint8Array(Buffer.from('json/plain')) },
  data: new Uint8Array(Buffer.from('"hello"')),
});

async function encrypted(by = codec): Promise<ReturnType<typeof toJson>> {
  const [payload] = await by.encode([fromJson()]);
  return toJson(payload ?? {});
}

describe('the codec endpoint', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ codecKeys: key, codecUi: { origins: [UI], keyless: false } });
  });
  afterAll(() => world.close());
  const ask = (name: string, payloads: unknown, input: { apiKey?: string | null; origin?: string } = {}) =>
    world.call(`/codec/${name}`, {
      method: 'POST',
      body: JSON.stringify({ payloads }),
      headers: {
        'content-type': 'application/json',
        'x-namespace': 'default',
        ...(input.origin !== undefined && { origin: input.origin }),
      },
      ...(input.apiKey !== undefined && { apiKey: input.apiKey }),
    });

  test('decodes what the codec encrypted, leaves the rest, and keeps order and unknown members', async () => {
    const answer = await ask('decode', [await encrypted(), { ...CLEAR, later: [] }, await encrypted()]);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ payloads: [CLEAR, { ...CLEAR, later: [] }, CLEAR] });
    expect(await json(ask('decode', []))).toEqual({ payloads: [] });
  });

  test('encodes what is typed into the UI, and decodes it again', async () => {
    const { payloads } = await json(ask('encode', [CLEAR]));
    expect(JSON.stringify(payloads)).not.toContain(CLEAR.data);
    expect(await json(ask('decode', payloads))).toEqual({ payloads: [CLEAR] });
  });

  test('takes a payload of 2 MB', async () => {
    const large = { metadata: CLEAR.metadata, data: base64(`"${'x'.repeat(2_000_000)}"`) };
    const { payloads } = await json(ask('encode', [large]));
    expect(await json(ask('decode', payloads))).toEqual({ payloads: [large] });
  });

  test('asks for an API key with the scope `operations`: it reads the payloads of all merchants', async () => {
    const sealed = [await encrypted()];
    for (const apiKey of [null, 'nonsense-nonsense']) {
      const refused = await ask('decode', sealed, { apiKey, origin: UI });
      expect([refused.status, (await json(refused)).code]).toEqual([401, 'unauthorized']);
    }
    const merchants = await ask('decode', sealed, { apiKey: await world.newKey({ scopes: ['*'] }) });
    expect([merchants.status, (await json(merchants)).code]).toEqual([403, 'scope_missing']);
  });

  test('a key that is not here, and a changed payload, are 422 and name the key’s id', async () => {
    const other = createPayloadCodec(newKey());
    const missing = await ask('decode', [await encrypted(other)]);
    expect([missing.status, await json(missing)]).toMatchObject([
      422,
      { code: 'payload_unreadable', detail: expect.stringContaining(String(other.kid)) },
    ]);
    const sealed = await encrypted();
    const changed = { ...sealed, data: base64(Buffer.from(sealed.data, 'base64').reverse()) };
    expect((await ask('decode', [changed])).status).toBe(422);
  });

  test.each([
    ['no JSON', '{'],
    ['no payloads', '{}'],
    ['a payload that is no object', '{"payloads":["x"]}'],
    ['data that is not base64', '{"payloads":[{"data":"§"}]}'],
    ['metadata that is not base64', '{"payloads":[{"metadata":{"encoding":"binary/encrypted!"}}]}'],
  ])('%s is refused', async (_what, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await world.call('/codec/decode', { method: 'POST', body, headers });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('§');
  });

  test('lets the UI’s page call, and no other', async () => {
    const preflight = (origin: string) =>
      world.call('/codec/decode', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-namespace' },
      });
    const allowed = await preflight(UI);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(UI);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('x-namespace');
    const foreign = await preflight('https://evil.test');
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const answer = await ask('decode', [], { origin: UI });
    expect(answer.headers.get('access-control-allow-origin')).toBe(UI);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect((await ask('decode', [], { origin: 'https://evil.test' })).headers.has('access-control-allow-origin')).toBe(
      false,
    );
    expect(
      (await world.call('/v1/orders', { headers: { origin: UI } })).headers.has('access-control-allow-origin'),
    ).toBe(false);
  });

  test('stands in the API document', async () => {
    expect(Object.keys((await json(world.call('/openapi.json'))).paths)).toContain('/codec/decode');
  });
});

describe('beside the dev server’s UI, which knows no users', () => {
  test('its origin needs no key, any other does', async () => {
    const world = await openWorld({ codecKeys: key, codecUi: { origins: [UI], keyless: true } });
    const ask = (headers: Record<string, string>) =>
      world.call('/codec/decode', {
        method: 'POST',
        body: '{"payloads":[]}',
        apiKey: null,
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await ask({ origin: UI })).status).toBe(200);
    expect((await ask({ origin: 'http://ui.test' })).status).toBe(401);
    expect((await ask({})).status).toBe(401);
    await world.close();
  });
});

describe('without the codec', () => {
  test('there is no such endpoint', async () => {
    const world = await openWorld();
    const headers = { 'content-type': 'application/json', origin: UI };
    const answer = await world.call('/codec/decode', { method: 'POST', body: '{"payloads":[]}', headers });
    expect([answer.status, (await json(answer)).code]).toEqual([404, 'path_unknown']);
    expect(Object.keys((await json(world.call('/openapi.json'))).paths).join()).not.toContain('codec');
    await world.close();
  });
});
