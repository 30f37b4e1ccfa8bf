/** Orders over HTTP: `new Recoup({ baseUrl, apiKey })`. */
import type { ListOrdersRequest } from '../../contract/schemas/orders.ts';
import type { OrderView } from '../../policy/view.ts';
import { listQuery } from '../list-query.ts';
import { type CallOptions, DEFAULT_WAIT_MS, LONGEST_WAIT_MS, type Orders } from '../orders.ts';
import { type HttpAnswer, type HttpSettings, send } from './send.ts';

export function httpOrders(settings: HttpSettings): Orders {
  const get = async <T>(path: string, options: CallOptions = {}): Promise<T> =>
    (await send(settings, { method: 'GET', path, ...callOf(options) })).body as T;
  const post = (path: string, body: unknown, options: CallOptions = {}): Promise<HttpAnswer> =>
    send(settings, { method: 'POST', path, body, ...callOf(options) });
  const at = (orderId: string, suffix = '') => `/v1/orders/${encodeURIComponent(orderId)}${suffix}`;
  const command =
    <Input>(name: string) =>
    async (orderId: string, input: Input, options?: CallOptions): Promise<OrderView> =>
      (await post(at(orderId, `/${name}`), input, options)).body as OrderView;

  return {
    collect: async (request, options) => {
      const { status, body } = await post('/v1/orders', request, options);
      return { ...(body as OrderView), created: status === 201, pending: status === 202 };
    },
    get: (orderId, options) => get(at(orderId), options),
    list: (filter = {}, options) => get(`/v1/orders${queryOf(filter)}`, options),
    timeline: (orderId, options) => get(at(orderId, '/timeline'), options),
    explain: (orderId, options) => get(at(orderId, '/explain'), options),
    recover: command('recovery'),
    cancel: command('cancel'),
    hold: command('hold'),
    release: command('release'),
    retry: command('retry'),
    capture: command('capture'),
    close: command('close'),
    reopen: command('reopen'),
    resolve: command('resolve'),
  };
}

function callOf(options: CallOptions) {
  const { waitMs = DEFAULT_WAIT_MS, idempotencyKey, signal } = options;
  return {
    waitMs: Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(signal !== undefined && { signal }),
  };
}

function queryOf(filter: Partial<ListOrdersRequest>): string {
  const text = new URLSearchParams(listQuery(filter)).toString();
  return text === '' ? '' : `?${text}`;
}
