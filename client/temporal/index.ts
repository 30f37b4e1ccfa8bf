/** The embedded form: `new Recoup({ temporal, databaseUrl, sealingKey })`. */
import { Client } from '@temporalio/client';
import { DEFAULT_MERCHANT_ID, MERCHANT_ID_PATTERN } from '../../contract/ids.ts';
import { SettingInvalid } from '../../contract/key-ring.ts';
import { createPayloadCodec, type EncryptingCodec, requireCodecKey } from '../../contract/payload-codec.ts';
import { createSealingKeys } from '../../contract/sealing.ts';
import { openProcessors, type ProcessorSettings } from '../../processors/registry.ts';
import { openSealedStore } from '../../store/sealing.ts';
import type { Store } from '../../store/store.ts';
import type { Orders } from '../orders.ts';
import { lazyConnection } from './connection.ts';
import { embeddedOrders } from './embedded.ts';
import { asRecoupError } from './faults.ts';
import { TemporalOrders } from './orders.ts';
import type { FindProcessor } from './pages.ts';

export { createPayloadCodec } from '../../contract/payload-codec.ts';

export interface TemporalAddress {
  /** host:port */
  address: string;
  /** Default `default`. */
  namespace?: string;
  /** Default: the one that the workers said when they started. */
  taskQueue?: string;
}

export interface EmbeddedSettings {
  temporal: TemporalAddress | Client;
  databaseUrl: string;
  /** 32 random bytes in base64: the one that the workers have. While keys rotate several, with commas between them. */
  sealingKey: string;
  /**
   * Needed where the workers encrypt what Temporal stores: their `RECOUP_CODEC_KEYS`. A client of one's own in `temporal` has to
   * have the codec itself: `dataConverter: { payloadCodecs: [createPayloadCodec(codecKeys)] }`.
   */
  codecKeys?: string;
  /** Default `default`. */
  merchantId?: string;
  /**
   * Where the processors' pages (`nextAction.url`) are fetched. Default: the settings `SIMULATOR_ALPHA_URL` … of the
   * environment; without them answers carry no page.
   */
  processors?: ProcessorSettings | FindProcessor;
  /** Origins that a `returnUrl` may have. Default: any. */
  returnUrlOrigins?: string[];
}

export interface Embedded {
  orders: Orders;
  close(): Promise<void>;
}

export async function openEmbedded(settings: EmbeddedSettings): Promise<Embedded> {
  try {
    return await open(settings);
  } catch (error) {
    throw asRecoupError(error);
  }
}

async function open(settings: EmbeddedSettings): Promise<Embedded> {
  const merchantId = settings.merchantId ?? DEFAULT_MERCHANT_ID;
  if (!MERCHANT_ID_PATTERN.test(merchantId)) throw new SettingInvalid('merchantId', 'must match ^[A-Za-z0-9_]{1,40}$');
  const keys = createSealingKeys(settings.sealingKey, 'sealingKey');
  const codec = createPayloadCodec(settings.codecKeys, 'codecKeys');
  const { store, sealer } = await openSealedStore(settings.databaseUrl, keys);
  const { client, close } = openTemporal(settings.temporal, codec);
  await requireCodec(client, codec, store).catch(async (error: unknown) => {
    await Promise.all([store.close(), close()]);
    throw error;
  });
  const taskQueue = isClient(settings.temporal) ? undefined : settings.temporal.taskQueue;
  const orders = new TemporalOrders({
    client,
    store,
    sealer,
    findProcessor: processorFinder(settings.processors),
    ...(taskQueue !== undefined && { taskQueue }),
    ...(settings.returnUrlOrigins !== undefined && { returnUrlOrigins: settings.returnUrlOrigins }),
  });
  return {
    orders: embeddedOrders(orders, { merchantId, actor: 'merchant', name: 'embedded' }),
    close: async () => {
      await Promise.all([store.close(), close()]);
    },
  };
}

/** A client of the caller's brings its own codec, whose keys we cannot know unless it is one of ours. */
async function requireCodec(client: Client, ours: EncryptingCodec, store: Store): Promise<void> {
  const wanted = (await store.currentDeployment())?.codecKeyId ?? null;
  const { payloadCodecs } = client.options.loadedDataConverter;
  if (payloadCodecs.includes(ours) || payloadCodecs.length === 0) requireCodecKey(ours, wanted);
  if (wanted !== null && payloadCodecs.length === 0) {
    const must = 'must be a client whose dataConverter has `payloadCodecs: [createPayloadCodec(codecKeys)]`';
    throw new SettingInvalid('temporal', must);
  }
}

/** By its shape: the caller's may come from another copy of the package. */
function isClient(temporal: TemporalAddress | Client): temporal is Client {
  return 'workflow' in temporal;
}

/** A client of the caller's stays the caller's to close. */
function openTemporal(
  temporal: TemporalAddress | Client,
  codec: EncryptingCodec,
): { client: Client; close(): Promise<void> } {
  if (isClient(temporal)) return { client: temporal, close: async () => {} };
  const { connection, close } = lazyConnection(temporal.address);
  return {
    client: new Client({
      connection,
      namespace: temporal.namespace ?? 'default',
      dataConverter: { payloadCodecs: [codec] },
    }),
    close,
  };
}

function processorFinder(processors: EmbeddedSettings['processors']): FindProcessor {
  if (typeof processors === 'function') return processors;
  const settings = processors ?? processorsOfEnvironment(process.env);
  const opened = settings === null ? null : openProcessors(settings);
  return (name) => opened?.get(name);
}

function processorsOfEnvironment(env: Record<string, string | undefined>): ProcessorSettings | null {
  const alphaUrl = env.SIMULATOR_ALPHA_URL;
  const betaUrl = env.SIMULATOR_BETA_URL;
  const gammaUrl = env.SIMULATOR_GAMMA_URL;
  const webhookSecret = env.SIMULATOR_WEBHOOK_SECRET;
  return alphaUrl && betaUrl && gammaUrl && webhookSecret ? { alphaUrl, betaUrl, gammaUrl, webhookSecret } : null;
}
