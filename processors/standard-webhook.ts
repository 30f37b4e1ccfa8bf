import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { WebhookRejected } from './port.ts';

export interface StandardWebhook {
  /** Unique within the sender, the same in every delivery. */
  id: string;
  body: unknown;
}

const TOLERANCE_S = 300;
const MOST_SIGNATURES = 8;
const LEAST_SECRET_BYTES = 24;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const TIMESTAMP = /^[0-9]{10}$/;

/**
 * Standard Webhooks 1.0.0, read strictly. The library only computes the signature: by itself it takes timestamps such as
 * `123abc`, secrets of one byte, a thousand signatures, reads the machine's clock, verifies bytes that it has decoded
 * leniently, and lets a `SyntaxError` out of signed text that is no JSON.
 */
export class StandardWebhookReader {
  readonly #webhook: Webhook;

  /** Throws, without repeating it, for a secret that is no `whsec_` with base64 of at least 24 bytes. */
  constructor(secret: string) {
    const encoded = SECRET.exec(secret)?.[1] ?? '';
    const key = Buffer.from(encoded, 'base64');
    if (key.length < LEAST_SECRET_BYTES || key.toString('base64') !== padded(encoded)) {
      throw new TypeError(`A webhook secret is whsec_ and base64 of at least ${LEAST_SECRET_BYTES} bytes.`);
    }
    this.#webhook = new Webhook(secret);
  }

  /** Throws `WebhookRejected` unless these very bytes were signed by the holder of the secret, at about this time. */
  read(rawBody: Uint8Array, headers: Record<string, string>, nowMs: number): StandardWebhook {
    const id = header(headers, 'webhook-id');
    const timestamp = header(headers, 'webhook-timestamp');
    const signatures = header(headers, 'webhook-signature').split(' ');
    if (!ID.test(id)) throw forged('The webhook id is missing or malformed.');
    if (!TIMESTAMP.test(timestamp)) throw forged('The webhook timestamp is missing or malformed.');
    const sentAtS = Number(timestamp);
    if (Math.abs(Math.floor(nowMs / 1000) - sentAtS) > TOLERANCE_S) throw forged('The webhook is too old or too new.');
    if (signatures.length > MOST_SIGNATURES) throw forged(`More than ${MOST_SIGNATURES} signatures.`);
    const text = exactText(rawBody);
    const expected = Buffer.from(this.#webhook.sign(id, new Date(sentAtS * 1000), text));
    if (!signatures.some((signature) => equal(Buffer.from(signature), expected))) {
      throw forged('No signature fits these bytes.');
    }
    return { id, body: parse(text) };
  }
}

function header(headers: Record<string, string>, name: string): string {
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === name) return value;
  return '';
}

/** Bytes that are not UTF-8 would be decoded to something else than was sent, so they are not verified at all. */
function exactText(rawBody: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rawBody);
  } catch {
    throw forged('The body is not UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WebhookRejected('webhook_body_invalid', 'The signed body is no JSON. It was not stored.');
  }
}

function equal(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function padded(base64: string): string {
  const bare = base64.replace(/=+$/, '');
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=');
}

function forged(why: string): WebhookRejected {
  return new WebhookRejected('webhook_signature_invalid', `${why} It was not stored.`);
}
