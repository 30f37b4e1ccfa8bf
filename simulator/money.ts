import type { Card, ChallengeResult, Entry, PayingOperation, Payment, SavedMethod, Write } from './model.ts';
import { paymentNotice, stateNotice } from './notices.ts';
import type { Outcome } from './outcomes.ts';
import { newId, newReference, type Processor } from './processor.ts';
import { cardOf, type Token } from './token.ts';

/** How a payment begins and ends: the only place where money is taken. Callers commit what `writes` collects. */
export interface PaymentOrder {
  merchantId: string;
  orderId: string;
  attempt: number;
  amountMinor: number;
  currency: string;
  metadata: Record<string, string>;
  key: string;
  operation: PayingOperation;
  capture: boolean;
  token: Token | null;
  entry: Entry;
  returnUrl: string | null;
  sessionReference: string | null;
  saveFor: string | null;
  requestAuthentication: boolean;
}

export type ExecutedOutcome = Exclude<Outcome, { kind: 'not_executed' }>;

/** What 3DS says when the issuer declines after a passed challenge, and when a pending payment does not settle. */
const DECLINED_AFTER_CHALLENGE = 'do_not_honor';
const DECLINED_AFTER_PENDING = 'generic_decline';
const ABANDONS_BY_ITSELF_MS = 10_000;
const CHALLENGE_LIFETIME_MS = 86_400_000;

export function startPayment(
  processor: Processor,
  order: PaymentOrder,
  outcome: ExecutedOutcome,
  writes: Write[],
): Payment {
  const payment = newPayment(processor, order);
  order.entry.reference = payment.reference;
  writes.push(['payment', payment], ['entry', order.entry]);
  switch (outcome.kind) {
    case 'approve':
      approve(processor, payment, outcome, order, writes);
      break;
    case 'decline':
      payment.network = outcome.network ?? payment.network;
      payment.networkDeclineCode = outcome.networkCode;
      payment.adviceCode = outcome.adviceCode;
      decline(payment, outcome.code);
      // A declined try on a page is told as the session's, which stays open.
      if (payment.sessionReference === null) writes.push(stateNotice(processor, payment));
      break;
    case 'challenge':
      startChallenge(processor, payment, outcome.result, writes);
      break;
    case 'pending':
      payment.status = 'pending';
      writes.push(jobOf(processor, payment, { kind: 'settle', succeeds: outcome.succeeds }, processor.sheet.settleMs));
      break;
    default:
      outcome satisfies never;
  }
  return payment;
}

function newPayment(processor: Processor, order: PaymentOrder): Payment {
  const card = order.token === null ? null : cardOf(order.token, order.orderId);
  return {
    processor: processor.name,
    reference: newReference(processor, 'pay'),
    merchantId: order.merchantId,
    orderId: order.orderId,
    attempt: order.attempt,
    key: order.key,
    operation: order.operation,
    status: 'pending',
    code: null,
    amountMinor: order.amountMinor,
    currency: order.currency,
    authorizedMinor: 0,
    capturedMinor: 0,
    refundedMinor: 0,
    disputedMinor: 0,
    returnedMinor: 0,
    authentication: 'none',
    network: card?.network ?? null,
    networkDeclineCode: null,
    adviceCode: null,
    card,
    sessionReference: order.sessionReference,
    createdAtMs: Date.now(),
    metadata: order.metadata,
    capture: order.capture,
    token: order.token?.text ?? null,
    entryId: order.entry.id,
    returnUrl: order.returnUrl,
    challenge: null,
    visibleAtMs: 0,
    saveFor: order.saveFor,
  };
}

function approve(
  processor: Processor,
  payment: Payment,
  outcome: Extract<Outcome, { kind: 'approve' }>,
  order: PaymentOrder,
  writes: Write[],
): void {
  if (outcome.frictionless || order.requestAuthentication) payment.authentication = 'frictionless';
  take(processor, payment, order.entry, writes);
  if (outcome.lateWebhookS === null) {
    writes.push(stateNotice(processor, payment));
  } else {
    const delayMs = (outcome.lateWebhookS * 1000) / processor.timeScale;
    payment.visibleAtMs = Date.now() + delayMs;
    writes.push(stateNotice(processor, payment, delayMs));
  }
  if (outcome.later !== null) {
    const delayMs = (outcome.later.afterS * 1000) / processor.timeScale;
    writes.push(jobOf(processor, payment, { kind: outcome.later.kind }, delayMs));
  }
}

