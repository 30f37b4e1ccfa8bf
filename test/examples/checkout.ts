import { type OrderView, Recoup } from '../../client/index.ts';

const recoup = new Recoup({ baseUrl: process.env.RECOUP_URL ?? '', apiKey: process.env.RECOUP_API_KEY ?? '' });

export async function payOrder(orderId: string, token: string) {
  const order = await recoup.orders.collect({
    orderId, // the same order id is the same payment: call again after a crash, a reload, a double click
    amount: { minor: 4999, currency: 'EUR' },
    paymentMethod: { token },
  });
  return whatToShow(order);
}

export function whatToShow({ stage, nextAction }: Pick<OrderView, 'stage' | 'nextAction'>) {
  const { url, options } = nextAction;
  if (['paid', 'authorized', 'capturing'].includes(stage)) return { show: 'thank you' };
  if (['failed', 'expired', 'cancelled', 'cancelling'].includes(stage)) return { show: 'this order is closed', stage };
  if (url !== undefined) return { redirectTo: url }; // 3-D Secure, a page: the order goes on when the buyer is done there
  if (options.length > 0) return { show: 'other ways to pay', options }; // one of them goes to orders.recover(orderId, …)
  return { show: 'your payment is being confirmed, you will not pay twice' }; // never charge again yourself
}
