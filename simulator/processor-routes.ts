import { postCapture, postContinuation, postRefund, postVoid } from './actions.ts';
import { withFaults } from './faults.ts';
import { type Call, json, type Route } from './http.ts';
import { getOperation, getPageUrl, getPayment, getSession } from './lookups.ts';
import { getMethods, postMethod } from './methods.ts';
import { pageRoutes } from './page-routes.ts';
import { postPayment } from './payments.ts';
import type { Processor } from './processor.ts';
import { postClosing, postSession } from './sessions.ts';

/** The whole surface of one processor. */
export function processorRoutes(processor: Processor): Route[] {
  const api = apiRoutes(processor).map(
    ([method, pattern, handler]): Route => [method, pattern, withFaults(processor, handler)],
  );
  return [['GET', '/sheet', () => json(200, processor.sheet)], ...api, ...pageRoutes(processor)];
}

/** What merchants call; the only calls that the weather of `POST /control/<processor>/faults` falls on. */
function apiRoutes(processor: Processor): Route[] {
  return [
    ['POST', '/v1/payments', (call: Call) => postPayment(processor, call)],
    ['GET', '/v1/payments/:reference', (call) => getPayment(processor, call)],
    ['GET', '/v1/page-urls/:reference', (call) => getPageUrl(processor, call)],
    ['GET', '/v1/operations', (call) => getOperation(processor, call)],
    ['POST', '/v1/captures', (call) => postCapture(processor, call)],
    ['POST', '/v1/voids', (call) => postVoid(processor, call)],
    ['POST', '/v1/refunds', (call) => postRefund(processor, call)],
    ['POST', '/v1/continuations', (call) => postContinuation(processor, call)],
    ['POST', '/v1/hosted-sessions', (call) => postSession(processor, call, 'hosted')],
    ['POST', '/v1/hosted-sessions/close', (call) => postClosing(processor, call, 'hosted')],
    ['GET', '/v1/hosted-sessions/:reference', (call) => getSession(processor, call, 'hosted')],
    ['POST', '/v1/invoices', (call) => postSession(processor, call, 'invoice')],
    ['POST', '/v1/invoices/close', (call) => postClosing(processor, call, 'invoice')],
    ['GET', '/v1/invoices/:reference', (call) => getSession(processor, call, 'invoice')],
    ['GET', '/v1/buyers/:buyerReference/methods', (call) => getMethods(processor, call)],
    ['POST', '/v1/buyers/:buyerReference/methods', (call) => postMethod(processor, call)],
  ];
}
