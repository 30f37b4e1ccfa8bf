/**
 * Keys and hashes that must come out the same in every process and every replay. Plain and without `node:crypto`:
 * the workflow sandbox imports this file.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { MoneyOperationName } from '../policy/terms.ts';

export interface OperationKeyParts {
  merchantId: string;
  orderId: string;
  attempt: number;
  operation: MoneyOperationName;
  /** From the second of its name in the attempt on: one more was asked for after a definite outcome. */
  number?: number;
  processor: string;
  /** Processors scope keys to the account, so it is a part. */
  account: string;
  /** From the sheet; `null` where the processor takes no key, and the key only names the operation for us. */
  maxKeyLength: number | null;
}

const PREFIX = 'rc_';
/** 160 bits, which base32 tells in 32 characters with none left over; at least 128 of them are always kept. */
const KEY_BYTES = 20;
const LEAST_LENGTH = 26;
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * The key of an operation, derived from what the operation is and nothing else: never from run ids, activity ids, time
 * or chance. That is what makes it the same through retries, worker death, reset and continue-as-new.
 */
export function operationKey(parts: OperationKeyParts): { key: string; readableKey: string } {
  const { merchantId, orderId, attempt, operation, processor, account, number } = parts;
  const named = [
    merchantId,
    orderId,
    attempt,
    operation,
    processor,
    account,
    ...(number === undefined ? [] : [number]),
  ];
  // A JSON array joins the parts so that no two lists of parts give the same text.
  const hash = sha256(utf8ToBytes(JSON.stringify(named)));
  return {
    key: fitKey(base32(hash.subarray(0, KEY_BYTES)), parts.maxKeyLength ?? Number.POSITIVE_INFINITY),
    readableKey: named.join('/'),
  };
}

/** What makes a second `collect` the same order: merchant, order, amount, currency, capture. */
export function requestHash(order: {
  merchantId: string;
  orderId: string;
  amount: { minor: number; currency: string };
  capture: 'automatic' | 'manual';
}): string {
  return hashOf([order.merchantId, order.orderId, order.amount.minor, order.amount.currency, order.capture]);
}

/** SHA-256 in hex of JSON whose object keys are sorted: equal contents, equal hash, whatever built them. */
export function hashOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** JSON with object keys in code-unit order and `undefined` members left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function fitKey(text: string, maxKeyLength: number): string {
  if (maxKeyLength < LEAST_LENGTH) {
    throw new RangeError(
      `a key needs at least ${LEAST_LENGTH} characters for 128 bits; the sheet allows ${maxKeyLength}`,
    );
  }
  const prefix = maxKeyLength < PREFIX.length + LEAST_LENGTH ? '' : PREFIX;
  return prefix + text.slice(0, maxKeyLength - prefix.length);
}

/** Five bits a character; the bytes must be a multiple of five. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}
