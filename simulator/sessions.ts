import {
  amountMinor,
  attemptNumber,
  currencyCode,
  type Fields,
  jsonBody,
  optionalInstantMs,
  optionalUrl,
  textList,
  textMap,
} from './fields.ts';
import { type Answer, type Call, json, Refusal } from './http.ts';
import { arrive, cancelKey, claimEntry, keyOf, remember, standingAnswer, type Visit } from './keys.ts';
import type { Payment, Session, Write } from './model.ts';
import { completeChallenge, type ExecutedOutcome, type PaymentOrder, startPayment } from './money.ts';
import { sessionNotice } from './notices.ts';
import { nextOutcome, unsupportedFeature } from './payments.ts';
import { newId, newReference, type Processor } from './processor.ts';
import { namedOrder, sessionTarget } from './targets.ts';
import type { Token } from './token.ts';
import { sessionView } from './views.ts';

/** Hosted checkout and invoices: an address at which the buyer pays, once. */
export function postSession(processor: Processor, call: Call, kind: Session['kind']): Answer {
  const key = keyOf(processor, call);
  const fields = jsonBody(call);
  const asked = {
    ...namedOrder(fields),
    attempt: attemptNumber(fields),
    amountMinor: amountMinor(fields),
    currency: currencyCode(fields),
    returnUrl: optionalUrl(fields, 'returnUrl'),
    metadata: textMap(fields, 'metadata'),
  };
  const features = textList(fields, 'features');
  const expiresAtMs = optionalInstantMs(fields, 'expiresAt');
  const operation = kind === 'hosted' ? 'open_hosted' : 'open_invoice';
  const visit = arrive(processor, key, { ...asked, operation, request: [asked, features, expiresAtMs] });
  const standing = unsupportedFeature(processor, features) ?? standingAnswer(processor, visit);
  const answer = standing ?? open(processor, visit, { ...asked, kind, expiresAtMs });
  processor.state.commit(visit.writes);
  return answer;
}

type Asked = Pick<
  Session,
  'merchantId' | 'orderId' | 'attempt' | 'amountMinor' | 'currency' | 'returnUrl' | 'metadata' | 'kind'
> & { expiresAtMs: number | null };

function open(processor: Processor, visit: Visit, asked: Asked): Answer {
  const nowMs = Date.now();
  const longestMs = asked.kind === 'hosted' ? processor.sheet.hostedMaxMs : processor.sheet.invoiceMaxMs;
  const entry = claimEntry(visit);
  const session: Session = {
    ...asked,
    processor: processor.name,
    reference: newReference(processor, asked.kind === 'hosted' ? 'hs' : 'inv'),
    pageId: newId('page'),
    key: visit.key,
    status: 'open',
    expiresAtMs: Math.min(asked.expiresAtMs ?? Number.POSITIVE_INFINITY, nowMs + longestMs),
    paymentReference: null,
    tries: [],
    createdAtMs: nowMs,
    entryId: entry.id,
  };
  entry.reference = session.reference;
  const { reference, expiresAtMs } = session;
  visit.writes.push(
    ['session', session],
    ['job', { kind: 'expire', id: newId('job'), processor: processor.name, dueAtMs: expiresAtMs, reference }],
  );
  const body = JSON.stringify(sessionView(processor, session));
  remember(processor, visit, { httpStatus: 200, body, subject: { type: 'session', reference } });
  return json(200, body);
}

export function postClosing(processor: Processor, call: Call, kind: Session['kind']): Answer {
  const key = keyOf(processor, call);
  const fields = jsonBody(call);
  const { merchantId, orderId } = namedOrder(fields);
  const visit = arrive(processor, key, {
    operation: kind === 'hosted' ? 'close_hosted' : 'close_invoice',
    merchantId,
    orderId,
    amountMinor: 0,
    currency: null,
    request: [merchantId, orderId, fields.reference ?? null, fields.targetKey ?? null],
  });
  try {
    if (!processor.sheet.fence[kind]) {
      throw new Refusal(405, 'not_supported', `${processor.name} cannot close what it opened`);
    }
    return standingAnswer(processor, visit) ?? close(processor, visit, fields, kind);
  } finally {
    processor.state.commit(visit.writes);
  }
}

