import type { ProcessorEvent } from '../../policy/answers.ts';
import { WebhookRejected } from '../port.ts';
import {
  asFields,
  authenticationOf,
  cardNamesOf,
  type Fields,
  fieldsOf,
  known,
  minorOf,
  orderOf,
  textOf,
} from './bodies.ts';

type EventType = ProcessorEvent['type'];

/** Our name of each type, the object that it brings, and the field that holds the amount in question. */
const TYPES: Record<string, { type: EventType; object: string[]; amount?: string; total?: true }> = {
  'payment.captured': { type: 'payment_succeeded', object: ['payment'], amount: 'capturedMinor' },
  'payment.authorized': { type: 'payment_authorized', object: ['payment'], amount: 'authorizedMinor' },
  'payment.declined': { type: 'payment_failed', object: ['payment'], amount: 'amountMinor' },
  'payment.voided': { type: 'payment_cancelled', object: ['payment'] },
  'payment.returned': { type: 'payment_returned', object: ['payment'], amount: 'returnedMinor', total: true },
  'dispute.opened': { type: 'dispute_opened', object: ['payment'], amount: 'disputedMinor', total: true },
  'refund.succeeded': { type: 'refund_succeeded', object: ['action'], amount: 'amountMinor' },
  'refund.failed': { type: 'refund_failed', object: ['action'], amount: 'amountMinor' },
  'hosted_session.try_declined': { type: 'payment_failed', object: ['hosted_session'] },
  'invoice.try_declined': { type: 'payment_failed', object: ['invoice'] },
  'hosted_session.closed': { type: 'session_closed', object: ['hosted_session'] },
  'hosted_session.expired': { type: 'session_closed', object: ['hosted_session'] },
  'invoice.closed': { type: 'session_closed', object: ['invoice'] },
  'invoice.expired': { type: 'session_closed', object: ['invoice'] },
};

/** Translates the verified body of a webhook. Types that we do not know are kept; bodies that we cannot read are refused. */
export function eventOfWebhook(processor: string, eventId: string, body: unknown): ProcessorEvent {
  const fields = asFields(body);
  const name = fields === null ? undefined : textOf(fields, 'type');
  const occurredAt = fields === null ? null : instantOf(textOf(fields, 'timestamp'));
  if (fields === null || name === undefined || occurredAt === null) throw unreadable('type or timestamp is missing');
  const data = fieldsOf(fields, 'data');
  const order = data === null ? null : orderOf(data);
  const rule = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  const account = data === null ? undefined : textOf(data, 'account');
  const common = { eventId, processor, occurredAt, ...known({ account }) };
  if (rule === undefined) {
    return { ...common, type: 'unknown_type', ...(order ?? { merchantId: '', orderId: '' }) };
  }
  if (data === null || order === null) throw unreadable('the order is missing');
  // All processors of the simulator sign alike, so that a notice of another one would verify too.
  if (data.processor !== processor) throw unreadable('it is about another processor');
  if (!rule.object.includes(String(data.object))) throw unreadable('it does not fit its type');
  const amountMinor = rule.amount === undefined ? undefined : minorOf(data, rule.amount);
  if (rule.amount !== undefined && amountMinor === undefined) throw unreadable('the amount is missing');
  return { ...common, type: rule.type, ...order, ...detailsOf(data), ...known({ amountMinor, total: rule.total }) };
}

function detailsOf(data: Fields): Partial<ProcessorEvent> {
  const page = lastTryOn(data);
  if (page !== null) return page;
  const declined = data.status === 'declined';
  return known({
    key: textOf(data, 'key'),
    reference: textOf(data, data.object === 'action' ? 'paymentReference' : 'reference'),
    cardNames: cardNamesOf(fieldsOf(data, 'card')),
    currency: textOf(data, 'currency'),
    code: declined ? textOf(data, 'code') : undefined,
    network: textOf(data, 'network'),
    networkCode: declined ? textOf(data, 'networkDeclineCode') : undefined,
    adviceCode: declined ? textOf(data, 'adviceCode') : undefined,
    authentication: authenticationOf(data),
  });
}

/** The newest of the tries on an open page, which is what the notice of a declined one is about. */
function lastTryOn(data: Fields): Partial<ProcessorEvent> | null {
  const tries = data.object !== 'payment' && data.status === 'open' && Array.isArray(data.tries) ? data.tries : [];
  const last = asFields(tries.at(-1));
  if (last === null) return null;
  return known({
    key: textOf(data, 'key'),
    reference: textOf(last, 'reference'),
    currency: textOf(data, 'currency'),
    code: textOf(last, 'code'),
    network: textOf(last, 'network'),
    networkCode: textOf(last, 'networkDeclineCode'),
    adviceCode: textOf(last, 'adviceCode'),
    cardNames: cardNamesOf(fieldsOf(last, 'card')),
  });
}

function instantOf(text: string | undefined): string | null {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function unreadable(why: string): WebhookRejected {
  return new WebhookRejected('webhook_body_invalid', `The signed body cannot be used: ${why}. It was not stored.`);
}
