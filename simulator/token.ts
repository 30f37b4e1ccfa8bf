import { createHash } from 'node:crypto';
import { type Card, PROCESSOR_NAMES, type ProcessorName } from './model.ts';
import { OK, type Outcome, parseOutcome } from './outcomes.ts';

/** What `refund=` and `void=` may say. */
export type ActionScript = 'ok' | 'failed' | 'timeout_done' | 'timeout_lost';

/** A token taken apart: `sim:[card=<id>;][brand=…;]<processor>=<outcome>[,…][;…][;refund=…][;void=…]`. */
export interface Token {
  text: string;
  cardId: string | null;
  brand: string | null;
  outcomes: Partial<Record<ProcessorName, Outcome[]>>;
  refund: ActionScript[];
  void: ActionScript[];
}

const MAX_LENGTH = 2000;
const CARD_ID = /^[A-Za-z0-9_.-]{1,64}$/;
const BRANDS = ['visa', 'mastercard', 'amex'];
const ACTION_SCRIPTS = ['ok', 'failed', 'timeout_done', 'timeout_lost'];

/** Throws a `SyntaxError` that says what is wrong, without repeating more of the text than the bad part. */
export function parseToken(text: string): Token {
  if (!text.startsWith('sim:')) throw new SyntaxError('a simulator token begins with "sim:"');
  if (text.length > MAX_LENGTH) throw new SyntaxError(`a token has at most ${MAX_LENGTH} characters`);
  const token: Token = { text, cardId: null, brand: null, outcomes: {}, refund: [], void: [] };
  const seen = new Set<string>();
  for (const part of text.slice('sim:'.length).split(';')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    if (equals < 1 || seen.has(name)) throw new SyntaxError(`"${part.slice(0, 60)}" is malformed or said twice`);
    seen.add(name);
    readPart(token, name, part.slice(equals + 1));
  }
  return token;
}

function readPart(token: Token, name: string, value: string): void {
  if (name === 'card') {
    if (!CARD_ID.test(value)) throw new SyntaxError('card= takes 1 to 64 letters, digits, _ . -');
    token.cardId = value;
  } else if (name === 'brand') {
    if (!BRANDS.includes(value)) throw new SyntaxError(`brand= is one of ${BRANDS.join(', ')}`);
    token.brand = value;
  } else if (name === 'refund' || name === 'void') {
    const scripts = value.split(',');
    const unknown = scripts.find((script) => !ACTION_SCRIPTS.includes(script));
    if (unknown !== undefined) throw new SyntaxError(`${name}= takes ${ACTION_SCRIPTS.join(', ')}`);
    token[name] = scripts as ActionScript[];
  } else if (isProcessorName(name)) {
    token.outcomes[name] = value.split(',').map(parseOutcome);
  } else {
    throw new SyntaxError(`"${name.slice(0, 60)}" is no part of a token`);
  }
}

export function isProcessorName(name: string): name is ProcessorName {
  return (PROCESSOR_NAMES as readonly string[]).includes(name);
}

/** The n-th request (from 1) takes the n-th outcome; the last repeats; a processor that is not named says `ok`. */
export function outcomeOfRequest(token: Token, processor: ProcessorName, n: number): Outcome {
  return nth(token.outcomes[processor] ?? [], n) ?? OK;
}

export function scriptOfAction(token: Token, action: 'refund' | 'void', n: number): ActionScript {
  return nth(token[action], n) ?? 'ok';
}

function nth<T>(list: T[], n: number): T | undefined {
  return list[Math.min(n, list.length) - 1];
}

/** Same `card=` is the same card whatever the rest says; without it the card is (order, text). */
export function cardOf(token: Token, orderId: string): Card {
  const id = token.cardId ?? `anon_${digest(`${orderId}\n${token.text}`)}`;
  const hash = digest(id);
  const last4 = String(Number.parseInt(hash.slice(0, 8), 16) % 10_000).padStart(4, '0');
  return { id, network: networkOf(token), last4, par: `simpar_${hash}` };
}

/** The brand that the token says, else the network whose codes it speaks of, else Visa. */
function networkOf(token: Token): string {
  if (token.brand !== null) return token.brand;
  for (const processor of PROCESSOR_NAMES) {
    for (const outcome of token.outcomes[processor] ?? []) {
      if (outcome.kind === 'decline' && outcome.network !== null) return outcome.network;
    }
  }
  return 'visa';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
