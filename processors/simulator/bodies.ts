import type { ProcessorAnswer, ProcessorResult } from '../../policy/answers.ts';
import type { Authentication } from '../../policy/terms.ts';

/** An object that came over the wire: every field is doubted until read. */
export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export function textOf(fields: Fields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function minorOf(fields: Fields, name: string): number | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function fieldsOf(fields: Fields, name: string): Fields | null {
  return Object.hasOwn(fields, name) ? asFields(fields[name]) : null;
}

const AUTHENTICATIONS = ['none', 'exempt', 'frictionless', 'challenged', 'abandoned', 'failed', 'unavailable'];

export function authenticationOf(fields: Fields): Authentication | undefined {
  const word = textOf(fields, 'authentication');
  return word !== undefined && AUTHENTICATIONS.includes(word) ? (word as Authentication) : undefined;
}

/** Only fields that are known: the port has no `undefined`. */
export function known<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** A result, or `null` where the body is not what the documents promise: then nothing may be concluded from it. */
export type Translated = ProcessorResult | null;

const PAYMENT_STATUS: Record<string, ProcessorResult['status']> = {
  captured: 'succeeded',
  authorized: 'succeeded',
  declined: 'declined',
  requires_action: 'requires_action',
  pending: 'pending',
  voided: 'closed',
};

export function paymentResult(payment: Fields): Translated {
  const word = textOf(payment, 'status') ?? '';
  const status = Object.hasOwn(PAYMENT_STATUS, word) ? PAYMENT_STATUS[word] : undefined;
  const reference = textOf(payment, 'reference');
  if (status === undefined || reference === undefined || payment.object !== 'payment') return null;
  const amountMinor = amountOfPayment(payment, word);
  if (status === 'succeeded' && amountMinor === undefined) return null;
  const card = fieldsOf(payment, 'card');
  return {
    status,
    ...known({
      reference,
      amountMinor,
      currency: textOf(payment, 'currency'),
      authorizedOnly: word === 'authorized' ? true : undefined,
      refundedMinor: minorOf(payment, 'refundedMinor') || undefined,
      returnedMinor: minorOf(payment, 'returnedMinor') || undefined,
      disputedMinor: minorOf(payment, 'disputedMinor') || undefined,
      code: textOf(payment, 'code'),
      network: textOf(payment, 'network'),
      networkCode: textOf(payment, 'networkDeclineCode'),
      adviceCode: textOf(payment, 'adviceCode'),
      authentication: authenticationOf(payment),
      action: status === 'requires_action' ? ('authenticate' as const) : undefined,
      last4: card === null ? undefined : textOf(card, 'last4'),
      cardNames: cardNamesOf(card),
    }),
  };
}

/** As on our instruments. A card without an id of its own is only this order's, and its PAR is made of that. */
export function cardNamesOf(card: Fields | null): string[] | undefined {
  const par = card === null ? undefined : textOf(card, 'par');
  if (card === null || par === undefined) return undefined;
  const id = textOf(card, 'id');
  return id === undefined || id.startsWith('anon_') ? [`par:${par}`] : [`sim-card:${id}`, `par:${par}`];
}

/** What was really taken or reserved, which need not be what was asked for. */
function amountOfPayment(payment: Fields, status: string): number | undefined {
  if (status === 'captured') return minorOf(payment, 'capturedMinor');
  if (status === 'authorized') return minorOf(payment, 'authorizedMinor');
  return minorOf(payment, 'amountMinor');
}

/** Capture, void, refund, continuation: how the action itself ended, or, where it only asks, how the payment stands. */
export function actionResult(action: Fields): Translated {
  const operation = textOf(action, 'operation');
  const status = textOf(action, 'status');
  if (action.object !== 'action' || (status !== 'succeeded' && status !== 'declined')) return null;
  const payment = fieldsOf(action, 'payment');
  if (operation === 'continue_authentication') return payment === null ? null : paymentResult(payment);
  const refund = operation === 'refund';
  return {
    // A void that succeeded is the fence's confirmation.
    status: operation === 'void' && status === 'succeeded' ? 'closed' : status,
    ...known({
      reference: textOf(action, refund ? 'reference' : 'paymentReference'),
      amountMinor: minorOf(action, 'amountMinor'),
      currency: textOf(action, 'currency'),
      code: textOf(action, 'code'),
    }),
  };
}

/** Hosted checkout or invoice. Open is the buyer's turn; paid tells of the payment. */
export function sessionResult(session: Fields): Translated {
  if (session.object !== 'hosted_session' && session.object !== 'invoice') return null;
  const reference = textOf(session, 'reference');
  const common = known({
    reference,
    amountMinor: minorOf(session, 'amountMinor'),
    currency: textOf(session, 'currency'),
  });
  switch (textOf(session, 'status')) {
    case 'open':
      return { status: 'requires_action', action: 'display_details', ...common };
    case 'processing':
      return { status: 'pending', ...common };
    case 'closed':
    case 'expired':
      return { status: 'closed', ...common };
    case 'paid': {
      const payment = fieldsOf(session, 'payment');
      return payment === null ? null : paymentResult(payment);
    }
    default:
      return null;
  }
}

export function resultOf(body: Fields): Translated {
  switch (body.object) {
    case 'payment':
      return paymentResult(body);
    case 'action':
      return actionResult(body);
    case 'hosted_session':
    case 'invoice':
      return sessionResult(body);
    default:
      return null;
  }
}

/** Which order a body is about; `null` where it does not say. */
export function orderOf(body: Fields): { merchantId: string; orderId: string; attempt?: number } | null {
  const subject = body.object === 'action' ? fieldsOf(body, 'payment') : body;
  if (subject === null) return null;
  const merchantId = textOf(subject, 'merchantId');
  const orderId = textOf(subject, 'orderId');
  const attempt = minorOf(subject, 'attempt');
  if (merchantId === undefined || orderId === undefined) return null;
  return { merchantId, orderId, ...known({ attempt }) };
}

export function errorAnswer(httpStatus: number, body: unknown): ProcessorAnswer {
  const error = fieldsOf(asFields(body) ?? {}, 'error');
  if (error === null) return { kind: 'http_error', httpStatus };
  const code = textOf(error, 'code');
  // A key that was fenced before it arrived: the confirmation that nothing can be taken under it.
  if (code === 'key_cancelled' && error.executed === false) return { kind: 'result', status: 'closed' };
  return {
    kind: 'http_error',
    httpStatus,
    ...known({ code, executed: error.executed === false ? (false as const) : undefined }),
  };
}
