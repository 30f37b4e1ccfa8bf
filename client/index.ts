/**
 * What checkout code imports. Two forms, one resource:
 *
 *     new Recoup({ baseUrl, apiKey })                      over HTTP, through the gateway
 *     new Recoup({ temporal, databaseUrl, sealingKey })    straight to Temporal and PostgreSQL
 */
import { checkedApiKey, gatewayAddress } from './http/address.ts';
import { httpOrders } from './http/orders.ts';
import type { Orders } from './orders.ts';
import type { Embedded, EmbeddedSettings } from './temporal/index.ts';

export interface HttpForm {
  /** Address of a gateway, e.g. `https://recoup.shop.example`. */
  baseUrl: string;
  apiKey: string;
  /** Sends of one call when its answer is lost, the first one included; all with one key. Default 5. */
  maxSends?: number;
}

export class Recoup {
  readonly orders: Orders;
  readonly #close: () => Promise<void>;

  /** @throws `settings_invalid` */
  constructor(settings: HttpForm | EmbeddedSettings) {
    if ('baseUrl' in settings) {
      const { baseUrl, apiKey, maxSends = 5 } = settings;
      this.orders = httpOrders({ baseUrl: gatewayAddress(baseUrl), apiKey: checkedApiKey(apiKey), maxSends });
      this.#close = async () => {};
      return;
    }
    const open = openOnce(settings);
    this.orders = deferred(async () => (await open.get()).orders);
    this.#close = open.close;
  }

  /** Ends connections. Orders go on: they do not live in this process. */
  async close(): Promise<void> {
    await this.#close();
  }
}

const METHODS = [
  'collect',
  'get',
  'list',
  'timeline',
  'explain',
  'recover',
  'cancel',
  'hold',
  'release',
  'retry',
  'capture',
  'close',
  'reopen',
  'resolve',
] as const satisfies readonly (keyof Orders)[];

/**
 * Opens at the first call, and again at the next one if that failed. Loaded only in this form: callers over HTTP need
 * neither Temporal nor a database driver.
 */
function openOnce(settings: EmbeddedSettings): { get(): Promise<Embedded>; close(): Promise<void> } {
  let opened: Promise<Embedded> | null = null;
  return {
    get: () => {
      opened ??= import('./temporal/index.ts').then(({ openEmbedded }) => openEmbedded(settings));
      opened.catch(() => {
        opened = null;
      });
      return opened;
    },
    close: async () => {
      const open = await opened?.catch(() => null);
      await open?.close();
    },
  };
}

/** The same methods, each waiting for the connection first. */
function deferred(orders: () => Promise<Orders>): Orders {
  const methods = METHODS.map((name) => [
    name,
    async (...input: unknown[]) => ((await orders())[name] as (...input: unknown[]) => Promise<unknown>)(...input),
  ]);
  return Object.fromEntries(methods) as Orders;
}

export type { ErrorCode } from '../contract/errors.ts';
export type {
  CollectRequest,
  ListOrdersRequest,
  PaymentMethod,
  RecoveryRequest,
  ResolveRequest,
} from '../contract/schemas/orders.ts';
export type { NextAction, OrderView } from '../policy/view.ts';
export { AccessError, OrderError, RecoupError, RequestError, UnavailableError } from './errors.ts';
export type {
  CallOptions,
  CollectedOrder,
  ExplainedDecision,
  Explanations,
  OrderPage,
  Orders,
  Timeline,
  TimelineLine,
} from './orders.ts';
export type { EmbeddedSettings } from './temporal/index.ts';
