import { setTimeout as sleep } from 'node:timers/promises';
import {
  amountMinor,
  attemptNumber,
  currencyCode,
  flag,
  identifier,
  invalid,
  jsonBody,
  optionalFlag,
  optionalIdentifier,
  optionalUrl,
  textList,
  textMap,
} from './fields.ts';
import { type Answer, type Call, errorBody, json, Refusal } from './http.ts';
import { arrive, claimEntry, inFlightAnswer, keyOf, remember, standingAnswer, type Visit } from './keys.ts';
import type { Payment, Write } from './model.ts';
import { type ExecutedOutcome, type PaymentOrder, startPayment } from './money.ts';
import type { LostAnswer, Outcome } from './outcomes.ts';
import type { Processor } from './processor.ts';
import { outcomeOfRequest, parseToken, type Token } from './token.ts';
import { paymentView } from './views.ts';

/** `POST /v1/payments`: charge and authorize. */
export function postPayment(processor: Processor, call: Call): Answer | Promise<Answer> {
  const key = keyOf(processor, call);
  const { order, features } = readOrder(call);
  const visit = arrive(processor, key, {
    operation: order.operation,
    merchantId: order.merchantId,
    orderId: order.orderId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    request: [features, { ...order, token: order.token.text }],
  });
  const answer = unsupportedFeature(processor, features) ?? standingAnswer(processor, visit);
  if (answer !== null) return committed(processor, visit, answer);
  const outcome = nextOutcome(processor, order, order.token, visit.writes);
  if (outcome.kind === 'not_executed') {
    return committed(processor, visit, leaveUndone(processor, visit, outcome.answer));
  }
  if (outcome.kind === 'approve' && outcome.delayMs > 0) return carryOutSlowly(processor, visit, order, outcome);
  return committed(processor, visit, carryOut(processor, visit, order, outcome));
}

/** Nothing is awaited between reading the state and this: requests cannot get between each other's steps. */
function committed(processor: Processor, visit: Visit, answer: Answer): Answer {
  processor.state.commit(visit.writes);
  return answer;
}

type ReadOrder = Omit<PaymentOrder, 'entry' | 'key' | 'token'> & { token: Token };

function readOrder(call: Call): { order: ReadOrder; features: string[] } {
  const fields = jsonBody(call);
  const capture = flag(fields, 'capture');
  const buyerReference = optionalIdentifier(fields, 'buyerReference');
  const order: ReadOrder = {
    merchantId: identifier(fields, 'merchantId'),
    orderId: identifier(fields, 'orderId'),
    attempt: attemptNumber(fields),
    amountMinor: amountMinor(fields),
    currency: currencyCode(fields),
    metadata: textMap(fields, 'metadata'),
    operation: capture ? 'charge' : 'authorize',
    capture,
    token: readToken(fields.token),
    returnUrl: optionalUrl(fields, 'returnUrl'),
    sessionReference: null,
    saveFor: optionalFlag(fields, 'saveMethod') ? buyerReference : null,
    requestAuthentication: optionalFlag(fields, 'requestAuthentication'),
  };
  return { order, features: textList(fields, 'features') };
}

export function readToken(value: unknown): Token {
  if (typeof value !== 'string') throw invalid('token must be a text');
  try {
    return parseToken(value);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(400, 'invalid_token', error.message);
    throw error;
  }
}

export function unsupportedFeature(processor: Processor, features: string[]): Answer | null {
  const feature = features.find((name) => processor.sheet.unsupportedFeatures.includes(name));
  if (feature === undefined) return null;
  return json(422, errorBody('unsupported_feature', `${processor.name} does not support ${feature}`, false));
}

/** Counts a request that is going to be carried out, or lost, and says what the script wants of it. */
export function nextOutcome(
  processor: Processor,
  of: { merchantId: string; orderId: string },
  token: Token,
  writes: Write[],
): Outcome {
  const name = `${of.merchantId} ${of.orderId} ${processor.name} ${token.text}`;
  const count = processor.state.counter(name) + 1;
  writes.push(['counter', { name, count }]);
  return outcomeOfRequest(token, processor.name, count);
}

function leaveUndone(
  processor: Processor,
  visit: Visit,
  answer: Extract<Outcome, { kind: 'not_executed' }>['answer'],
): Answer {
  switch (answer) {
    case '500':
      remember(processor, visit, { httpStatus: 500, body: INTERNAL_ERROR, subject: null });
      return lost(answer);
    case 'hang':
    case 'reset':
      return lost(answer);
    case '503':
      return json(503, errorBody('service_unavailable', 'try again later'));
    case '429':
      return json(429, errorBody('rate_limited', 'too many requests'), { 'retry-after': '1' });
    case 'down':
      return json(503, errorBody('down', 'the processor is down; nothing was executed', false));
    case 'in_flight':
      return inFlightAnswer();
    default:
      return answer satisfies never;
  }
}

/** Takes its time. Whoever asks meanwhile, with or without the first caller gone, hears that the key is in flight. */
async function carryOutSlowly(
  processor: Processor,
  visit: Visit,
  order: ReadOrder,
  outcome: Extract<Outcome, { kind: 'approve' }>,
): Promise<Answer> {
  // The arrival is known at once, although the work is not done.
  processor.state.commit(visit.writes.splice(0));
  processor.inFlight.add(visit.key);
  await sleep(outcome.delayMs, undefined, { ref: false });
  processor.inFlight.delete(visit.key);
  return committed(processor, visit, carryOut(processor, visit, order, outcome));
}

function carryOut(processor: Processor, visit: Visit, order: ReadOrder, outcome: ExecutedOutcome): Answer {
  const entry = claimEntry(visit);
  const payment = startPayment(processor, { ...order, key: visit.key, entry }, outcome, visit.writes);
  const body = JSON.stringify(paymentView(processor, payment));
  const loss = outcome.kind === 'approve' && outcome.answer !== 'normal' ? outcome.answer : null;
  rememberPayment(
    processor,
    visit,
    payment,
    loss === '500' ? { status: 500, body: INTERNAL_ERROR } : { status: 200, body },
  );
  return loss === null ? json(200, body) : lost(loss);
}

function rememberPayment(
  processor: Processor,
  visit: Visit,
  payment: Payment,
  replayed: { status: number; body: string },
): void {
  remember(processor, visit, {
    httpStatus: replayed.status,
    body: replayed.body,
    subject: { type: 'payment', reference: payment.reference },
    visibleAtMs: payment.visibleAtMs,
  });
}

const INTERNAL_ERROR = errorBody('internal_error', 'something went wrong');

/** An answer that the caller does not get. What was done is committed first all the same. */
export function lost(answer: LostAnswer): Answer {
  return answer === '500' ? json(500, INTERNAL_ERROR) : { kind: answer };
}
