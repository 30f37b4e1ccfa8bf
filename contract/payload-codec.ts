/**
 * Encrypts what Temporal stores: arguments, results, messages, failures, summaries. Off unless the setting has a key.
 * Credentials are sealed beside it and inside it: whoever may read payloads may still not charge a card.
 *
 * What stays in clear whatever the codec does: workflow ids, types, search attributes, times. Nothing personal is in them.
 * Runs in Node processes only; workflows never see it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { readKeyRing, SettingInvalid } from './key-ring.ts';

export interface EncryptingCodec extends PayloadCodec {
  /** Id of the key that encrypts now; `null`: new payloads stay in clear. */
  kid: string | null;
  /** Ids of all keys that decrypt. */
  kids: readonly string[];
  setting: string;
}

/** A payload that was encrypted with a key which is not here, or was changed. */
export class PayloadUnreadable extends Error {
  override readonly name = 'PayloadUnreadable';
  readonly kid: string | null;
  readonly reason: 'key_missing' | 'changed';

  constructor(reason: PayloadUnreadable['reason'], kid: string | null, setting: string) {
    super(
      reason === 'key_missing'
        ? `A payload is encrypted with key ${kid}, which ${setting} does not hold. Nothing was changed.`
        : 'An encrypted payload cannot be read: it was changed, or is none.',
    );
    this.reason = reason;
    this.kid = kid;
  }
}

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** In the place of the first key: what is there is read, and nothing new is encrypted. */
const OFF = 'off,';

/**
 * @param setting `KEY`, `KEY,OLD_KEY,…` or `off,KEY,…`, see {@link readKeyRing}. Empty: off; what is encrypted is refused by name.
 * @throws SettingInvalid
 */
export function createPayloadCodec(setting = '', name = 'RECOUP_CODEC_KEYS'): EncryptingCodec {
  const off = setting === '' || setting.startsWith(OFF);
  const text = setting.startsWith(OFF) ? setting.slice(OFF.length) : setting;
  const ring = text === '' && setting === '' ? [] : readKeyRing(text, name);
  const keys = new Map(ring.map(({ kid, derive }) => [kid, derive('recoup payload codec v1')]));
  const kid = off ? null : (ring[0]?.kid ?? null);
  return {
    kid,
    kids: [...keys.keys()],
    setting: name,
    encode: async (payloads) => {
      const key = kid === null ? undefined : keys.get(kid);
      return kid === null || key === undefined ? payloads : payloads.map((payload) => encrypt(payload, kid, key));
    },
    decode: async (payloads) =>
      payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys, name) : payload)),
  };
}

/**
 * A process that cannot read what this deployment's workers write is stopped at its start, not at its first order.
 * @param wanted Id of the key with which the workers encrypt; `null`: they don't.
 */
export function requireCodecKey({ kids, setting }: EncryptingCodec, wanted: string | null): void {
  if (wanted === null || kids.includes(wanted)) return;
  throw new SettingInvalid(
    setting,
    kids.length === 0
      ? `is missing: the workers of this deployment encrypt with key ${wanted}`
      : `does not hold key ${wanted}, with which the workers of this deployment encrypt`,
  );
}

function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.encoding) === ENCODING;
}

function encrypt(payload: Payload, kid: string, key: Uint8Array): Payload {
  if (isEncrypted(payload)) return payload;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(kid));
  const sealed = [iv, cipher.update(pack(payload)), cipher.final()];
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(kid) },
    data: new Uint8Array(Buffer.concat([...sealed, cipher.getAuthTag()])),
  };
}

function decrypt({ metadata, data }: Payload, keys: ReadonlyMap<string, Uint8Array>, setting: string): Payload {
  const kid = textOf(metadata?.[KEY_ID]);
  const known = /^[A-Za-z0-9_-]{16}$/.test(kid) ? kid : null;
  if (known === null) throw new PayloadUnreadable('changed', null, setting);
  const key = keys.get(known);
  if (key === undefined) throw new PayloadUnreadable('key_missing', known, setting);
  try {
    const bytes = Buffer.from(data ?? []);
    const tagAt = bytes.length - TAG_BYTES;
    if (tagAt < IV_BYTES) throw new RangeError('too short');
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(known)).setAuthTag(bytes.subarray(tagAt));
    return unpack(Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, tagAt)), decipher.final()]));
  } catch {
    throw new PayloadUnreadable('changed', known, setting);
  }
}

/** Length of the metadata, the metadata as JSON with base64 values, the data. */
function pack({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  // An empty one that was read from the wire is an array: protobuf's default for bytes.
  return Buffer.concat([length, head, Buffer.from(data ?? [])]);
}

function unpack(bytes: Buffer): Payload {
  const dataAt = 4 + bytes.readUInt32BE(0);
  const head = JSON.parse(bytes.subarray(4, dataAt).toString('utf8')) as Record<string, string>;
  const entries = Object.entries(head).map(([name, value]) => [name, new Uint8Array(Buffer.from(value, 'base64'))]);
  return { metadata: Object.fromEntries(entries), data: new Uint8Array(bytes.subarray(dataAt)) };
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes === null || bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}
