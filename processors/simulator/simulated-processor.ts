import type { ProcessorAnswer, ProcessorEvent } from '../../policy/answers.ts';
import type { Sheet } from '../../policy/sheet.ts';
import type { MoneyOperationName } from '../../policy/terms.ts';
import type { HttpClient, HttpReply } from '../http-client.ts';
import type { CallOptions, LookupRequest, Processor, ProcessorRequest } from '../port.ts';
import type { StandardWebhookReader } from '../standard-webhook.ts';
import { asFields, errorAnswer, type Fields, fieldsOf, known, orderOf, resultOf, textOf } from './bodies.ts';
import { eventOfWebhook } from './webhooks.ts';

const PATHS: Record<MoneyOperationName, string> = {
  charge: '/v1/payments',
  authorize: '/v1/payments',
  capture: '/v1/captures',
  void: '/v1/voids',
  refund: '/v1/refunds',
  continue_authentication: '/v1/continuations',
  open_hosted: '/v1/hosted-sessions',
  close_hosted: '/v1/hosted-sessions/close',
  open_invoice: '/v1/invoices',
  close_invoice: '/v1/invoices/close',
};

/** Looked up as the payment that they act on, as it stands now. */
const OF_A_PAYMENT: ReadonlySet<MoneyOperationName> = new Set([
  'charge',
  'authorize',
  'capture',
  'void',
  'continue_authentication',
]);

export class SimulatedProcessor implements Processor {
  readonly sheet: Sheet;
  readonly #http: HttpClient;
  readonly #webhooks: StandardWebhookReader;

  constructor(sheet: Sheet, http: HttpClient, webhooks: StandardWebhookReader) {
    this.sheet = sheet;
    this.#http = http;
    this.#webhooks = webhooks;
  }

  async send(request: ProcessorRequest, call: CallOptions): Promise<ProcessorAnswer> {
    const headers = { 'idempotency-key': request.key };
    const path = PATHS[request.operation];
    const reply = await this.#http.send({ method: 'POST', path, headers, body: bodyOf(request, this.sheet) }, call);
    return answerOf(reply, request);
  }

  async lookup(request: LookupRequest, call: CallOptions): Promise<ProcessorAnswer> {
    const reply = await this.#http.send({ method: 'GET', path: lookupPath(request) }, call);
    if (reply.kind === 'fault') return reply;
    const found = reply.httpStatus === 200 ? asFields(reply.body) : null;
    if (found?.object !== 'lookup') return errorAnswer(reply.httpStatus, reply.body);
    switch (found.state) {
      case 'absent':
        return { kind: 'result', status: 'absent' };
      case 'in_flight':
        return { kind: 'result', status: 'in_flight' };
      case 'result':
        return answerOf({ ...reply, body: found.result }, request);
      default:
        return { kind: 'http_error', httpStatus: reply.httpStatus };
    }
  }

  async pageUrl(request: LookupRequest, call: CallOptions): Promise<string | null> {
    if (this.sheet.lookup === null) return this.#pageByReference(request, call);
    const reply = await this.#http.send({ method: 'GET', path: lookupPath(request) }, call);
    const found = reply.kind === 'reply' && reply.httpStatus === 200 ? asFields(reply.body) : null;
    const result = found === null ? null : fieldsOf(found, 'result');
    if (result === null || !isOfOrder(result, request)) return null;
    return pageAddress(textOf(result, 'url'));
  }

  /** Without a lookup the processor still tells where a page is, though not how it stands. */
  async #pageByReference({ reference }: LookupRequest, call: CallOptions): Promise<string | null> {
    if (reference === undefined) return null;
    const path = `/v1/page-urls/${encodeURIComponent(reference)}`;
    const reply = await this.#http.send({ method: 'GET', path }, call);
    const page = reply.kind === 'reply' && reply.httpStatus === 200 ? asFields(reply.body) : null;
    return page === null ? null : pageAddress(textOf(page, 'url'));
  }

  readWebhook(rawBody: Uint8Array, headers: Record<string, string>, nowMs: number): ProcessorEvent {
    const { id, body } = this.#webhooks.read(rawBody, headers, nowMs);
    return eventOfWebhook(this.sheet.processor, id, body);
  }
}

/** By the processor's own id where we know it, else by our key. Pages and refunds have ids of their own: by key. */
function lookupPath(request: LookupRequest): string {
  if (request.reference !== undefined && OF_A_PAYMENT.has(request.operation)) {
    return `/v1/payments/${encodeURIComponent(request.reference)}`;
  }
  return `/v1/operations?key=${encodeURIComponent(request.key)}`;
}

function answerOf(reply: HttpReply, request: { merchantId: string; orderId: string }): ProcessorAnswer {
  if (reply.kind === 'fault') return reply;
  if (reply.httpStatus !== 200) return errorAnswer(reply.httpStatus, reply.body);
  const body = asFields(reply.body);
  const result = body === null ? null : resultOf(body);
  // An answer about another order, or one that we cannot read, proves nothing about ours.
  if (body === null || result === null || !isOfOrder(body, request)) return { kind: 'http_error', httpStatus: 200 };
  return { kind: 'result', ...result };
}

function isOfOrder(body: Fields, request: { merchantId: string; orderId: string }): boolean {
  const named = orderOf(body);
  // Only the fence of a key or page that never arrived names nobody.
  if (named === null) return body.object === 'action' || textOf(body, 'reference') === undefined;
  return named.merchantId === request.merchantId && named.orderId === request.orderId;
}

function bodyOf(request: ProcessorRequest, sheet: Sheet): object {
  const { merchantId, orderId, description } = request;
  const common = { merchantId, orderId, ...known({ description }) };
  switch (request.operation) {
    case 'charge':
    case 'authorize':
      return {
        ...common,
        ...collecting(request),
        token: request.credential ?? '',
        capture: request.operation === 'charge',
        requestAuthentication: request.challenge,
      };
    case 'open_hosted':
    case 'open_invoice':
      return { ...common, ...collecting(request), ...known({ expiresAt: request.expiresAt }) };
    case 'capture':
    case 'refund':
      return { ...common, ...target(request, sheet), amountMinor: request.amountMinor };
    case 'void':
    case 'continue_authentication':
    case 'close_hosted':
    case 'close_invoice':
      return { ...common, ...target(request, sheet) };
    default:
      return request.operation satisfies never;
  }
}

function collecting(request: ProcessorRequest): object {
  const { attempt, amountMinor, currency, features, metadata, returnUrl } = request;
  return { attempt, amountMinor, currency, features, metadata, ...known({ returnUrl }) };
}

const FENCES: ReadonlySet<MoneyOperationName> = new Set(['void', 'close_hosted', 'close_invoice']);

/**
 * What is acted on. A fence names the key under which its target was made, because the id may be learnt between two sends
 * and a key must always carry the same request. The others act on what is known to exist, which a page's key is not.
 */
function target({ operation, reference, targetKey }: ProcessorRequest, sheet: Sheet): object {
  const byKey = targetKey !== undefined && sheet.idempotency !== null && FENCES.has(operation);
  return reference === undefined || byKey ? known({ targetKey }) : { reference };
}

/** Buyers are sent there, so only to a web page. */
function pageAddress(text: string | undefined): string | null {
  if (text === undefined || !URL.canParse(text)) return null;
  const { protocol } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? text : null;
}
