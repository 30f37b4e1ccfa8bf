/**
 * Keys that rotate. A setting holds one key or several: the first one seals, all of them open. Each is named by an id that
 * is derived from it, so that nobody has to invent names and the id tells nothing about the key.
 *
 * Runs in Node processes only, never in workflow code.
 */
import { createHash, hkdfSync } from 'node:crypto';

/** Names the setting and what it must be, never its value. */
export class SettingInvalid extends Error {
  override readonly name = 'SettingInvalid';
  readonly setting: string;
  constructor(setting: string, must: string) {
    super(`${setting} ${must}`);
    this.setting = setting;
  }
}

export interface RingKey {
  /** 16 characters of base64url. */
  kid: string;
  /** 32 bytes for one purpose only: the same key in two settings gives unrelated ones. */
  derive(purpose: string): Uint8Array;
}

const PLACEHOLDER = /change|replace|secret|example|placeholder|password|your|todo|xxxx/i;
/** More than a rotation ever needs: whoever has so many has never taken an old one out. */
const MOST_KEYS = 10;
const ONE = '32 random bytes in base64 (for example from: openssl rand -base64 32)';
const MUST = `must be ${ONE}, or several of these with commas between them, the one that seals first`;

/**
 * Reads `KEY` or `KEY,OLD_KEY,…`, each of them 32 random bytes in base64.
 * @throws SettingInvalid
 */
export function readKeyRing(text: string, setting: string): [RingKey, ...RingKey[]] {
  const [first, ...rest] = text.split(',').map((part) => readKey(part, setting));
  if (first === undefined) throw new SettingInvalid(setting, MUST);
  const keys: [RingKey, ...RingKey[]] = [first, ...rest];
  if (keys.length > MOST_KEYS) throw new SettingInvalid(setting, `must hold at most ${MOST_KEYS} keys`);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) {
    throw new SettingInvalid(setting, 'must not hold the same key twice');
  }
  return keys;
}

function readKey(text: string, setting: string): RingKey {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) throw new SettingInvalid(setting, MUST);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== text) throw new SettingInvalid(setting, MUST);
  const placeholder = new Set(bytes).size < 8 || PLACEHOLDER.test(bytes.toString('latin1'));
  if (placeholder) throw new SettingInvalid(setting, `is a placeholder; it must be ${ONE}`);
  const derive = (purpose: string) => new Uint8Array(hkdfSync('sha256', bytes, new Uint8Array(0), purpose, 32));
  const kid = createHash('sha256').update(derive('recoup sealing key id v1')).digest('base64url').slice(0, 16);
  return { kid, derive };
}
