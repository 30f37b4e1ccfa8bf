import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyRing } from '../../contract/key-ring.ts';
import { createPayloadCodec } from '../../contract/payload-codec.ts';

/** Generated at the first start and kept: sealed credentials of open orders must stay readable. */
export interface Secrets {
  /** 32 bytes, base64. Seals credentials. While keys rotate: `new,old`. */
  sealingKey: string;
  /** Encrypt what Temporal stores, as RECOUP_CODEC_KEYS; left out: it is in clear. Once used they are needed. */
  codecKeys?: string;
  /** Of the embedded merchant, every scope. */
  apiKey: string;
  /** Standard Webhooks form: `whsec_` and base64. */
  webhookSecret: string;
  /** 32 bytes, base64. Signs buyer tokens. */
  buyerTokenKey: string;
  postgresPassword: string;
}

/** @param withCodec Make keys for the payload codec if there are none. */
export function loadSecrets(stateDir: string, withCodec = false): Secrets {
  const file = join(stateDir, 'secrets.json');
  const known = read(file);
  const secrets: Secrets = {
    sealingKey: known.sealingKey ?? randomBytes(32).toString('base64'),
    apiKey: known.apiKey ?? `rk_test_${randomBytes(24).toString('base64url')}`,
    webhookSecret: known.webhookSecret ?? `whsec_${randomBytes(24).toString('base64')}`,
    buyerTokenKey: known.buyerTokenKey ?? randomBytes(32).toString('base64'),
    postgresPassword: known.postgresPassword ?? randomBytes(18).toString('base64url'),
  };
  const codecKeys = known.codecKeys ?? (withCodec ? randomBytes(32).toString('base64') : undefined);
  if (codecKeys !== undefined) secrets.codecKeys = codecKeys;
  readKeyRing(secrets.sealingKey, `sealingKey in ${file}`);
  createPayloadCodec(codecKeys, `codecKeys in ${file}`);
  writePrivately(file, secrets);
  return secrets;
}

function read(file: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    // A file that is there and unreadable is not replaced: new keys would make stored credentials useless.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read (${(error as Error).message}). Restore it, or delete the state directory`);
  }
}

/** Atomic, and readable by this user only from its first byte on. */
export function writePrivately(file: string, content: unknown): void {
  const unfinished = `${file}.${process.pid}.tmp`;
  writeFileSync(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}
