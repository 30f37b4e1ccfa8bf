/**
 * Credentials travel sealed: compact JWE (`dir`, A256GCM) with a key id. They are sealed where they enter and opened
 * only in the activity that sends them. The counting identity of an instrument is computed before sealing.
 *
 * Runs in Node processes only, never in workflow code.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

export interface Sealer {
  /** Id of the key that seals now. Tells nothing about the key. */
  kid: string;
  seal(credential: string): Promise<string>;
  /** Throws {@link SealBroken} when the text was not sealed with a key of ours, or was changed. */
  open(sealed: string): Promise<string>;
  /** Keyed hash of what must not be told from its hash: 64 hex digits. The same in every process with this key. */
  identityHash(parts: string[]): string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** Names the setting and what it must be, never its value. */
export class SettingInvalid extends Error {
  override readonly name = 'SettingInvalid';
  readonly setting: string;
  constructor(setting: string, must: string) {
    super(`${setting} ${must}`);
    this.setting = setting;
  }
}

const PLACEHOLDER = /change|replace|secret|example|placeholder|password|your|todo|xxxx/i;

/** @param sealingKey 32 random bytes in base64, e.g. from `openssl rand -base64 32`. */
export function createSealer(sealingKey: string, setting = 'RECOUP_SEALING_KEY'): Sealer {
  const master = readSealingKey(sealingKey, setting);
  const encryptionKey = derive(master, 'recoup credential sealing v1');
  const identityKey = derive(master, 'recoup instrument identity v1');
  const kid = createHash('sha256').update(derive(master, 'recoup sealing key id v1')).digest('base64url').slice(0, 16);
  return {
    kid,
    seal: (credential) =>
      new CompactEncrypt(new TextEncoder().encode(credential))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(encryptionKey),
    open: (sealed) => openSealed(sealed, kid, encryptionKey),
    identityHash: (parts) => createHmac('sha256', identityKey).update(JSON.stringify(parts)).digest('hex'),
  };
}

async function openSealed(sealed: string, kid: string, key: Uint8Array): Promise<string> {
  try {
    if (decodeProtectedHeader(sealed).kid !== kid) throw new SealBroken('the credential was sealed with another key');
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return new TextDecoder().decode(plaintext);
  } catch (error) {
    if (error instanceof SealBroken) throw error;
    throw new SealBroken('the sealed credential cannot be opened');
  }
}

function readSealingKey(text: string, setting: string): Uint8Array {
  const must = 'must be 32 random bytes in base64 (for example from: openssl rand -base64 32)';
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) throw new SettingInvalid(setting, must);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== text) throw new SettingInvalid(setting, must);
  const placeholder = new Set(bytes).size < 8 || PLACEHOLDER.test(bytes.toString('latin1'));
  if (placeholder) throw new SettingInvalid(setting, `is a placeholder; it ${must}`);
  return new Uint8Array(bytes);
}

function derive(master: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), purpose, 32));
}
