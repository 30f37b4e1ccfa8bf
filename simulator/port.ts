import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const HOST = '127.0.0.1';
/** Longer than any client's, so that it is never us who close a connection that a client is about to use again. */
const KEEP_ALIVE_MS = 120_000;

/** A TCP port that can be closed and opened again under the same number. */
export class Port {
  readonly #listener: RequestListener;
  #server: Server | null = null;
  #number: number;

  /** `number` 0: any free one, kept from then on. */
  constructor(listener: RequestListener, number: number) {
    this.#listener = listener;
    this.#number = number;
  }

  get url(): string {
    return `http://${HOST}:${this.#number}`;
  }

  async open(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, this.#listener);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#number, HOST, 4096, resolve);
    });
    this.#number = (server.address() as AddressInfo).port;
  }

  /** Cuts what is open: a processor that goes down does not say goodbye. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }
}
