import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

export interface Notice {
  type: string;
  timestamp: string;
  data: Record<string, unknown>;
}

/** A notice as the simulator words it: the payment was captured, unless it is told otherwise. */
export function notice(
  order: { merchantId: string; orderId: string },
  change: Record<string, unknown> = {},
  type = 'payment.captured',
): Notice {
  return {
    type,
    timestamp: new Date().toISOString(),
    data: {
      object: 'payment',
      processor: 'alpha',
      account: 'simulator',
      reference: 'alpha_pay_x',
      merchantId: order.merchantId,
      orderId: order.orderId,
      attempt: 1,
      key: 'unknown-key',
      operation: 'charge',
      status: 'captured',
      code: null,
      amountMinor: 4999,
      currency: 'EUR',
      authorizedMinor: 0,
      capturedMinor: 4999,
      refundedMinor: 0,
      disputedMinor: 0,
      returnedMinor: 0,
      authentication: 'none',
      network: 'visa',
      networkDeclineCode: null,
      adviceCode: null,
      card: null,
      url: null,
      ...change,
    },
  };
}

export interface SignedAs {
  secret: string;
  id?: string;
  atS?: number;
}

export function signedHeaders(body: string, { secret, id, atS }: SignedAs): Record<string, string> {
  const named = id ?? `evt_${randomBytes(8).toString('hex')}`;
  const at = atS ?? Math.floor(Date.now() / 1000);
  const signature = new Webhook(secret).sign(named, new Date(at * 1000), body);
  return { 'webhook-id': named, 'webhook-timestamp': String(at), 'webhook-signature': signature };
}

/** Delivers it as the processor does, and answers the status. */
export async function deliverNotice(gatewayUrl: string, told: Notice, signed: SignedAs): Promise<number> {
  const body = JSON.stringify(told);
  const headers = { 'content-type': 'application/json', ...signedHeaders(body, signed) };
  const answer = await fetch(`${gatewayUrl}/v1/webhooks/${told.data.processor}`, { method: 'POST', headers, body });
  await answer.text();
  return answer.status;
}
