import type { Database } from './database.ts';

/** A copy of the identity key, sealed with one of the sealing keys. */
export interface IdentityKeyCopy {
  kid: string;
  sealed: string;
}

export async function listIdentityKeys(database: Database): Promise<IdentityKeyCopy[]> {
  return database.statement<IdentityKeyCopy>('list_identity_keys', 'SELECT kid, sealed FROM identity_keys', []);
}

/** `first`: only while there is none. Of two processes that start at once one makes the key. */
export async function saveIdentityKey(database: Database, copy: IdentityKeyCopy & { first: boolean }): Promise<void> {
  await database.statement('save_identity_key', 'SELECT save_identity_key($1, $2, $3)', [
    copy.kid,
    copy.sealed,
    copy.first,
  ]);
}

export interface SealingKeyUse {
  kid: string;
  /** Orders that may still have to open a credential sealed with it: open ones, and ended ones that can be reopened. */
  openOrders: number;
  reopenableOrders: number;
}

/** Which keys the stored orders still need. Ids and numbers only. */
export async function listSealingKeyUse(database: Database): Promise<SealingKeyUse[]> {
  const rows = await database.statement<{ kid: string; open_orders: string; reopenable_orders: string }>(
    'sealing_key_use',
    'SELECT * FROM sealing_key_use()',
    [],
  );
  return rows.map((row) => ({
    kid: row.kid,
    openOrders: Number(row.open_orders),
    reopenableOrders: Number(row.reopenable_orders),
  }));
}
