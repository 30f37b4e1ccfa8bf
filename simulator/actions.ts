import { type Fields, jsonBody, optionalAmountMinor } from './fields.ts';
import { type Answer, type Call, json, Refusal } from './http.ts';
import { arrive, cancelKey, claimEntry, keyOf, remember, standingAnswer, type Visit } from './keys.ts';
import type { Action, ActionOperation, Entry, Payment } from './model.ts';
import { paymentNotice, refundNotice, stateNotice } from './notices.ts';
import { lost } from './payments.ts';
import { newReference, type Processor } from './processor.ts';
import { existing, namedOrder, paymentTarget } from './targets.ts';
import { type ActionScript, parseToken, scriptOfAction } from './token.ts';
import { actionView, paymentView } from './views.ts';

/** What acts on a payment that exists: capture, void, refund, continue. */
type Carry = (processor: Processor, visit: Visit, fields: Fields) => Answer;

export const postCapture = action('capture', capture);
export const postVoid = action('void', voidPayment);
export const postRefund = action('refund', refund);
export const postContinuation = action('continue_authentication', continueAuthentication);

function action(operation: ActionOperation, carry: Carry): (processor: Processor, call: Call) => Answer {
  return (processor, call) => {
    const key = keyOf(processor, call);
    const fields = jsonBody(call);
    const amountMinor = optionalAmountMinor(fields);
    const { merchantId, orderId } = namedOrder(fields);
    const target = [fields.reference ?? null, fields.targetKey ?? null];
    const visit = arrive(processor, key, {
      operation,
      merchantId,
      orderId,
      amountMinor: amountMinor ?? 0,
      currency: null,
      request: [merchantId, orderId, target, amountMinor],
    });
    try {
      return standingAnswer(processor, visit) ?? carry(processor, visit, fields);
    } finally {
      // Also when it is refused: the request arrived.
      processor.state.commit(visit.writes);
    }
  };
}

function capture(processor: Processor, visit: Visit, fields: Fields): Answer {
  const payment = existing(paymentTarget(processor, fields, namedOrder(fields)));
  if (payment.status !== 'authorized') throw misfit(processor, payment, 'not_authorized');
  const amountMinor = optionalAmountMinor(fields) ?? payment.authorizedMinor;
  if (amountMinor > payment.authorizedMinor) throw conflict(processor, payment, 'amount_too_large');
  payment.status = 'captured';
  payment.capturedMinor = amountMinor;
  payment.authorizedMinor = 0;
  return conclude(processor, visit, { payment, amountMinor, effect: 'captured', script: 'ok' });
}

function voidPayment(processor: Processor, visit: Visit, fields: Fields): Answer {
  const target = paymentTarget(processor, fields, namedOrder(fields));
  if ('nothing' in target) return fenceKey(processor, visit, target.nothing);
  const payment = target.found;
  refuseVoid(processor, payment);
  if (payment.status === 'voided')
    return conclude(processor, visit, { payment, amountMinor: 0, effect: 'none', script: 'ok' });
  const script = nextScript(processor, payment, 'void', visit);
  if (script === 'timeout_lost') return { kind: 'hang' };
  if (script === 'failed') return conclude(processor, visit, { payment, amountMinor: 0, effect: 'none', script });
  const amountMinor = payment.authorizedMinor > 0 ? payment.authorizedMinor : payment.amountMinor;
  payment.status = 'voided';
  payment.authorizedMinor = 0;
  return conclude(processor, visit, { payment, amountMinor, effect: 'voided', script });
}

function refuseVoid(processor: Processor, payment: Payment): void {
  const { status } = payment;
  const waits = status === 'requires_action' || status === 'pending';
  if (waits && !processor.sheet.fence.payment) {
    throw new Refusal(405, 'not_supported', `${processor.name} cannot cancel a payment that is ${status}`);
  }
  if (status === 'captured' || status === 'declined' || status === 'pending') {
    throw misfit(processor, payment, 'not_authorized');
  }
}

/** Nothing was executed under that key, and nothing will be: the fence of a payment whose request may have been lost. */
function fenceKey(processor: Processor, visit: Visit, key: string): Answer {
  claimEntry(visit);
  visit.writes.push(cancelKey(processor, key, 'charge'));
  const done = newAction(processor, visit, 'void', null, 0);
  return answerAction(processor, visit, done);
}

