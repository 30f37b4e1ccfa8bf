import { randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import { describe, expect, test } from 'vitest';
import { newInstrument } from '../../contract/instruments.ts';
import { readKeyRing, SettingInvalid } from '../../contract/key-ring.ts';
import { newOrderState } from '../../contract/order.ts';
import { createSealer, createSealingKeys, SealBroken } from '../../contract/sealing.ts';

const newKey = () => randomBytes(32).toString('base64');
const KEY = newKey();
const sealer = createSealer(createSealingKeys(KEY), new Uint8Array(randomBytes(32)));
const order = { merchantId: 'default', orderId: 'o-1' };

describe('sealing', () => {
  test('what was sealed is opened by the same key only', async () => {
    const sealed = await sealer.seal('sim:alpha=ok');
    expect(sealed).not.toContain('alpha');
    expect(await createSealingKeys(KEY).open(sealed)).toBe('sim:alpha=ok');
    await expect(createSealingKeys(newKey()).open(sealed)).rejects.toThrow(SealBroken);
  });

  test('the first key of a ring seals, each opens what it sealed, and a key that was taken out is named', async () => {
    const [old, next] = [newKey(), newKey()];
    const before = await createSealingKeys(old).seal('canary one');
    const rotated = createSealingKeys(`${next},${old}`);
    const after = await rotated.seal('canary two');
    expect([await rotated.open(before), await rotated.open(after)]).toEqual(['canary one', 'canary two']);
    expect(await createSealingKeys(`${old},${next}`).open(after)).toBe('canary two');
    expect(rotated.kids).toEqual([rotated.kid, createSealingKeys(old).kid]);
    expect(JSON.parse(Buffer.from(after.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      kid: createSealingKeys(next).kid,
    });
    const gone = await createSealingKeys(next)
      .open(before)
      .catch((error: unknown) => error);
    expect(gone).toMatchObject({ reason: 'key_missing', kid: createSealingKeys(old).kid });
    expect(String(gone)).not.toContain('canary');
  });

  test('a text that claims a key of ours but was changed is told from one whose key is missing', async () => {
    const [head, ...rest] = (await sealer.seal('canary')).split('.');
    const broken = [head, ...rest.slice(0, 2), 'AAAA', rest[3]].join('.');
    await expect(sealer.open(broken)).rejects.toMatchObject({ reason: 'changed', kid: sealer.kid });
    await expect(sealer.open('canary')).rejects.toMatchObject({ reason: 'changed', kid: null });
    const forged = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: 'canary of 20 chars..' }));
    const foreign = [forged.toString('base64url'), ...rest].join('.');
    await expect(sealer.open(foreign)).rejects.toMatchObject({ reason: 'changed', kid: null });
    for (const kid of [`x${sealer.kid}`, `${sealer.kid}x`, undefined]) {
      const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid })).toString('base64url');
      await expect(sealer.open([header, ...rest].join('.'))).rejects.toMatchObject({ reason: 'changed', kid: null });
    }
  });

  test('says which key is missing, or that the text was changed, and nothing else', () => {
    const missing = new SealBroken('key_missing', 'k1');
    expect(`${missing}`).toBe('SealBroken: The credential is sealed with key k1, which is not among ours.');
    const changed = new SealBroken('changed', 'k1');
    expect(`${changed}`).toBe('SealBroken: The sealed credential cannot be opened: it was changed, or is none.');
  });

  test('with our key but by another algorithm is refused: only what we write is read', async () => {
    const [ring] = readKeyRing(KEY, 'RECOUP_SEALING_KEY');
    const sealWith = (enc: string) =>
      new CompactEncrypt(new TextEncoder().encode('canary'))
        .setProtectedHeader({ alg: 'dir', enc, kid: sealer.kid })
        .encrypt(ring.derive('recoup credential sealing v1'));
    expect(await sealer.open(await sealWith('A256GCM'))).toBe('canary');
    await expect(sealer.open(await sealWith('A128CBC-HS256'))).rejects.toMatchObject({ reason: 'changed' });
  });

  test('a changed or foreign text is refused without saying what it held', async () => {
    const sealed = await sealer.seal('canary');
    // The first character of the tag: the last one's spare bits may be lost in decoding.
    const tagAt = sealed.lastIndexOf('.') + 1;
    const flipped = `${sealed.slice(0, tagAt)}${sealed[tagAt] === 'A' ? 'B' : 'A'}${sealed.slice(tagAt + 1)}`;
    for (const text of [flipped, '', 'a.b.c.d.e', 'canary']) {
      const error = await sealer.open(text).then(
        () => null,
        (caught: Error) => caught,
      );
      expect(error).toBeInstanceOf(SealBroken);
      expect(error?.message).not.toContain('canary');
    }
  });

  test.each([
    '',
    'secret',
    'A'.repeat(44),
    Buffer.alloc(32).toString('base64'),
    Buffer.alloc(32, 7).toString('base64'),
    Buffer.from('changeme-changeme-changeme-12345').toString('base64'),
    randomBytes(16).toString('base64'),
    randomBytes(33).toString('base64'),
    ` ${KEY}`,
    `${KEY},`,
    `,${KEY}`,
    `${KEY}, ${newKey()}`,
    `${KEY} ${newKey()}`,
    `${KEY},${newKey()},${KEY}`,
    `${KEY},${Buffer.alloc(32, 7).toString('base64')}`,
    Array.from({ length: 11 }, newKey).join(','),
  ])('a key that is none is refused by the name of its setting: %#', (text) => {
    const open = () => createSealingKeys(text);
    expect(open).toThrow(SettingInvalid);
    expect(open).toThrow(/^RECOUP_SEALING_KEY /);
    for (const part of text.split(/[, ]+/)) if (part !== '') expect(open).not.toThrow(part);
  });
});

