import type { Action, Payment, Session } from './model.ts';
import type { Processor } from './processor.ts';

/** The one account that the merchant has at each of the three. */
const ACCOUNT = 'simulator';

/** What callers see of the records: as they stand now, without the script and the bookkeeping. */
export function paymentView(processor: Processor, payment: Payment): object {
  return {
    object: 'payment',
    processor: payment.processor,
    account: ACCOUNT,
    reference: payment.reference,
    merchantId: payment.merchantId,
    orderId: payment.orderId,
    attempt: payment.attempt,
    key: payment.key,
    operation: payment.operation,
    status: payment.status,
    code: payment.code,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    authorizedMinor: payment.authorizedMinor,
    capturedMinor: payment.capturedMinor,
    refundedMinor: payment.refundedMinor,
    disputedMinor: payment.disputedMinor,
    returnedMinor: payment.returnedMinor,
    authentication: payment.authentication,
    network: payment.network,
    networkDeclineCode: payment.networkDeclineCode,
    adviceCode: payment.adviceCode,
    card: payment.card,
    url:
      payment.status === 'requires_action' && payment.challenge !== null
        ? `${processor.url()}/pages/3ds/${payment.challenge.pageId}`
        : null,
    sessionReference: payment.sessionReference,
    createdAt: new Date(payment.createdAtMs).toISOString(),
    metadata: payment.metadata,
  };
}

export function actionView(processor: Processor, action: Action): object {
  const payment = action.paymentReference === null ? undefined : processor.state.payments.get(action.paymentReference);
  return {
    object: 'action',
    processor: action.processor,
    account: ACCOUNT,
    operation: action.operation,
    key: action.key,
    reference: action.reference,
    paymentReference: action.paymentReference,
    status: action.status,
    code: action.code,
    amountMinor: action.amountMinor,
    currency: action.currency,
    payment: payment === undefined ? null : paymentView(processor, payment),
  };
}

export function sessionView(processor: Processor, session: Session): object {
  const payment =
    session.paymentReference === null ? undefined : processor.state.payments.get(session.paymentReference);
  return {
    object: session.kind === 'hosted' ? 'hosted_session' : 'invoice',
    processor: session.processor,
    account: ACCOUNT,
    reference: session.reference,
    merchantId: session.merchantId,
    orderId: session.orderId,
    attempt: session.attempt,
    key: session.key,
    operation: session.kind === 'hosted' ? 'open_hosted' : 'open_invoice',
    status: session.status,
    amountMinor: session.amountMinor,
    currency: session.currency,
    url: session.status === 'open' ? `${processor.url()}/pages/${session.kind}/${session.pageId}` : null,
    expiresAt: new Date(session.expiresAtMs).toISOString(),
    payment: payment === undefined ? null : paymentView(processor, payment),
    tries: session.tries,
    createdAt: new Date(session.createdAtMs).toISOString(),
    metadata: session.metadata,
  };
}
