/** The order calls of the API. */
import type { CommandName } from '../../client/temporal/commands.ts';
import {
  buyerTokenAnswerSchema,
  explanationsSchema,
  orderPageSchema,
  orderViewSchema,
  timelineSchema,
} from '../../contract/schemas/answers.ts';
import {
  buyerTokenSchema,
  collectSchema,
  commandSchema,
  listOrdersSchema,
  recoverySchema,
  resolveSchema,
} from '../../contract/schemas/orders.ts';
import type { OrderView } from '../../policy/view.ts';
import type { Answer, RequestContext, Route } from '../http/route.ts';
import { orderIdOf, read, readQuery } from './read.ts';

const READ = { kind: 'key', scope: 'orders:read' } as const;
const WRITE = { kind: 'key', scope: 'orders:write' } as const;
const SUPPORT = { kind: 'key', scope: 'orders:support' } as const;

export const ORDER_ROUTES: Route[] = [
  {
    method: 'POST',
    path: '/v1/orders',
    summary: 'Starts an order, or finds it. A decline is an answer, not an error.',
    access: WRITE,
    body: collectSchema,
    answer: orderViewSchema,
    statuses: [201, 200, 202],
    handle: collect,
    again: collectAgain,
  },
  {
    method: 'GET',
    path: '/v1/orders',
    summary: 'Lists orders, the one that changed last first.',
    access: READ,
    query: listOrdersSchema,
    answer: orderPageSchema,
    handle: async ({ services, query, call }) =>
      ok(await services.orders.list(readQuery(listOrdersSchema, query), call)),
  },
  {
    method: 'GET',
    path: '/v1/orders/:orderId',
    summary: 'The order as it stands.',
    access: READ,
    answer: orderViewSchema,
    handle: show,
  },
  {
    method: 'GET',
    path: '/v1/orders/:orderId/timeline',
    summary: 'What happened, happens and is planned.',
    access: READ,
    answer: timelineSchema,
    handle: async (context) => ok(await context.services.orders.reader.timeline(refOf(context))),
  },
  {
    method: 'GET',
    path: '/v1/orders/:orderId/explain',
    summary: 'Every decision: rule, evidence, what was refused and why.',
    access: READ,
    answer: explanationsSchema,
    handle: async (context) => ok(await context.services.orders.reader.explain(refOf(context))),
  },
  {
    method: 'POST',
    path: '/v1/orders/:orderId/recovery',
    summary: 'Chooses another way to pay.',
    access: WRITE,
    body: recoverySchema,
    answer: orderViewSchema,
    handle: recover,
    again: show,
  },
  command('cancel', WRITE, 'Cancels the order once nothing is payable any more; 202 until then.', [200, 202]),
  command('capture', WRITE, 'Takes the authorized amount.', [200, 202]),
  command('hold', SUPPORT, 'Stops later automatic tries.'),
  command('release', SUPPORT, 'Lets later automatic tries go on.'),
  command('retry', SUPPORT, 'Makes the next try now.'),
  command('close', SUPPORT, 'Ends the order as failed once nothing is payable any more.', [200, 202]),
  {
    method: 'POST',
    path: '/v1/orders/:orderId/reopen',
    summary: 'Opens a failed or expired order again.',
    access: SUPPORT,
    body: commandSchema,
    answer: orderViewSchema,
    handle: async (context) => {
      const { reason } = read(commandSchema, context.body);
      return ok(await context.services.orders.reopen(orderIdOf(context), reason, context.call));
    },
    again: show,
  },
  {
    method: 'POST',
    path: '/v1/orders/:orderId/resolve',
    summary: 'Says what became of an attempt whose outcome is unknown, or answers what a person is asked.',
    access: SUPPORT,
    body: resolveSchema,
    answer: orderViewSchema,
    handle: async (context) => {
      const input = read(resolveSchema, context.body);
      return ok(await context.services.orders.resolve(orderIdOf(context), input, context.call));
    },
    again: show,
  },
  {
    method: 'POST',
    path: '/v1/orders/:orderId/buyer-tokens',
    summary: 'A token for the buyer of this order, good for 15 minutes.',
    access: WRITE,
    body: buyerTokenSchema,
    bodyKind: 'optional',
    answer: buyerTokenAnswerSchema,
    statuses: [201],
    handle: mintBuyerToken,
    again: mintBuyerToken,
  },
];

async function collect({ services, body, call }: RequestContext): Promise<Answer> {
  const { created, pending, ...view } = await services.orders.collect(read(collectSchema, body), call);
  const headers = { location: `/v1/orders/${view.orderId}` };
  if (pending) return { status: 202, body: view, headers };
  return created ? { status: 201, body: view, headers } : { status: 200, body: view };
}

/** What was not answered yet the first time is joined again; else the order is read afresh. */
async function collectAgain(context: RequestContext, firstStatus: number): Promise<Answer> {
  if (firstStatus === 202) return collect(context);
  const { orderId } = read(collectSchema, context.body);
  const view = await context.services.orders.get(orderId, context.call);
  return { status: firstStatus, body: view, headers: { location: `/v1/orders/${orderId}` } };
}

async function show(context: RequestContext): Promise<Answer> {
  return ok(await context.services.orders.get(orderIdOf(context), context.call));
}

async function recover(context: RequestContext): Promise<Answer> {
  const choice = read(recoverySchema, context.body);
  return ok(await context.services.orders.recover(orderIdOf(context), choice, context.call));
}

function command(
  name: Exclude<CommandName, 'recover' | 'resolve'>,
  access: Route['access'],
  summary: string,
  statuses = [200],
): Route {
  return {
    method: 'POST',
    path: `/v1/orders/:orderId/${name}`,
    summary,
    access,
    body: commandSchema,
    answer: orderViewSchema,
    statuses,
    handle: async (context) => {
      const { reason } = read(commandSchema, context.body);
      const view = await context.services.orders.command(name, orderIdOf(context), reason, context.call);
      return accepted(view);
    },
    again: async (context) => accepted(await context.services.orders.get(orderIdOf(context), context.call)),
  };
}

async function mintBuyerToken(context: RequestContext): Promise<Answer> {
  const { actions = ['view', 'pay'] } = read(buyerTokenSchema, context.body);
  const order = refOf(context);
  const { orders, store, tokens } = context.services;
  await orders.reader.require(order);
  const { actor, name } = context.caller;
  await store.audit({
    ...order,
    at: new Date().toISOString(),
    actor: `${actor}:${name}`,
    action: 'mint_buyer_token',
    reason: 'for the buyer',
    detail: { actions },
  });
  return { status: 201, body: await tokens.mint({ ...order, actions }) };
}

/** 202 while what was asked for is still under way. */
function accepted(view: OrderView): Answer {
  const underWay = view.stage === 'cancelling' || view.stage === 'capturing';
  return underWay
    ? { status: 202, body: view, headers: { location: `/v1/orders/${view.orderId}` } }
    : { status: 200, body: view };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function refOf(context: RequestContext) {
  return { merchantId: context.caller.merchantId, orderId: orderIdOf(context) };
}
