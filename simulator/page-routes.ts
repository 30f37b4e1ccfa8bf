import { type Fields, formBody, invalid } from './fields.ts';
import { type Answer, type Call, Refusal, type Route } from './http.ts';
import type { Payment, Session, Write } from './model.ts';
import { type ChallengeDecision, completeChallenge } from './money.ts';
import { challengePage, closingPage, sessionPage } from './pages.ts';
import { readToken } from './payments.ts';
import type { Processor } from './processor.ts';
import { type PageResult, payWithButton, payWithToken } from './sessions.ts';

export function pageRoutes(processor: Processor): Route[] {
  return [
    ['GET', '/pages/3ds/:id', (call) => getChallenge(paymentOfPage(processor, call))],
    ['POST', '/pages/3ds/:id', (call) => postChallenge(processor, call)],
    ...sessionPageRoutes(processor, 'hosted'),
    ...sessionPageRoutes(processor, 'invoice'),
  ];
}

function sessionPageRoutes(processor: Processor, kind: Session['kind']): Route[] {
  const path = `/pages/${kind}/:id`;
  return [
    ['GET', path, (call) => getSessionPage(sessionOfPage(processor, call, kind))],
    ['POST', path, (call) => postSessionPage(processor, sessionOfPage(processor, call, kind), formBody(call))],
  ];
}

function paymentOfPage(processor: Processor, call: Call): Payment {
  const subject = processor.state.page(call.params.id ?? '');
  const payment = subject?.type === 'payment' ? processor.state.payments.get(subject.reference) : undefined;
  if (payment?.processor !== processor.name) throw new Refusal(404, 'not_found', 'no such page');
  return payment;
}

function sessionOfPage(processor: Processor, call: Call, kind: Session['kind']): Session {
  const subject = processor.state.page(call.params.id ?? '');
  const session = subject?.type === 'session' ? processor.state.sessions.get(subject.reference) : undefined;
  if (session?.processor !== processor.name || session.kind !== kind)
    throw new Refusal(404, 'not_found', 'no such page');
  return session;
}

function getChallenge(payment: Payment): Answer {
  if (payment.status === 'requires_action') return { kind: 'html', status: 200, body: challengePage(payment) };
  return leave(payment, 410, 'This authentication is over.');
}

const DECISIONS: string[] = ['authenticate', 'fail', 'abandon'] satisfies ChallengeDecision[];

function postChallenge(processor: Processor, call: Call): Answer {
  const payment = paymentOfPage(processor, call);
  const decision = formBody(call).decision ?? 'authenticate';
  if (typeof decision !== 'string' || !DECISIONS.includes(decision)) {
    throw invalid(`decision must be one of ${DECISIONS.join(', ')}`);
  }
  if (payment.status !== 'requires_action') return leave(payment, 410, 'This authentication is over.');
  const writes: Write[] = [];
  completeChallenge(processor, payment, decision as ChallengeDecision, writes);
  processor.state.commit(writes);
  return leave(payment, 200, 'Thank you. You may close this page.');
}

function getSessionPage(session: Session): Answer {
  if (session.status === 'open') return { kind: 'html', status: 200, body: sessionPage(session, null) };
  return leave(session, 410, `This page is ${session.status}.`);
}

function postSessionPage(processor: Processor, session: Session, fields: Fields): Answer {
  const result = decide(processor, session, fields);
  switch (result) {
    case 'paid':
    case 'processing':
      return leave(session, 200, 'Thank you. You may close this page.');
    case 'declined':
      return { kind: 'html', status: 402, body: sessionPage(session, 'Declined. You can try again.') };
    case 'unavailable':
      return {
        kind: 'html',
        status: 503,
        body: sessionPage(session, 'That did not work, nothing was taken. Try again.'),
      };
    case 'not_open':
      return leave(session, 410, `This page is ${session.status}.`);
    default:
      return result satisfies never;
  }
}

function decide(processor: Processor, session: Session, fields: Fields): PageResult {
  const { token, decision = 'pay' } = fields;
  if (token !== undefined && token !== '') return payWithToken(processor, session, readToken(token));
  if (decision !== 'pay' && decision !== 'decline') throw invalid('decision must be pay or decline');
  return payWithButton(processor, session, decision === 'pay');
}

/** Back to the shop, or a page that says that it is over. */
function leave(of: Payment | Session, status: number, text: string): Answer {
  if (of.returnUrl !== null) return { kind: 'redirect', location: of.returnUrl };
  return { kind: 'html', status, body: closingPage(of, text) };
}
