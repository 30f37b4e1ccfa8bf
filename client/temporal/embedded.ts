/** The resource that callers see, over {@link TemporalOrders}: requests are checked, options filled in. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { ORDER_ID_PATTERN } from '../../contract/ids.ts';
import { parseRequest } from '../../contract/parse.ts';
import {
  collectSchema,
  commandSchema,
  listOrdersSchema,
  recoverySchema,
  resolveSchema,
} from '../../contract/schemas/orders.ts';
import { recoupError } from '../errors.ts';
import { listQuery } from '../list-query.ts';
import { type CallOptions, DEFAULT_WAIT_MS, LONGEST_WAIT_MS, type Orders, type ReasonGiven } from '../orders.ts';
import type { Call, Caller } from './caller.ts';
import type { CommandName } from './commands.ts';
import { asRecoupError } from './faults.ts';
import type { TemporalOrders } from './orders.ts';

export function embeddedOrders(orders: TemporalOrders, caller: Caller): Orders {
  const callOf = (options: CallOptions = {}): Call => ({
    caller,
    commandId: options.idempotencyKey ?? randomUUID(),
    waitMs: Math.min(Math.max(options.waitMs ?? DEFAULT_WAIT_MS, 0), LONGEST_WAIT_MS),
  });
  const command =
    (name: Exclude<CommandName, 'recover' | 'resolve'>) =>
    async (orderId: string, input: ReasonGiven, options?: CallOptions) => {
      const { reason } = parsed(commandSchema, input);
      return typed(orders.command(name, checkedId(orderId), reason, callOf(options)));
    };
  return {
    collect: async (request, options) => typed(orders.collect(parsed(collectSchema, request), callOf(options))),
    get: async (orderId, options) => typed(orders.get(checkedId(orderId), callOf(options))),
    list: async (filter = {}, options) =>
      typed(orders.list(parsed(listOrdersSchema, listQuery(filter)), callOf(options))),
    timeline: async (orderId) =>
      typed(orders.reader.timeline({ merchantId: caller.merchantId, orderId: checkedId(orderId) })),
    explain: async (orderId) =>
      typed(orders.reader.explain({ merchantId: caller.merchantId, orderId: checkedId(orderId) })),
    recover: async (orderId, choice, options) =>
      typed(orders.recover(checkedId(orderId), parsed(recoverySchema, choice), callOf(options))),
    cancel: command('cancel'),
    hold: command('hold'),
    release: command('release'),
    retry: command('retry'),
    capture: command('capture'),
    close: command('close'),
    reopen: async (orderId, input, options) => {
      const { reason } = parsed(commandSchema, input);
      return typed(orders.reopen(checkedId(orderId), reason, callOf(options)));
    },
    resolve: async (orderId, input, options) =>
      typed(orders.resolve(checkedId(orderId), parsed(resolveSchema, input), callOf(options))),
  };
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = parseRequest(schema, value);
  if (result.ok) return result.value;
  throw recoupError(result.code, '', { fields: result.fields });
}

function checkedId(orderId: string): string {
  if (typeof orderId === 'string' && ORDER_ID_PATTERN.test(orderId)) return orderId;
  throw recoupError('order_unknown', 'No order has such an id.');
}

/** A database or server that is away is an error of the closed union too. */
async function typed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asRecoupError(error);
  }
}
