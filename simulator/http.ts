import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a caller gets. Silence and a cut connection are answers too: scripts ask for them. */
export type Answer =
  | { kind: 'json'; status: number; body: string; headers?: Record<string, string> }
  | { kind: 'html'; status: number; body: string }
  | { kind: 'redirect'; location: string }
  | { kind: 'hang' }
  | { kind: 'reset' };

export interface Call {
  method: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  idempotencyKey: string | undefined;
  contentType: string;
  body: Buffer;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;
export type Route = [method: string, pattern: string, handler: Handler];

/** A request that is refused before anything happens. `extra` is put beside `error` in the body. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly extra: Record<string, unknown>;

  constructor(status: number, code: string, message: string, extra: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** How long a lost answer keeps its caller waiting; callers give up after 2 s. */
const HANG_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024;

export function json(status: number, body: unknown, headers?: Record<string, string>): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return headers === undefined ? { kind: 'json', status, body: text } : { kind: 'json', status, body: text, headers };
}

/** An error body. `executed: false` promises that nothing happened. */
export function errorBody(code: string, message: string, executed?: false): string {
  return JSON.stringify({ error: executed === false ? { code, message, executed } : { code, message } });
}

/** Turns a table of routes into the listener of a node server. */
export function serve(routes: Route[]): (request: IncomingMessage, response: ServerResponse) => void {
  const find = compile(routes);
  return (request, response) => {
    void respond(find, request, response);
  };
}

type Find = (method: string, path: string) => { handler: Handler; params: Record<string, string> };

async function respond(find: Find, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let answer: Answer;
  try {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://simulator');
    const method = request.method ?? 'GET';
    const { handler, params } = find(method, url.pathname);
    const key = request.headers['idempotency-key'];
    answer = await handler({
      method,
      path: url.pathname,
      params,
      query: url.searchParams,
      idempotencyKey: Array.isArray(key) ? key[0] : key,
      contentType: request.headers['content-type'] ?? '',
      body,
    });
  } catch (error) {
    answer = answerOfError(error, request.method);
  }
  send(answer, response);
}

function answerOfError(error: unknown, method: string | undefined): Answer {
  if (error instanceof Refusal) {
    // A GET executes nothing anyway; and "in flight" says nothing about execution.
    const certain = method === 'POST' && error.code !== 'in_flight';
    const body = certain
      ? { code: error.code, message: error.message, executed: false }
      : { code: error.code, message: error.message };
    return json(error.status, { error: body, ...error.extra });
  }
  process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
  return json(500, errorBody('internal_error', 'The simulator itself failed; nothing is known about execution.'));
}

function compile(routes: Route[]): Find {
  const fixed = new Map<string, Handler>();
  const patterns: { method: string; names: string[]; expression: RegExp; handler: Handler }[] = [];
  for (const [method, pattern, handler] of routes) {
    const names = [...pattern.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
    if (names.length === 0) fixed.set(`${method} ${pattern}`, handler);
    else patterns.push({ method, names, expression: new RegExp(`^${pattern.replace(/:\w+/g, '([^/]+)')}$`), handler });
  }
  return (method, path) => {
    const handler = fixed.get(`${method} ${path}`);
    if (handler !== undefined) return { handler, params: {} };
    let pathExists = routes.some(([, pattern]) => pattern === path);
    for (const pattern of patterns) {
      const match = pattern.expression.exec(path);
      if (match === null) continue;
      pathExists = true;
      if (pattern.method !== method) continue;
      const values = match.slice(1).map(decode);
      return {
        handler: pattern.handler,
        params: Object.fromEntries(pattern.names.map((name, i) => [name, values[i] ?? ''])),
      };
    }
    if (pathExists) throw new Refusal(405, 'not_supported', `${method} is not supported here`);
    throw new Refusal(404, 'not_found', 'no such path');
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'invalid_request', 'the path is not valid percent-encoding');
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  if (request.method === 'GET' || request.method === 'HEAD') return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY_BYTES)
        reject(new Refusal(413, 'body_too_large', `a body has at most ${MAX_BODY_BYTES} bytes`));
      else resolve(Buffer.concat(chunks));
    });
    request.on('error', reject);
  });
}

function send(answer: Answer, response: ServerResponse): void {
  const { socket } = response;
  switch (answer.kind) {
    case 'json':
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer.body),
        ...answer.headers,
      });
      response.end(answer.body);
      return;
    case 'html':
      response.writeHead(answer.status, {
        'content-type': 'text/html; charset=utf-8',
        'content-length': Buffer.byteLength(answer.body),
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
      });
      response.end(answer.body);
      return;
    case 'redirect':
      response.writeHead(303, { location: answer.location, 'content-length': 0, 'cache-control': 'no-store' });
      response.end();
      return;
    case 'reset':
      socket?.resetAndDestroy();
      return;
    case 'hang': {
      const timer = setTimeout(() => socket?.destroy(), HANG_MS);
      socket?.once('close', () => clearTimeout(timer));
      return;
    }
    default:
      answer satisfies never;
  }
}
