import { createHmac } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { WebhookJob } from './model.ts';

export interface WebhookSettings {
  /** Every message is sent this many times more. */
  duplicate: number;
  /** Messages that come close together leave last first. */
  reorder: boolean;
  /** Waited before a message leaves, on top of its own delay. Never scaled. */
  delayMs: number;
  /** Messages wait for `release`. */
  hold: boolean;
  /** Base address; `/<processor>` is appended. `null`: nowhere to send to, so messages wait. */
  url: string | null;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 60_000;
const MAX_TRIES = 40;
const CALL_TIMEOUT_MS = 10_000;
const REORDER_WINDOW_MS = 250;
const MAX_CALLS_AT_ONCE = 64;
const SENT_KEPT = 5_000;

interface Options {
  secret: string | null;
  timeScale: number;
  settings: WebhookSettings;
  /** Told once a message needs no more sending: delivered, or given up. */
  onDone: (job: WebhookJob) => void;
}

/** Sends due webhooks, signed as Standard Webhooks 1.0.0, again and again until somebody says 2xx. */
export class Delivery {
  readonly settings: WebhookSettings;
  readonly counts = { delivered: 0, failedTries: 0, givenUp: 0 };
  readonly #options: Options;
  readonly #key: Buffer | null;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_CALLS_AT_ONCE });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_CALLS_AT_ONCE });
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Done lately, for `resend`. */
  readonly #sent = new Map<string, WebhookJob>();
  #held: WebhookJob[] = [];
  #shuffling: WebhookJob[] = [];
  #isClosed = false;

  constructor(options: Options) {
    this.#options = options;
    this.settings = { ...options.settings };
    this.#key = options.secret === null ? null : signingKey(options.secret);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** A message whose time has come. */
  take(job: WebhookJob): void {
    if (this.settings.hold || this.settings.url === null) {
      this.#held.push(job);
    } else if (this.settings.delayMs > 0) {
      this.#later(this.settings.delayMs, () => this.#dispatch(job));
    } else {
      this.#dispatch(job);
    }
  }

  /** Sends what is held; how many messages that were. */
  release(reverse: boolean): number {
    if (this.settings.url === null) return 0;
    const held = this.#held;
    this.#held = [];
    if (reverse) held.reverse();
    for (const job of held) this.#deliver(job, 1);
    return held.length;
  }

  /** Sends an order's messages once more, with their old ids; how many. */
  resend(merchantId: string, orderId: string, times: number): number {
    const jobs = [...this.#sent.values()].filter((job) => job.merchantId === merchantId && job.orderId === orderId);
    for (const job of jobs) for (let i = 0; i < times; i++) void this.#post(job);
    return jobs.length;
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#http.destroy();
    this.#https.destroy();
  }

  #dispatch(job: WebhookJob): void {
    if (!this.settings.reorder) {
      this.#deliver(job, 1);
      return;
    }
    this.#shuffling.push(job);
    if (this.#shuffling.length > 1) return;
    this.#later(REORDER_WINDOW_MS, () => {
      const jobs = this.#shuffling.reverse();
      this.#shuffling = [];
      for (const waiting of jobs) this.#deliver(waiting, 1);
    });
  }

  #deliver(job: WebhookJob, tryNumber: number): void {
    if (tryNumber === 1) for (let i = 0; i < this.settings.duplicate; i++) void this.#post(job);
    void this.#post(job).then((isAccepted) => {
      if (this.#isClosed) return;
      if (isAccepted) this.#done(job, 'delivered');
      else if (tryNumber >= MAX_TRIES) this.#done(job, 'givenUp');
      else {
        this.counts.failedTries += 1;
        const waitMs = Math.min(FIRST_RETRY_MS * 2 ** (tryNumber - 1), MAX_RETRY_MS) / this.#options.timeScale;
        this.#later(Math.max(waitMs, 20), () => this.#deliver(job, tryNumber + 1));
      }
    });
  }

  #done(job: WebhookJob, how: 'delivered' | 'givenUp'): void {
    this.counts[how] += 1;
    this.#sent.set(job.id, job);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > SENT_KEPT && oldest !== undefined) this.#sent.delete(oldest);
    this.#options.onDone(job);
  }

  #later(waitMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, waitMs);
    timer.unref();
    this.#timers.add(timer);
  }

  /** One POST; true for a 2xx. */
  #post(job: WebhookJob): Promise<boolean> {
    const { url } = this.settings;
    if (url === null || this.#isClosed) return Promise.resolve(false);
    const target = new URL(`${url.replace(/\/$/, '')}/${job.processor}`);
    const isHttps = target.protocol === 'https:';
    const options = {
      method: 'POST',
      agent: isHttps ? this.#https : this.#http,
      timeout: CALL_TIMEOUT_MS,
      headers: { ...this.#headers(job), 'content-length': Buffer.byteLength(job.body) },
    };
    return new Promise((resolve) => {
      const request = (isHttps ? httpsRequest : httpRequest)(target, options, (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        response.on('close', () => resolve(statusCode >= 200 && statusCode < 300));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve(false));
      request.end(job.body);
    });
  }

  #headers(job: WebhookJob): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = { 'content-type': 'application/json', 'webhook-id': job.id, 'webhook-timestamp': timestamp };
    if (this.#key === null) return headers;
    const signature = createHmac('sha256', this.#key).update(`${job.id}.${timestamp}.${job.body}`).digest('base64');
    return { ...headers, 'webhook-signature': `v1,${signature}` };
  }
}

const MIN_SECRET_BYTES = 24;

/** Throws when the secret is too weak to be one. Its value is not repeated. */
function signingKey(secret: string): Buffer {
  const text = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  const key = Buffer.from(text, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || key.length < MIN_SECRET_BYTES) {
    throw new Error(
      `SIMULATOR_WEBHOOK_SECRET must be base64 of at least ${MIN_SECRET_BYTES} bytes, after an optional whsec_`,
    );
  }
  return key;
}
