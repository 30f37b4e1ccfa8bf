/** Settings of the gateway, by environment. A missing or placeholder one ends the start, by its name, never its value. */
import { MERCHANT_ID_PATTERN } from '../contract/ids.ts';
import { SettingInvalid } from '../contract/key-ring.ts';
import { createPayloadCodec, type EncryptingCodec } from '../contract/payload-codec.ts';
import { createSealingKeys, type SealingKeys } from '../contract/sealing.ts';
import type { ProcessorSettings } from '../processors/registry.ts';
import type { CodecUi } from './routes/codec.ts';

export interface GatewaySettings {
  host: string;
  port: number;
  /** Our address as callers know it, without a slash at its end; `null`: the one that is bound. */
  baseUrl: string | null;
  databaseUrl: string;
  temporal: { address: string; namespace: string };
  taskQueue: string;
  /** Of `RECOUP_SEALING_KEY`: the first seals, all of them open. */
  sealingKeys: SealingKeys;
  /** Of `RECOUP_CODEC_KEYS`: what Temporal stores is encrypted. */
  codec: EncryptingCodec;
  codecUi: CodecUi;
  buyerTokenKey: Uint8Array;
  mode: 'test' | 'live';
  /** Divides waits that processors' advice gives; 1 in live mode. */
  timeScale: number;
  /** A key that is registered at the start, with every scope; `null`: keys come from elsewhere. */
  apiKey: { key: string; merchantId: string } | null;
  processors: ProcessorSettings;
  returnUrlOrigins: string[];
}

type Environment = Record<string, string | undefined>;

const PLACEHOLDER = /change.?me|replace|placeholder|example|your.|todo|xxxx|<.*>/i;

export function readSettings(env: Environment): GatewaySettings {
  const mode = oneOf(env, 'RECOUP_MODE', ['test', 'live'] as const, 'test');
  const port = portOf(env, 'GATEWAY_PORT');
  const host = env.GATEWAY_HOST || '127.0.0.1';
  return {
    host,
    port,
    baseUrl: env.GATEWAY_URL ? webAddress(env, 'GATEWAY_URL') : null,
    databaseUrl: databaseAddress(env),
    temporal: { address: required(env, 'TEMPORAL_ADDRESS'), namespace: env.TEMPORAL_NAMESPACE || 'default' },
    taskQueue: env.TEMPORAL_TASK_QUEUE || 'recoup',
    sealingKeys: createSealingKeys(env.RECOUP_SEALING_KEY ?? ''),
    codec: createPayloadCodec(env.RECOUP_CODEC_KEYS),
    codecUi: {
      origins: originsOf(env, 'RECOUP_CODEC_UI_ORIGINS'),
      keyless: keylessOf(env, 'RECOUP_CODEC_UI_KEYLESS', mode, host),
    },
    buyerTokenKey: randomKey(env, 'RECOUP_BUYER_TOKEN_KEY'),
    mode,
    timeScale: timeScaleOf(env, mode),
    apiKey: apiKeyOf(env, mode),
    processors: {
      alphaUrl: webAddress(env, 'SIMULATOR_ALPHA_URL'),
      betaUrl: webAddress(env, 'SIMULATOR_BETA_URL'),
      gammaUrl: webAddress(env, 'SIMULATOR_GAMMA_URL'),
      webhookSecret: webhookSecret(env, 'SIMULATOR_WEBHOOK_SECRET'),
    },
    returnUrlOrigins: originsOf(env, 'RECOUP_RETURN_URL_ORIGINS'),
  };
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new SettingInvalid(name, 'is missing');
  if (PLACEHOLDER.test(value)) throw new SettingInvalid(name, 'is a placeholder');
  return value;
}

function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], fallback: T): T {
  const value = env[name] || fallback;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new SettingInvalid(name, `must be one of ${allowed.join(', ')}`);
  return found;
}

