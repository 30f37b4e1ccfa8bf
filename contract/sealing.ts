/**
 * Credentials travel sealed: compact JWE (`dir`, A256GCM) with a key id. They are sealed where they enter and opened
 * only in the activity that sends them. The counting identity of an instrument is computed before sealing.
 *
 * Runs in Node processes only, never in workflow code.
 */
import { createHmac } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { readKeyRing } from './key-ring.ts';

/** What opens and seals: the keys of one setting. */
export interface SealingKeys {
  /** Id of the key that seals now. Tells nothing about the key. */
  kid: string;
  /** Ids of all keys that open, `kid` first. */
  kids: readonly string[];
  /** Where the keys are from, for messages. */
  setting: string;
  seal(credential: string): Promise<string>;
  /** Throws {@link SealBroken} when the text was not sealed with a key of ours, or was changed. */
  open(sealed: string): Promise<string>;
}

/** The keys, and what tells two credentials apart without telling either. Made by `openSealer` of `store/`. */
export interface Sealer extends SealingKeys {
  /** Keyed hash of what must not be told from its hash: 64 hex digits. The same in every process of a deployment, for ever. */
  identityHash(parts: string[]): string;
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  /** Id of the key that it names; `null` when it is no sealed text at all. */
  readonly kid: string | null;
  /** `key_missing`: it may be opened once the key is back. `changed`: nobody will open it. */
  readonly reason: 'key_missing' | 'changed';

  constructor(reason: SealBroken['reason'], kid: string | null) {
    super(
      reason === 'key_missing'
        ? `The credential is sealed with key ${kid}, which is not among ours.`
        : 'The sealed credential cannot be opened: it was changed, or is none.',
    );
    this.reason = reason;
    this.kid = kid;
  }
}

/** @param setting The text of the setting `name`: one key or several, see {@link readKeyRing}. */
export function createSealingKeys(setting: string, name = 'RECOUP_SEALING_KEY'): SealingKeys {
  const ring = readKeyRing(setting, name);
  const [current] = ring;
  const keys = new Map(ring.map(({ kid, derive }) => [kid, derive('recoup credential sealing v1')]));
  const sealWith = current.derive('recoup credential sealing v1');
  return {
    kid: current.kid,
    kids: [...keys.keys()],
    setting: name,
    seal: (credential) =>
      new CompactEncrypt(new TextEncoder().encode(credential))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: current.kid })
        .encrypt(sealWith),
    open: (sealed) => openSealed(sealed, keys),
  };
}

/** @param identityKey 32 bytes that outlive every sealing key: identities are counted by across rotations. */
export function createSealer(keys: SealingKeys, identityKey: Uint8Array): Sealer {
  return {
    ...keys,
    identityHash: (parts) => createHmac('sha256', identityKey).update(JSON.stringify(parts)).digest('hex'),
  };
}

async function openSealed(sealed: string, keys: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const kid = keyIdOf(sealed);
  if (kid === null) throw new SealBroken('changed', null);
  const key = keys.get(kid);
  if (key === undefined) throw new SealBroken('key_missing', kid);
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return new TextDecoder().decode(plaintext);
  } catch {
    throw new SealBroken('changed', kid);
  }
}

/** From the header, which anybody may have written: what does not look like an id of ours is none. */
function keyIdOf(sealed: string): string | null {
  try {
    const { kid } = decodeProtectedHeader(sealed);
    return kid !== undefined && /^[A-Za-z0-9_-]{16}$/.test(kid) ? kid : null;
  } catch {
    return null;
  }
}