function startChallenge(processor: Processor, payment: Payment, result: ChallengeResult, writes: Write[]): void {
  payment.status = 'requires_action';
  payment.challenge = { pageId: newId('tds'), result };
  const lifetimeMs = result === 'abandoned' ? ABANDONS_BY_ITSELF_MS : CHALLENGE_LIFETIME_MS;
  writes.push(jobOf(processor, payment, { kind: 'abandon' }, lifetimeMs / processor.timeScale));
}

type LaterEvent = { kind: 'settle'; succeeds: boolean } | { kind: 'abandon' } | { kind: 'dispute' | 'return' };

function jobOf(processor: Processor, payment: Payment, event: LaterEvent, delayMs: number): Write {
  const { reference } = payment;
  return ['job', { ...event, id: newId('job'), processor: processor.name, dueAtMs: Date.now() + delayMs, reference }];
}

/** Takes or reserves the money. */
function take(processor: Processor, payment: Payment, entry: Entry, writes: Write[]): void {
  payment.code = null;
  if (payment.capture) {
    payment.status = 'captured';
    payment.capturedMinor = payment.amountMinor;
    entry.effect = 'captured';
  } else {
    payment.status = 'authorized';
    payment.authorizedMinor = payment.amountMinor;
    entry.effect = 'authorized';
  }
  entry.reference = payment.reference;
  entry.atMs = Date.now();
  writes.push(['payment', payment], ['entry', entry]);
  if (payment.saveFor !== null) saveMethod(processor, payment, payment.saveFor, writes);
}

function decline(payment: Payment, code: string): void {
  payment.status = 'declined';
  payment.code = code;
}

function saveMethod(processor: Processor, payment: Payment, buyerReference: string, writes: Write[]): void {
  if (payment.card === null || payment.token === null) return;
  const { merchantId, token, card } = payment;
  const known = processor.state.methods(processor.name, merchantId, buyerReference);
  if (known.some((method) => method.par === card.par)) return;
  writes.push(['method', newMethod(processor, merchantId, buyerReference, token, card)]);
}

export function newMethod(
  processor: Processor,
  merchantId: string,
  buyerReference: string,
  token: string,
  card: Card,
): SavedMethod {
  const { network, last4, par } = card;
  const id = newId(`${processor.name}_pm`);
  return {
    id,
    processor: processor.name,
    merchantId,
    buyerReference,
    token,
    network,
    last4,
    par,
    createdAtMs: Date.now(),
  };
}

/** The end of a pending payment. */
export function settlePayment(processor: Processor, payment: Payment, succeeds: boolean, writes: Write[]): void {
  if (payment.status !== 'pending') return;
  if (succeeds) take(processor, payment, processor.state.entry(payment.entryId), writes);
  else decline(payment, DECLINED_AFTER_PENDING);
  writes.push(['payment', payment]);
  // Settling is told at once: the 3 s were the delay.
  if (succeeds || payment.sessionReference === null) writes.push(stateNotice(processor, payment, 0));
}

export type ChallengeDecision = 'authenticate' | 'fail' | 'abandon';

/** The end of a challenge. A buyer who tries gets what the script says; failing and giving up are the buyer's to choose. */
export function completeChallenge(
  processor: Processor,
  payment: Payment,
  decision: ChallengeDecision,
  writes: Write[],
): void {
  if (payment.status !== 'requires_action' || payment.challenge === null) return;
  const result = decision === 'fail' ? 'failed' : decision === 'abandon' ? 'abandoned' : payment.challenge.result;
  payment.authentication = result === 'ok' || result === 'ok_declined' ? 'challenged' : result;
  if (result === 'ok') take(processor, payment, processor.state.entry(payment.entryId), writes);
  else decline(payment, result === 'ok_declined' ? DECLINED_AFTER_CHALLENGE : `authentication_${result}`);
  writes.push(['payment', payment]);
  if (result === 'ok' || payment.sessionReference === null) writes.push(stateNotice(processor, payment));
}

/** A dispute or return of money that was taken earlier: all that is still with the merchant. */
export function loseMoney(processor: Processor, payment: Payment, kind: 'dispute' | 'return', writes: Write[]): void {
  const leftMinor = payment.capturedMinor - payment.refundedMinor - payment.disputedMinor - payment.returnedMinor;
  if (leftMinor <= 0) return;
  if (kind === 'dispute') payment.disputedMinor += leftMinor;
  else payment.returnedMinor += leftMinor;
  writes.push(['payment', payment]);
  writes.push(paymentNotice(processor, kind === 'dispute' ? 'dispute.opened' : 'payment.returned', payment, 0));
}