describe('counting identity', () => {
  const identity = async (method: Parameters<typeof newInstrument>[0], in_ = order) =>
    (await newInstrument(method, in_, 'order', sealer)).identity;

  test('is the PAR, where there is one', async () => {
    expect(await identity({ token: 'sim:card=a;alpha=ok', par: 'P1' })).toBe('par:P1');
  });

  test('is the card of a simulator token, whatever the rest says', async () => {
    const first = await newInstrument({ token: 'sim:card=blue;brand=visa;alpha=ok' }, order, 'order', sealer);
    const second = await newInstrument({ token: 'sim:alpha=503;card=blue' }, order, 'buyer', sealer);
    expect(first.identity).toBe('sim-card:blue');
    expect(second.id).toBe(first.id);
    expect(first.id).toMatch(/^ins_[0-9a-f]{16}$/);
    expect(first.network).toBe('visa');
    expect(first.credentials.map(({ processor }) => processor)).toEqual(['*']);
  });

  test('is order and text of a simulator token without a card', async () => {
    const here = await identity({ token: 'sim:alpha=ok' });
    expect(await identity({ token: 'sim:alpha=ok' })).toBe(here);
    expect(await identity({ token: 'sim:alpha=ok' }, { ...order, orderId: 'o-2' })).not.toBe(here);
    expect(here).not.toContain('alpha');
  });

  test('is a keyed hash of any other credential, the same across orders', async () => {
    const method = { credentials: [{ processor: 'stripe', token: 'pm_canary' }] };
    const here = await identity(method);
    expect(await identity(method, { ...order, orderId: 'o-2' })).toBe(here);
    expect(here).not.toContain('canary');
    const elsewhere = createSealer(createSealingKeys(KEY), new Uint8Array(randomBytes(32)));
    expect((await newInstrument(method, order, 'order', elsewhere)).identity).not.toBe(here);
  });

  test('says what it is made of, and brings the weaker names of the card as aliases', async () => {
    const made = (method: Parameters<typeof newInstrument>[0]) => newInstrument(method, order, 'order', sealer);
    const credentials = [
      { processor: 'stripe', token: 'pm_one' },
      { processor: 'adyen', token: 'ad_one' },
    ];
    const both = await made({ credentials });
    const [stripe, adyen] = await Promise.all(credentials.map((each) => made({ credentials: [each] })));
    expect([both.identity, ...(both.aliases ?? [])].sort()).toEqual([stripe?.identity, adyen?.identity].sort());
    expect([both.identityFrom, stripe?.identityFrom]).toEqual(['linked_credentials', 'credential']);
    expect(stripe).not.toHaveProperty('aliases');
    const named = await made({ credentials, par: 'P1' });
    expect(named).toMatchObject({ identity: 'par:P1', identityFrom: 'par' });
    expect(named.aliases).toEqual([both.identity, ...(both.aliases ?? [])]);
    expect(await made({ token: 'sim:card=blue;alpha=ok', par: 'P1' })).toMatchObject({ aliases: ['sim-card:blue'] });
    expect((await made({ token: 'sim:card=blue;alpha=ok' })).identityFrom).toBe('simulator_card');
  });

  test('belongs to a merchant: another merchant has another instrument', async () => {
    const method = { token: 'sim:card=blue;alpha=ok' };
    const other = await newInstrument(method, { ...order, merchantId: 'other' }, 'order', sealer);
    expect(other.id).not.toBe((await newInstrument(method, order, 'order', sealer)).id);
  });
});

describe('the initial state', () => {
  const rulebook = { id: 'default', version: 1, hash: 'h' };
  const now = '2026-01-01T00:00:00.000Z';
  const request = {
    orderId: 'o-1',
    amount: { minor: 4999, currency: 'EUR' },
    paymentMethod: { token: 'sim:card=blue;alpha=canary_outcome', last4: '4242' },
    savedMethods: [{ token: 'sim:card=blue;alpha=ok' }, { token: 'sim:card=green;alpha=ok' }],
  };

  test('holds no credential in clear and each card once', async () => {
    const state = await newOrderState({ request, merchantId: 'default', rulebook, now, waitMs: 10_000, sealer });
    expect(JSON.stringify(state)).not.toContain('canary');
    expect(state.instruments.map(({ origin, identity }) => [origin, identity])).toEqual([
      ['order', 'sim-card:blue'],
      ['saved', 'sim-card:green'],
    ]);
    expect(state.facts).toMatchObject({ buyer: { present: true }, capture: 'automatic', metadata: {}, features: [] });
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test('a present buyer is charged within the wait and 5 s, an absent one until the order ends', async () => {
    const base = { merchantId: 'default', rulebook, now, waitMs: 10_000, sealer };
    const present = await newOrderState({ ...base, request });
    expect(present.facts.notAfter).toBe('2026-01-01T00:00:15.000Z');
    const offSession = { agreement: 'recurring' as const, mandateRef: 'm' };
    const expiresAt = '2026-02-01T00:00:00.000Z';
    const absent = await newOrderState({ ...base, request: { ...request, offSession, expiresAt } });
    expect(absent.facts).toMatchObject({ notAfter: expiresAt, buyer: { present: false } });
  });
});
