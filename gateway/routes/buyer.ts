/** The buyer's side: one order, by buyer token. */
import { RecoupError, recoupError } from '../../client/errors.ts';
import { buyerOrderSchema } from '../../contract/schemas/answers.ts';
import { recoverySchema } from '../../contract/schemas/orders.ts';
import { buyerView } from '../buyer/view.ts';
import type { RequestContext, Route } from '../http/route.ts';
import { read } from './read.ts';

export const BUYER_ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/v1/buyer/order',
    summary: 'The order as its buyer may see it.',
    access: { kind: 'buyer', action: 'view' },
    answer: buyerOrderSchema,
    handle: async (context) => {
      const view = await context.services.orders.get(buyersOrder(context), context.call);
      return { status: 200, body: buyerView(view) };
    },
  },
  {
    // Not the GET: pages poll that one, and each poll would be a question to the processor.
    method: 'POST',
    path: '/v1/buyer/order/returned',
    summary: 'The buyer came back from a processor’s page: how it went is asked at once.',
    access: { kind: 'buyer', action: 'view' },
    bodyKind: 'optional',
    answer: buyerOrderSchema,
    handle: async (context) => {
      const view = await context.services.orders.buyerReturned(buyersOrder(context), context.call);
      return { status: 200, body: buyerView(view) };
    },
  },
  {
    method: 'POST',
    path: '/v1/buyer/order/recovery',
    summary: 'The buyer chooses another way to pay.',
    access: { kind: 'buyer', action: 'pay' },
    body: recoverySchema,
    answer: buyerOrderSchema,
    handle: async (context) => {
      const choice = read(recoverySchema, context.body);
      try {
        const view = await context.services.orders.recover(buyersOrder(context), choice, context.call);
        return { status: 200, body: buyerView(view) };
      } catch (error) {
        throw kindly(error);
      }
    },
  },
];

function buyersOrder({ buyerOrderId }: RequestContext): string {
  if (buyerOrderId === null) throw recoupError('unauthorized');
  return buyerOrderId;
}

/** A refusal's reasons name codes, limits and processors, which are none of the buyer's. */
function kindly(error: unknown): unknown {
  if (!(error instanceof RecoupError)) return error;
  switch (error.code) {
    case 'recovery_refused':
      return recoupError('recovery_refused', 'This way of paying cannot be used. Choose another one.');
    case 'request_invalid': {
      const fields = error.fields.map(({ path }) => ({ path, must: 'must be of a processor that is used here' }));
      return recoupError('request_invalid', '', { fields });
    }
    default:
      return error;
  }
}
