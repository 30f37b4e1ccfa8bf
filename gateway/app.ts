/** The HTTP application: one pipeline for every call of the table of routes. */
import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { type RecoupError, recoupError } from '../client/errors.ts';
import { DEFAULT_WAIT_MS, LONGEST_WAIT_MS } from '../client/orders.ts';
import type { Admitted } from './access.ts';
import { ORDER_BODY_LIMIT, readBody, requireJson, WEBHOOK_BODY_LIMIT } from './http/body.ts';
import { commandIdOf, onceOnly, readIdempotencyKey } from './http/idempotency.ts';
import { asProblem, problemResponse } from './http/problem.ts';
import type { Answer, RequestContext, Route } from './http/route.ts';
import { parseStrictJson } from './http/strict-json.ts';
import { openApiDocument } from './openapi.ts';
import { BUYER_ROUTES } from './routes/buyer.ts';
import { CODEC_ROUTES, codecCors } from './routes/codec.ts';
import { OPERATIONS_ROUTES } from './routes/operations.ts';
import { ORDER_ROUTES } from './routes/orders.ts';
import { PROCESSOR_ROUTES } from './routes/processors.ts';
import { SERVICE_ROUTES } from './routes/service.ts';
import { WEBHOOK_ROUTES } from './routes/webhooks.ts';
import type { Services } from './services.ts';

const API_ROUTES = [
  ...ORDER_ROUTES,
  ...BUYER_ROUTES,
  ...PROCESSOR_ROUTES,
  ...WEBHOOK_ROUTES,
  ...OPERATIONS_ROUTES,
  ...SERVICE_ROUTES,
];

export function createApp(services: Services): Hono {
  const codecIsOn = services.codec.kids.length > 0;
  const apiRoutes = codecIsOn ? [...API_ROUTES, ...CODEC_ROUTES] : API_ROUTES;
  const document: Route = {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document.',
    access: { kind: 'open' },
    handle: async () => ({ status: 200, body: openApiDocument(apiRoutes, services.baseUrl) }),
  };
  const routes = [...apiRoutes, document];
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      strictTransportSecurity: services.baseUrl.startsWith('https:'),
    }),
  );
  if (codecIsOn) app.use('/codec/*', codecCors(services));
  for (const route of routes) app.on(route.method, route.path, (context) => serve(services, route, context));
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = allowedAt(routes, path);
    app.all(path, () => problemResponse(recoupError('method_not_allowed'), services.baseUrl, { allow }));
  }
  app.notFound(() => problemResponse(recoupError('path_unknown'), services.baseUrl));
  app.onError((error) => problemResponse(asProblem(error), services.baseUrl));
  return app;
}

function allowedAt(routes: Route[], path: string): string {
  const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
  return (methods.includes('GET') ? ['GET', 'HEAD', ...methods.filter((method) => method !== 'GET')] : methods).join(
    ', ',
  );
}

async function serve(services: Services, route: Route, context: Context): Promise<Response> {
  const requestId = randomUUID();
  const startedAtMs = performance.now();
  let admitted: Admitted | null = null;
  let failure: RecoupError | null = null;
  let response: Response;
  try {
    admitted = await admit(services, route, context.req.raw);
    response = responseOf(await answer(services, route, context, admitted));
  } catch (thrown) {
    failure = asProblem(thrown);
    response = problemResponse(failure, services.baseUrl);
  }
  response.headers.set('x-request-id', requestId);
  response.headers.set('cache-control', 'no-store');
  // Never the address itself: its query may hold anything.
  const line = {
    requestId,
    method: context.req.method,
    route: route.path,
    status: response.status,
    ms: Math.round(performance.now() - startedAtMs),
    merchantId: admitted?.caller.merchantId,
    code: failure?.code,
  };
  if (response.status >= 500) services.log.error({ ...line, cause: describeCause(failure) }, 'request failed');
  else services.log.info(line, 'request');
  return response;
}

async function admit(services: Services, route: Route, request: Request): Promise<Admitted | null> {
  if (route.access.kind === 'open' || route.needsNoKey?.(services, request) === true) return null;
  const admitted = await services.gate.admit(route.access, request.headers.get('authorization'));
  if (route.unlimited !== true) services.limiter.take(admitted.credentialId, Date.now());
  return admitted;
}

async function answer(services: Services, route: Route, context: Context, admitted: Admitted | null): Promise<Answer> {
  const request = context.req.raw;
  const rawBody = route.method === 'POST' ? await readRawBody(route, request) : new Uint8Array(0);
  const body = route.method === 'POST' && route.bodyKind !== 'bytes' ? readJson(route, rawBody) : {};
  const credentialId = admitted?.credentialId ?? 'open';
  const key = route.again === undefined ? null : readIdempotencyKey(request);
  const caller = admitted?.caller ?? { merchantId: '', actor: 'system' as const, name: 'open' };
  const handed: RequestContext = {
    services,
    request,
    param: (name) => context.req.param(name) ?? '',
    query: new URL(request.url).searchParams,
    body,
    rawBody,
    caller,
    call: {
      caller,
      commandId: key === null ? randomUUID() : commandIdOf(credentialId, key),
      waitMs: waitOf(request.headers.get('prefer')),
    },
    buyerOrderId: admitted?.buyerOrderId ?? null,
  };
  const { again } = route;
  return again === undefined || key === null
    ? route.handle(handed)
    : onceOnly({ ...route, again }, handed, credentialId, key);
}

async function readRawBody(route: Route, request: Request): Promise<Uint8Array> {
  const usual = route.bodyKind === 'bytes' ? WEBHOOK_BODY_LIMIT : ORDER_BODY_LIMIT;
  const rawBody = await readBody(request, route.bodyLimit ?? usual);
  if (!(route.bodyKind === 'optional' && rawBody.length === 0)) requireJson(request);
  return rawBody;
}

function readJson(route: Route, rawBody: Uint8Array): Record<string, unknown> {
  return route.bodyKind === 'optional' && rawBody.length === 0 ? {} : parseStrictJson(rawBody);
}

/** `Prefer: wait=N` in seconds (RFC 7240); what cannot be read is no preference. */
function waitOf(prefer: string | null): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1];
  return seconds === undefined ? DEFAULT_WAIT_MS : Math.min(Number(seconds) * 1000, LONGEST_WAIT_MS);
}

function responseOf({ status, body, headers }: Answer): Response {
  const type = { 'content-type': 'application/json' };
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { ...type, ...headers },
  });
}

/** Kind and code of what went wrong; messages of libraries may repeat what was sent. */
function describeCause(error: RecoupError | null): string {
  const { cause } = error ?? {};
  if (!(cause instanceof Error)) return 'none';
  const code = 'code' in cause ? ` ${String(cause.code)}` : '';
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line));
  return [`${cause.name}${code}`, ...frames.slice(0, 5)].join('\n');
}
