import type { Action, Payment, Session, WebhookJob, Write } from './model.ts';
import { newId, type Processor } from './processor.ts';
import { actionView, paymentView, sessionView } from './views.ts';

/**
 * Webhooks to come. The body is fixed here, when the thing happens, so that every delivery of a message is the same
 * bytes under the same id.
 */
export type NoticeType =
  | 'payment.captured'
  | 'payment.authorized'
  | 'payment.declined'
  | 'payment.voided'
  | 'payment.returned'
  | 'dispute.opened'
  | 'refund.succeeded'
  | 'refund.failed'
  | 'hosted_session.closed'
  | 'hosted_session.expired'
  | 'hosted_session.try_declined'
  | 'invoice.closed'
  | 'invoice.expired'
  | 'invoice.try_declined';

export function paymentNotice(processor: Processor, type: NoticeType, payment: Payment, delayMs?: number): Write {
  return notice(processor, type, payment, paymentView(processor, payment), delayMs);
}

/** How the payment stands, in the name of the notice. */
export function stateNotice(processor: Processor, payment: Payment, delayMs?: number): Write {
  const { status } = payment;
  if (status === 'pending' || status === 'requires_action') throw new Error(`${status} is nothing to tell`);
  return paymentNotice(processor, `payment.${status}`, payment, delayMs);
}

export function refundNotice(processor: Processor, action: Action, payment: Payment): Write {
  return notice(
    processor,
    `refund.${action.status === 'succeeded' ? 'succeeded' : 'failed'}`,
    payment,
    actionView(processor, action),
  );
}

export function sessionNotice(
  processor: Processor,
  what: 'closed' | 'expired' | 'try_declined',
  session: Session,
): Write {
  const object = session.kind === 'hosted' ? 'hosted_session' : 'invoice';
  return notice(processor, `${object}.${what}`, session, sessionView(processor, session));
}

function notice(
  processor: Processor,
  type: NoticeType,
  of: { merchantId: string; orderId: string },
  data: object,
  delayMs: number = processor.sheet.webhookDelayMs,
): Write {
  const nowMs = Date.now();
  const job: WebhookJob = {
    kind: 'webhook',
    id: newId('msg'),
    dueAtMs: nowMs + delayMs,
    processor: processor.name,
    merchantId: of.merchantId,
    orderId: of.orderId,
    body: JSON.stringify({ type, timestamp: new Date(nowMs).toISOString(), data }),
  };
  return ['job', job];
}
