import { randomBytes } from 'node:crypto';
import { SettingInvalid } from '../contract/key-ring.ts';
import { createSealer, type Sealer, type SealingKeys } from '../contract/sealing.ts';
import type { IdentityKeyCopy } from './identity-keys.ts';
import { openStore } from './open.ts';
import type { Store } from './store.ts';

/**
 * The store of a process that seals or opens.
 * @throws StoreUnavailable, SettingInvalid
 */
export async function openSealedStore(
  databaseUrl: string,
  keys: SealingKeys,
): Promise<{ store: Store; sealer: Sealer }> {
  const store = await openStore(databaseUrl);
  try {
    return { store, sealer: await openSealer(store, keys) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * The sealer of this deployment. The key behind counting identities is made once, at random, and kept in the database,
 * sealed: so a card keeps its identity, and what is forbidden or counted with it, when the sealing key changes.
 * Each process whose sealing key has no copy yet adds one, so that any of the keys finds it.
 * @throws SettingInvalid when no key of the setting opens a copy: such a process would seal what nobody can open
 */
export async function openSealer(store: Store, keys: SealingKeys): Promise<Sealer> {
  const copies = await firstCopies(store, keys);
  const readable = copies.find(({ kid }) => keys.kids.includes(kid));
  if (readable === undefined) {
    const wanted = copies.map(({ kid }) => kid).join(', ');
    throw new SettingInvalid(
      keys.setting,
      `holds none of the keys that this database was sealed with (ids: ${wanted})`,
    );
  }
  const identityKey = await keys.open(readable.sealed);
  if (!copies.some(({ kid }) => kid === keys.kid)) {
    await store.saveIdentityKey({ kid: keys.kid, sealed: await keys.seal(identityKey), first: false });
  }
  return createSealer(keys, new Uint8Array(Buffer.from(identityKey, 'base64')));
}

async function firstCopies(store: Store, keys: SealingKeys): Promise<IdentityKeyCopy[]> {
  const copies = await store.listIdentityKeys();
  if (copies.length > 0) return copies;
  const sealed = await keys.seal(randomBytes(32).toString('base64'));
  await store.saveIdentityKey({ kid: keys.kid, sealed, first: true });
  // Another process may have been quicker: whatever is there now counts.
  return await store.listIdentityKeys();
}
