/** What every call may use. Built once, in main.ts and in tests. */
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { TemporalOrders } from '../client/temporal/orders.ts';
import type { EncryptingCodec } from '../contract/payload-codec.ts';
import type { Sealer, SealingKeys } from '../contract/sealing.ts';
import type { Processor } from '../processors/port.ts';
import type { Store } from '../store/store.ts';
import { Gate } from './access.ts';
import { BuyerTokens } from './buyer/tokens.ts';
import { DEFAULT_RATE_LIMIT, type RateLimit, RateLimiter } from './http/rate-limit.ts';
import type { CodecUi } from './routes/codec.ts';

export interface Services {
  client: Client;
  store: Store;
  processors: ReadonlyMap<string, Processor>;
  orders: TemporalOrders;
  /** Ids of the keys that this process seals and opens with. */
  sealingKeys: Pick<SealingKeys, 'kid' | 'kids'>;
  codec: EncryptingCodec;
  codecUi: CodecUi;
  tokens: BuyerTokens;
  gate: Gate;
  limiter: RateLimiter;
  /** Deliveries of one event that are on their way at this moment: a hundred at once are one signal. */
  underWay: Map<string, Promise<void>>;
  taskQueue: string;
  timeScale: number;
  /** Our address as callers know it, without a slash at its end. */
  baseUrl: string;
  log: Logger;
}

export interface ServiceParts {
  client: Client;
  store: Store;
  processors: ReadonlyMap<string, Processor>;
  sealer: Sealer;
  codec: EncryptingCodec;
  codecUi: CodecUi;
  buyerTokenKey: Uint8Array;
  mode: 'test' | 'live';
  timeScale: number;
  taskQueue: string;
  baseUrl: string;
  returnUrlOrigins: string[];
  log: Logger;
  rateLimit?: RateLimit;
}

export function createServices(parts: ServiceParts): Services {
  const { client, store, processors, sealer, mode, taskQueue, baseUrl, returnUrlOrigins, log } = parts;
  const tokens = new BuyerTokens(parts.buyerTokenKey, mode);
  return {
    client,
    store,
    processors,
    orders: new TemporalOrders({
      client,
      store,
      sealer,
      findProcessor: (name) => processors.get(name),
      taskQueue,
      returnUrlOrigins,
    }),
    sealingKeys: { kid: sealer.kid, kids: sealer.kids },
    codec: parts.codec,
    codecUi: parts.codecUi,
    tokens,
    gate: new Gate({ store, tokens, mode }),
    limiter: new RateLimiter(parts.rateLimit ?? DEFAULT_RATE_LIMIT),
    underWay: new Map(),
    taskQueue,
    timeScale: parts.timeScale,
    baseUrl,
    log,
  };
}