function close(processor: Processor, visit: Visit, fields: Fields, kind: Session['kind']): Answer {
  const target = sessionTarget(processor, fields, namedOrder(fields), kind);
  if ('nothing' in target) {
    claimEntry(visit);
    visit.writes.push(cancelKey(processor, target.nothing, kind === 'hosted' ? 'open_hosted' : 'open_invoice'));
    const body = JSON.stringify({
      object: kind === 'hosted' ? 'hosted_session' : 'invoice',
      processor: processor.name,
      reference: null,
      ...namedOrder(fields),
      key: target.nothing,
      status: 'closed',
      url: null,
      payment: null,
      tries: [],
    });
    remember(processor, visit, { httpStatus: 200, body, subject: null });
    return json(200, body);
  }
  const session = target.found;
  if (session.status === 'paid' || session.status === 'processing') {
    const code = session.status === 'paid' ? 'already_paid' : 'payment_pending';
    throw new Refusal(409, code, `the session is ${session.status}; nothing was changed`, {
      session: sessionView(processor, session),
    });
  }
  const entry = claimEntry(visit);
  entry.reference = session.reference;
  entry.amountMinor = session.amountMinor;
  entry.currency = session.currency;
  if (session.status === 'open') {
    session.status = 'closed';
    visit.writes.push(['session', session], sessionNotice(processor, 'closed', session));
  }
  const body = JSON.stringify(sessionView(processor, session));
  remember(processor, visit, { httpStatus: 200, body, subject: { type: 'session', reference: session.reference } });
  return json(200, body);
}

/** What a buyer's try on the page came to. `unavailable`: nothing happened, the buyer may try again. */
export type PageResult = 'paid' | 'processing' | 'declined' | 'unavailable' | 'not_open';

/** The buyer pays with a token. */
export function payWithToken(processor: Processor, session: Session, token: Token): PageResult {
  if (session.status !== 'open') return 'not_open';
  const writes: Write[] = [];
  const outcome = nextOutcome(processor, session, token, writes);
  if (outcome.kind === 'not_executed') {
    processor.state.commit(writes);
    return 'unavailable';
  }
  return pay(processor, session, { token, outcome, writes });
}

/** The buyer presses a button; no card is involved. */
export function payWithButton(processor: Processor, session: Session, succeeds: boolean): PageResult {
  if (session.status !== 'open') return 'not_open';
  const outcome: ExecutedOutcome = succeeds
    ? { kind: 'approve', answer: 'normal', delayMs: 0, frictionless: false, lateWebhookS: null, later: null }
    : { kind: 'decline', code: 'generic_decline', network: null, networkCode: null, adviceCode: null };
  return pay(processor, session, { token: null, outcome, writes: [] });
}

function pay(
  processor: Processor,
  session: Session,
  { token, outcome, writes }: { token: Token | null; outcome: ExecutedOutcome; writes: Write[] },
): PageResult {
  const entry = processor.state.entry(session.entryId);
  const order: PaymentOrder = {
    merchantId: session.merchantId,
    orderId: session.orderId,
    attempt: session.attempt,
    amountMinor: session.amountMinor,
    currency: session.currency,
    metadata: session.metadata,
    key: session.key,
    operation: session.kind === 'hosted' ? 'open_hosted' : 'open_invoice',
    capture: true,
    token,
    entry,
    returnUrl: null,
    sessionReference: session.reference,
    saveFor: null,
    requestAuthentication: false,
  };
  const payment = startPayment(processor, order, outcome, writes);
  // The buyer is on the processor's own page: a challenge takes place right there.
  if (payment.status === 'requires_action') completeChallenge(processor, payment, 'authenticate', writes);
  const result = followPayment(processor, session, payment, writes);
  processor.state.commit(writes);
  return result;
}

/** Brings the session to where its payment is: at once, and again when a pending payment ends. */
export function followPayment(processor: Processor, session: Session, payment: Payment, writes: Write[]): PageResult {
  writes.push(['session', session]);
  if (payment.status === 'captured') {
    session.status = 'paid';
    session.paymentReference = payment.reference;
    return 'paid';
  }
  if (payment.status === 'pending') {
    session.status = 'processing';
    session.paymentReference = payment.reference;
    return 'processing';
  }
  const { code, network, networkDeclineCode, adviceCode, card, reference } = payment;
  session.tries.push({ at: new Date().toISOString(), reference, code, network, networkDeclineCode, adviceCode, card });
  session.paymentReference = null;
  const entry = processor.state.entry(session.entryId);
  entry.reference = session.reference;
  writes.push(['entry', entry]);
  session.status = session.expiresAtMs > Date.now() ? 'open' : 'expired';
  writes.push(sessionNotice(processor, session.status === 'open' ? 'try_declined' : 'expired', session));
  return 'declined';
}
