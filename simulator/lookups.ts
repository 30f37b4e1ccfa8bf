import { type Answer, type Call, json, Refusal } from './http.ts';
import type { Session, Subject } from './model.ts';
import type { Processor } from './processor.ts';
import { actionView, paymentView, sessionView } from './views.ts';

/** Questions: they change nothing and tell how things stand now, whatever a key would replay. */
export function getPayment(processor: Processor, call: Call): Answer {
  refuseIfMute(processor);
  const payment = processor.state.payments.get(call.params.reference ?? '');
  if (payment?.processor !== processor.name) throw new Refusal(404, 'not_found', 'no such payment');
  if (payment.visibleAtMs > Date.now()) return lookup('in_flight', payment.operation, payment.key, null);
  return lookup('result', payment.operation, payment.key, paymentView(processor, payment));
}

export function getSession(processor: Processor, call: Call, kind: Session['kind']): Answer {
  refuseIfMute(processor);
  const session = processor.state.sessions.get(call.params.reference ?? '');
  if (session?.processor !== processor.name || session.kind !== kind) {
    throw new Refusal(404, 'not_found', 'no such session');
  }
  const operation = kind === 'hosted' ? 'open_hosted' : 'open_invoice';
  return lookup('result', operation, session.key, sessionView(processor, session));
}

export function getOperation(processor: Processor, call: Call): Answer {
  refuseIfMute(processor);
  const key = call.query.get('key');
  if (key === null || key === '') throw new Refusal(400, 'invalid_request', 'the query needs key');
  if (processor.inFlight.has(key)) {
    return lookup('in_flight', processor.state.latestEntry(processor.name, key)?.operation ?? null, key, null);
  }
  const record = processor.state.key(processor.name, key);
  if (record === undefined || record.subject === null) return lookup('absent', null, key, null);
  if (record.visibleAtMs > Date.now()) return lookup('in_flight', record.operation, key, null);
  return lookup('result', record.operation, key, subjectView(processor, record.subject));
}

/**
 * The address of a page, also where there are no lookups: whoever opened it may send the buyer there again. It says
 * nothing about how the payment stands; the page itself does.
 */
export function getPageUrl(processor: Processor, call: Call): Answer {
  const reference = call.params.reference ?? '';
  const payment = processor.state.payments.get(reference);
  const session = processor.state.sessions.get(reference);
  const found = payment?.challenge != null ? { of: payment, path: `3ds/${payment.challenge.pageId}` } : null;
  const page = session === undefined ? found : { of: session, path: `${session.kind}/${session.pageId}` };
  if (page?.of.processor !== processor.name) throw new Refusal(404, 'not_found', 'there is no page of that reference');
  return json(200, { reference, url: `${processor.url()}/pages/${page.path}` });
}

function subjectView(processor: Processor, { type, reference }: Subject): object | null {
  const { payments, sessions, actions } = processor.state;
  if (type === 'payment') {
    const payment = payments.get(reference);
    return payment === undefined ? null : paymentView(processor, payment);
  }
  if (type === 'session') {
    const session = sessions.get(reference);
    return session === undefined ? null : sessionView(processor, session);
  }
  const action = actions.get(reference);
  return action === undefined ? null : actionView(processor, action);
}

function lookup(
  state: 'absent' | 'in_flight' | 'result',
  operation: string | null,
  key: string,
  result: object | null,
): Answer {
  return json(200, { object: 'lookup', state, operation, key, result });
}

function refuseIfMute(processor: Processor): void {
  if (processor.sheet.lookup === null) throw new Refusal(405, 'not_supported', `${processor.name} has no lookup`);
}