function refund(processor: Processor, visit: Visit, fields: Fields): Answer {
  const payment = existing(paymentTarget(processor, fields, namedOrder(fields)));
  if (payment.status !== 'captured') throw misfit(processor, payment, 'not_captured');
  const leftMinor = payment.capturedMinor - payment.refundedMinor - payment.returnedMinor;
  const amountMinor = optionalAmountMinor(fields) ?? leftMinor;
  if (amountMinor > leftMinor || leftMinor === 0) throw conflict(processor, payment, 'amount_too_large');
  const script = nextScript(processor, payment, 'refund', visit);
  if (script === 'timeout_lost') return { kind: 'hang' };
  if (script === 'failed') return conclude(processor, visit, { payment, amountMinor, effect: 'none', script });
  payment.refundedMinor += amountMinor;
  return conclude(processor, visit, { payment, amountMinor, effect: 'refunded', script });
}

function continueAuthentication(processor: Processor, visit: Visit, fields: Fields): Answer {
  const payment = existing(paymentTarget(processor, fields, namedOrder(fields)));
  const done = newAction(processor, visit, 'continue_authentication', payment, payment.amountMinor);
  // An open challenge is no result: the same key asks again.
  if (payment.status === 'requires_action') return json(200, actionView(processor, done));
  recordEntry(visit, payment, payment.amountMinor, 'none');
  return answerAction(processor, visit, done);
}

function nextScript(processor: Processor, payment: Payment, what: 'refund' | 'void', visit: Visit): ActionScript {
  if (payment.token === null) return 'ok';
  const name = `${payment.merchantId} ${payment.orderId} ${processor.name} ${payment.token} ${what}`;
  const count = processor.state.counter(name) + 1;
  visit.writes.push(['counter', { name, count }]);
  return scriptOfAction(parseToken(payment.token), what, count);
}

interface Concluded {
  payment: Payment;
  amountMinor: number;
  effect: Entry['effect'];
  script: ActionScript;
}

/** Writes an executed action down, tells it by webhook, and answers as the script wants. */
function conclude(processor: Processor, visit: Visit, { payment, amountMinor, effect, script }: Concluded): Answer {
  const operation = visit.operation as ActionOperation;
  recordEntry(visit, payment, amountMinor, effect);
  visit.writes.push(['payment', payment]);
  const done = newAction(processor, visit, operation, payment, amountMinor);
  if (script === 'failed') {
    done.status = 'declined';
    done.code = `${operation}_failed`;
  }
  if (operation === 'refund') visit.writes.push(refundNotice(processor, done, payment));
  else if (effect === 'voided') visit.writes.push(paymentNotice(processor, 'payment.voided', payment));
  else if (effect === 'captured') visit.writes.push(stateNotice(processor, payment));
  const answer = answerAction(processor, visit, done);
  return script === 'timeout_done' ? lost('hang') : answer;
}

function recordEntry(visit: Visit, payment: Payment, amountMinor: number, effect: Entry['effect']): void {
  const entry = claimEntry(visit);
  entry.reference = payment.reference;
  entry.amountMinor = amountMinor;
  entry.currency = payment.currency;
  entry.effect = effect;
}

const REFERENCE_KIND = { capture: 'cap', void: 'void', refund: 'ref', continue_authentication: 'cont' } as const;

function newAction(
  processor: Processor,
  visit: Visit,
  operation: ActionOperation,
  payment: Payment | null,
  amountMinor: number,
): Action {
  return {
    processor: processor.name,
    operation,
    key: visit.key,
    reference: newReference(processor, REFERENCE_KIND[operation]),
    paymentReference: payment?.reference ?? null,
    status: 'succeeded',
    code: null,
    amountMinor,
    currency: payment?.currency ?? null,
  };
}

function answerAction(processor: Processor, visit: Visit, done: Action): Answer {
  const body = JSON.stringify(actionView(processor, done));
  visit.writes.push(['action', done]);
  remember(processor, visit, { httpStatus: 200, body, subject: { type: 'action', reference: done.reference } });
  return json(200, body);
}

/** Why an operation does not fit how the payment stands. */
function misfit(processor: Processor, payment: Payment, otherwise: string): Refusal {
  const code = {
    captured: 'already_captured',
    voided: 'already_voided',
    declined: 'already_declined',
    pending: 'payment_pending',
    requires_action: 'waiting_for_buyer',
    authorized: otherwise,
  }[payment.status];
  return conflict(processor, payment, code);
}

function conflict(processor: Processor, payment: Payment, code: string): Refusal {
  return new Refusal(409, code, `the payment is ${payment.status}; nothing was changed`, {
    payment: paymentView(processor, payment),
  });
}
