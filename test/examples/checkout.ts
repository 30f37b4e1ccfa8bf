import { Recoup } from '../../client/index.ts';

const recoup = new Recoup({ baseUrl: process.env.RECOUP_URL ?? '', apiKey: process.env.RECOUP_API_KEY ?? '' });

export async function payOrder(orderId: string, token: string) {
  const order = await recoup.orders.collect({
    orderId, // the same order id is the same payment: call again after a crash, a reload, a double click
    amount: { minor: 4999, currency: 'EUR' },
    paymentMethod: { token },
  });
  const { who, url, options } = order.nextAction;
  if (order.stage === 'paid') return { show: 'thank you' };
  if (url !== undefined) return { redirectTo: url }; // 3-D Secure: the order goes on when the buyer is done there
  if (who === 'buyer') return { show: 'other ways to pay', options }; // one of them goes to orders.recover(orderId, …)
  return { show: 'your payment is being confirmed, you will not pay twice' }; // never charge again yourself
}
