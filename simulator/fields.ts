import { type Call, Refusal } from './http.ts';

/** Reading untrusted bodies. Every function answers 400 by a `Refusal` that names the field and the rule. */
export type Fields = Record<string, unknown>;

const MAX_AMOUNT_MINOR = 1_000_000_000_000;
const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,80}$/;

export function jsonBody(call: Call): Fields {
  let value: unknown;
  try {
    value = JSON.parse(call.body.toString('utf8'));
  } catch {
    throw invalid('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('the body is not a JSON object');
  return value as Fields;
}

/** A page's form: what a browser sends, or JSON, or nothing. */
export function formBody(call: Call): Fields {
  if (call.body.length === 0) return {};
  if (call.contentType.includes('json')) return jsonBody(call);
  return Object.fromEntries(new URLSearchParams(call.body.toString('utf8')));
}

export function identifier(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !IDENTIFIER.test(value)) throw invalid(`${name} must match ${IDENTIFIER.source}`);
  return value;
}

export function optionalIdentifier(fields: Fields, name: string): string | null {
  return isAbsent(fields[name]) ? null : identifier(fields, name);
}

export function amountMinor(fields: Fields, name = 'amountMinor'): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_AMOUNT_MINOR) {
    throw invalid(`${name} must be an integer from 1 to ${MAX_AMOUNT_MINOR}`);
  }
  return value;
}

export function optionalAmountMinor(fields: Fields): number | null {
  return isAbsent(fields.amountMinor) ? null : amountMinor(fields);
}

export function attemptNumber(fields: Fields): number {
  const value = fields.attempt;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 1_000_000) {
    throw invalid('attempt must be an integer from 1');
  }
  return value;
}

export function currencyCode(fields: Fields): string {
  const value = fields.currency;
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value)) throw invalid('currency must be three capital letters');
  return value;
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`);
  return value;
}

export function optionalFlag(fields: Fields, name: string): boolean {
  return isAbsent(fields[name]) ? false : flag(fields, name);
}

export function textList(fields: Fields, name: string): string[] {
  const value = fields[name];
  if (isAbsent(value)) return [];
  if (
    !Array.isArray(value) ||
    value.length > 50 ||
    !value.every((item) => typeof item === 'string' && item.length <= 80)
  ) {
    throw invalid(`${name} must be a list of at most 50 short texts`);
  }
  return value as string[];
}

export function textMap(fields: Fields, name: string): Record<string, string> {
  const value = fields[name];
  if (isAbsent(value)) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid(`${name} must be an object of texts`);
  const pairs = Object.entries(value as Fields);
  if (
    pairs.length > 50 ||
    !pairs.every(([key, text]) => key.length <= 80 && typeof text === 'string' && text.length <= 1000)
  ) {
    throw invalid(`${name} must be an object of at most 50 texts`);
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}

export function optionalUrl(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (isAbsent(value)) return null;
  if (typeof value !== 'string' || value.length > 2048 || !URL.canParse(value))
    throw invalid(`${name} must be an address`);
  const { protocol, href } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') throw invalid(`${name} must be http or https`);
  // The parsed form has no line breaks, so it is safe in a Location header; an ordinary address stays as it was.
  return /^[\x21-\x7e]+$/.test(value) ? value : href;
}

/** Epoch milliseconds. */
export function optionalInstantMs(fields: Fields, name: string): number | null {
  const value = fields[name];
  if (isAbsent(value)) return null;
  const instantMs = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(instantMs)) throw invalid(`${name} must be an ISO 8601 instant`);
  return instantMs;
}

export function invalid(message: string): Refusal {
  return new Refusal(400, 'invalid_request', message);
}

export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
