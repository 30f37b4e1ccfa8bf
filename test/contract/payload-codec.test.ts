import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { createPayloadCodec, PayloadUnreadable, requireCodecKey } from '../../contract/payload-codec.ts';

const newKey = () => randomBytes(32).toString('base64');
const [first, second] = [newKey(), newKey()];
const CANARY = 'canary in a payload';

const payload = (text: string): Payload => ({
  metadata: { encoding: new Uint8Array(Buffer.from('json/plain')), other: new Uint8Array([0, 255, 7]) },
  data: new Uint8Array(Buffer.from(JSON.stringify(text))),
});
const readable = (payloads: Payload[]) => payloads.map((each) => JSON.stringify(each) + Buffer.from(each.data ?? []));
const plain = (each: Payload | undefined) => ({
  metadata: Object.fromEntries(Object.entries(each?.metadata ?? {}).map(([name, value]) => [name, [...value]])),
  data: [...(each?.data ?? [])],
});

describe('the payload codec', () => {
  test('encrypts payload and metadata, each time anew, and gives back the very same', async () => {
    const codec = createPayloadCodec(first);
    const samples = [
      payload(CANARY),
      { metadata: {}, data: new Uint8Array(0) },
      { metadata: payload('').metadata ?? {} },
      // As protobuf reads empty bytes.
      { metadata: payload('').metadata ?? {}, data: [] as unknown as Uint8Array },
    ];
    const encoded = await codec.encode(samples);
    expect(readable(encoded).join()).not.toMatch(/canary|json\/plain/);
    expect(readable(await codec.encode(samples))).not.toEqual(readable(encoded));
    const decoded = await codec.decode(encoded);
    expect(decoded.map(plain)).toEqual(samples.map(plain));
  });

  test('what it encrypted it does not encrypt again, and what is in clear it leaves', async () => {
    const codec = createPayloadCodec(first);
    const encoded = await codec.encode([payload('x')]);
    expect(await codec.encode(encoded)).toEqual(encoded);
    expect((await codec.decode([payload('x')])).map(plain)).toEqual([payload('x')].map(plain));
  });

  test('keys rotate: the first encrypts, all decrypt; `off` only decrypts', async () => {
    const old = await createPayloadCodec(first).encode([payload('x')]);
    const ring = createPayloadCodec(`${second},${first}`);
    expect((await ring.decode(old)).map(plain)).toEqual([payload('x')].map(plain));
    const fresh = await ring.encode([payload('x')]);
    expect((await createPayloadCodec(second).decode(fresh)).map(plain)).toEqual([payload('x')].map(plain));
    const off = createPayloadCodec(`off,${first}`);
    expect(off.kid).toBeNull();
    expect((await off.encode([payload('x')])).map(plain)).toEqual([payload('x')].map(plain));
    expect((await off.decode(old)).map(plain)).toEqual([payload('x')].map(plain));
  });

  test('a key that is not here is an error that names its id and the setting, also when the codec is off', async () => {
    const codec = createPayloadCodec(first);
    const encoded = await codec.encode([payload(CANARY)]);
    for (const other of [createPayloadCodec(second), createPayloadCodec(''), createPayloadCodec(undefined)]) {
      const error = await other.decode(encoded).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PayloadUnreadable);
      expect(error).toMatchObject({ reason: 'key_missing', kid: codec.kid });
      expect(String(error)).toContain(`key ${codec.kid}, which RECOUP_CODEC_KEYS does not hold`);
      expect(String(error)).not.toContain(first);
    }
  });

  test('what was changed is refused: data, key id, length', async () => {
    const codec = createPayloadCodec(`${first},${second}`);
    const [whole] = await codec.encode([payload(CANARY)]);
    const flipped = new Uint8Array(whole?.data ?? []);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    const otherId = new Uint8Array(Buffer.from(codec.kids[1] ?? ''));
    const spoiled: Payload[] = [
      { metadata: whole?.metadata ?? {}, data: flipped },
      { metadata: whole?.metadata ?? {}, data: new Uint8Array(5) },
      { metadata: whole?.metadata ?? {} },
      { metadata: { ...whole?.metadata, 'encryption-key-id': otherId }, data: whole?.data ?? null },
      { metadata: { ...whole?.metadata, 'encryption-key-id': new Uint8Array([1]) }, data: whole?.data ?? null },
    ];
    for (const each of spoiled) {
      await expect(codec.decode([each])).rejects.toMatchObject({ name: 'PayloadUnreadable', reason: 'changed' });
    }
  });

  test.each(['off', 'off,', 'secret', `${newKey()},`, Buffer.alloc(32, 1).toString('base64'), `off,${first},${first}`])(
    'a setting that is none is refused by its name: %#',
    (text) => {
      expect(() => createPayloadCodec(text)).toThrow(SettingInvalid);
      expect(() => createPayloadCodec(text)).toThrow(/^RECOUP_CODEC_KEYS /);
    },
  );

  test('a process without the key of the workers is stopped by the name of the setting', () => {
    const { kid } = createPayloadCodec(first);
    expect(() => requireCodecKey(createPayloadCodec(''), kid)).toThrow(/^RECOUP_CODEC_KEYS is missing.*/);
    expect(() => requireCodecKey(createPayloadCodec(second), kid)).toThrow(/^RECOUP_CODEC_KEYS does not hold key /);
    requireCodecKey(createPayloadCodec(`off,${first}`), kid);
    requireCodecKey(createPayloadCodec(''), null);
  });
});
