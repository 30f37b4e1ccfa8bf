import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/server.ts';

export const SECRET = `whsec_${Buffer.from('a secret for tests only, 32 byte').toString('base64')}`;

export type Name = 'alpha' | 'beta' | 'gamma';
// biome-ignore lint/suspicious/noExplicitAny: bodies are what is being tested
export type Body = any;

export interface Answer {
  status: number;
  body: Body;
  replayed: boolean;
}

export interface Notice {
  path: string;
  id: string;
  type: string;
  data: Body;
  raw: string;
}

/** Receives webhooks, and lets nothing pass that the reference library does not verify. */
export class Sink {
  readonly notices: Notice[] = [];
  /** Answers for the next deliveries; 200 afterwards. */
  statuses: number[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Sink> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        const { type, data } = new Webhook(SECRET).verify(raw, request.headers as Record<string, string>) as Body;
        sink.notices.push({ path: request.url ?? '', id: String(request.headers['webhook-id']), type, data, raw });
        response.writeHead(sink.statuses.shift() ?? 200).end();
      });
    });
    const sink = new Sink(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks`;
  }

  of(orderId: string): Notice[] {
    return this.notices.filter((notice) => notice.data.orderId === orderId || notice.data.payment?.orderId === orderId);
  }

  types(orderId: string): string[] {
    return this.of(orderId).map((notice) => notice.type);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A running simulator and the calls that tests make to it. Time runs 10 times as fast: webhooks after 100 ms. */
export class World {
  readonly simulator: Simulator;
  readonly sink: Sink;

  private constructor(simulator: Simulator, sink: Sink) {
    this.simulator = simulator;
    this.sink = sink;
  }

  static async start(options: SimulatorOptions = {}): Promise<World> {
    const sink = await Sink.start();
    const simulator = await startSimulator({ timeScale: 10, webhookUrl: sink.url, webhookSecret: SECRET, ...options });
    return new World(simulator, sink);
  }

  async close(): Promise<void> {
    await this.simulator.close();
    await this.sink.close();
  }

  pay(processor: Name, orderId: string, token: string, key: string, more: Body = {}): Promise<Answer> {
    return this.post(processor, '/v1/payments', key, { ...charge(orderId, token), ...more });
  }

  /** What the caller of a charge sees that gets no answer: `timeout` or `cut`. */
  payUnanswered(processor: Name, orderId: string, token: string, key: string): Promise<string> {
    return unanswered(`${this.simulator.processors[processor]}/v1/payments`, key, charge(orderId, token));
  }

  post(processor: Name, path: string, key: string | null, body: Body): Promise<Answer> {
    return postJson(`${this.simulator.processors[processor]}${path}`, key, body);
  }

  async get(processor: Name, path: string): Promise<Answer> {
    return answerOf(await fetch(`${this.simulator.processors[processor]}${path}`));
  }

  async lookup(processor: Name, key: string): Promise<Body> {
    return (await this.get(processor, `/v1/operations?key=${encodeURIComponent(key)}`)).body;
  }

  async ledger(orderId: string): Promise<Body[]> {
    const answer = await fetch(`${this.simulator.url}/ledger?orderId=${orderId}`);
    return ((await answer.json()) as Body).entries;
  }

  /** The ledger of an order as short lines: `charge K captured 4999 x1`. */
  async lines(orderId: string): Promise<string[]> {
    const entries = await this.ledger(orderId);
    return entries.map((e) => `${e.operation} ${e.key} ${e.effect} ${e.amountMinor} x${e.requests}`);
  }

  control(path: string, body: Body = {}): Promise<Answer> {
    return postJson(`${this.simulator.url}/control/${path}`, null, body);
  }
}

export function charge(orderId: string, token: string): Body {
  return { merchantId: 'default', orderId, attempt: 1, token, amountMinor: 4999, currency: 'EUR', capture: true };
}

export async function postJson(url: string, key: string | null, body: Body): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key !== null) headers['idempotency-key'] = key;
  return answerOf(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}

export async function unanswered(url: string, key: string, body: Body): Promise<string> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  try {
    await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(150) });
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'timeout' : 'cut';
  }
  throw new Error('there was an answer');
}

async function answerOf(response: Response): Promise<Answer> {
  const body = await response.json();
  return { status: response.status, body, replayed: response.headers.get('idempotent-replayed') === 'true' };
}

/** Polls until it is so, for at most 5 s. */
export function eventually<T>(ask: () => T | Promise<T>) {
  return expect.poll(ask, { timeout: 5_000, interval: 10 });
}

/** A buyer's click on a page, as a browser without JavaScript does it. */
export async function submit(
  url: string,
  fields: Record<string, string> = {},
): Promise<{ status: number; location: string | null; html: string }> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  return { status: response.status, location: response.headers.get('location'), html: await response.text() };
}