function portOf(env: Environment, name: string): number {
  const value = env[name] || '0';
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535)
    throw new SettingInvalid(name, 'must be a port, or 0 for any free one');
  return port;
}

function webAddress(env: Environment, name: string): string {
  const value = required(env, name);
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new SettingInvalid(name, 'must be an http or https address without credentials');
  }
  return value.replace(/\/+$/, '');
}

function databaseAddress(env: Environment): string {
  const value = required(env, 'DATABASE_URL');
  if (!/^postgres(?:ql)?:\/\//.test(value)) throw new SettingInvalid('DATABASE_URL', 'must be a postgresql:// address');
  return value;
}

function randomKey(env: Environment, name: string): Uint8Array {
  const bytes = Buffer.from(required(env, name), 'base64');
  const must = 'must be 32 random bytes in base64 (for example from: openssl rand -base64 32)';
  if (bytes.length !== 32 || bytes.toString('base64') !== env[name]) throw new SettingInvalid(name, must);
  if (new Set(bytes).size < 8) throw new SettingInvalid(name, `is a placeholder; it ${must}`);
  return new Uint8Array(bytes);
}

function webhookSecret(env: Environment, name: string): string {
  const value = required(env, name);
  const bytes = Buffer.from(value.replace(/^whsec_/, ''), 'base64');
  const must = 'must be whsec_ and at least 24 random bytes in base64';
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(value) || bytes.length < 24) throw new SettingInvalid(name, must);
  if (new Set(bytes).size < 8) throw new SettingInvalid(name, `is a placeholder; it ${must}`);
  return value;
}

function apiKeyOf(env: Environment, mode: 'test' | 'live'): GatewaySettings['apiKey'] {
  if (!env.RECOUP_API_KEY) return null;
  const key = required(env, 'RECOUP_API_KEY');
  if (!/^[\x21-\x7e]{24,200}$/.test(key))
    throw new SettingInvalid('RECOUP_API_KEY', 'must be 24–200 random characters');
  const otherMode = mode === 'test' ? 'live' : 'test';
  if (key.startsWith(`rk_${otherMode}_`))
    throw new SettingInvalid('RECOUP_API_KEY', `is a ${otherMode} key in ${mode} mode`);
  const merchantId = required(env, 'RECOUP_MERCHANT_ID');
  if (!MERCHANT_ID_PATTERN.test(merchantId)) {
    throw new SettingInvalid('RECOUP_MERCHANT_ID', 'must match ^[A-Za-z0-9_]{1,40}$');
  }
  return { key, merchantId };
}

function originsOf(env: Environment, name: string): string[] {
  const values = (env[name] ?? '').split(',').filter((value) => value !== '');
  return values.map((value) => {
    if (!URL.canParse(value) || new URL(value).origin !== value) {
      throw new SettingInvalid(name, 'must be origins such as https://shop.example with commas between them');
    }
    return value;
  });
}

/** Whoever calls from the UI's origin is let in: only where nobody else can reach us, and no money is real. */
function keylessOf(env: Environment, name: string, mode: 'test' | 'live', host: string): boolean {
  const keyless = oneOf(env, name, ['true', 'false'] as const, 'false') === 'true';
  const loopback = host === '127.0.0.1' || host === '::1' || host === 'localhost';
  if (keyless && (mode === 'live' || !loopback)) {
    throw new SettingInvalid(name, 'must not be set in live mode or with a GATEWAY_HOST that others can reach');
  }
  return keyless;
}

function timeScaleOf(env: Environment, mode: 'test' | 'live'): number {
  const scale = Number(env.RECOUP_TIME_SCALE || '1');
  if (!Number.isInteger(scale) || scale < 1)
    throw new SettingInvalid('RECOUP_TIME_SCALE', 'must be a whole number from 1');
  if (mode === 'live' && scale !== 1) throw new SettingInvalid('RECOUP_TIME_SCALE', 'must not be set in live mode');
  return scale;
}
