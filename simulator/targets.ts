import { type Fields, identifier, invalid } from './fields.ts';
import { Refusal } from './http.ts';
import type { Payment, Session } from './model.ts';
import type { Processor } from './processor.ts';

/**
 * What a later operation acts on: named by the processor's reference, or by the key under which it was made.
 * `nothing`: nothing was ever executed under that key.
 */
export type Target<T> = { found: T } | { nothing: string };

interface Named {
  merchantId: string;
  orderId: string;
}

export function paymentTarget(processor: Processor, fields: Fields, of: Named): Target<Payment> {
  return target(processor, fields, of, 'payment', (reference) => processor.state.payments.get(reference));
}

export function sessionTarget(processor: Processor, fields: Fields, of: Named, kind: Session['kind']): Target<Session> {
  return target(processor, fields, of, 'session', (reference) => {
    const session = processor.state.sessions.get(reference);
    return session?.kind === kind ? session : undefined;
  });
}

function target<T extends Named & { processor: string }>(
  processor: Processor,
  fields: Fields,
  of: Named,
  type: 'payment' | 'session',
  find: (reference: string) => T | undefined,
): Target<T> {
  const key = fields.targetKey;
  if (typeof key === 'string' && key !== '') return targetOfKey(processor, key, of, type, find);
  const found = own(processor, find(textOf(fields.reference)), of);
  if (found === undefined) throw new Refusal(404, 'not_found', `no such ${type} of this order`);
  return { found };
}

function targetOfKey<T extends Named & { processor: string }>(
  processor: Processor,
  key: string,
  of: Named,
  type: 'payment' | 'session',
  find: (reference: string) => T | undefined,
): Target<T> {
  if (processor.sheet.lookup === null) {
    throw new Refusal(405, 'not_supported', `${processor.name} does not find anything by its key`);
  }
  const record = processor.state.key(processor.name, key);
  if (processor.inFlight.has(key) || (record !== undefined && record.visibleAtMs > Date.now())) {
    throw new Refusal(409, 'in_flight', 'the request with targetKey is being worked on');
  }
  if (record === undefined || record.subject === null) return { nothing: key };
  if (record.subject.type !== type) throw new Refusal(404, 'not_found', `targetKey is not the key of a ${type}`);
  const found = own(processor, find(record.subject.reference), of);
  if (found === undefined) throw new Refusal(404, 'not_found', 'targetKey belongs to another order');
  return { found };
}

function own<T extends Named & { processor: string }>(
  processor: Processor,
  found: T | undefined,
  of: Named,
): T | undefined {
  if (found === undefined || found.processor !== processor.name) return undefined;
  return found.merchantId === of.merchantId && found.orderId === of.orderId ? found : undefined;
}

/** The one that must exist; for operations that cannot fence what never was. */
export function existing<T>(found: Target<T>): T {
  if ('found' in found) return found.found;
  throw new Refusal(404, 'not_found', 'nothing was executed under targetKey');
}

function textOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalid('reference or targetKey is needed');
  return value;
}

export function namedOrder(fields: Fields): Named {
  return { merchantId: identifier(fields, 'merchantId'), orderId: identifier(fields, 'orderId') };
}
