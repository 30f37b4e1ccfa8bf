/**
 * JSON without its traps: valid UTF-8, one object, no member twice, no `__proto__`, limited depth, and numbers only as
 * plain digits (`1e3` and `10.0` are whole numbers to a parser, but nobody means them as amounts).
 */
import { recoupError } from '../../client/errors.ts';

const MOST_LEVELS = 32;

export function parseStrictJson(bytes: Uint8Array): Record<string, unknown> {
  const text = decode(bytes);
  checkTokens(text);
  const value = parse(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw recoupError('json_invalid', 'The body must be one JSON object.');
  }
  return value as Record<string, unknown>;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw recoupError('json_invalid', 'The body is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw recoupError('json_invalid', 'The body is not well-formed JSON.');
  }
}

interface Level {
  /** Member names so far; `null` in an array. */
  names: Set<string> | null;
  nameNext: boolean;
}

/** Runs before the parser; what is no JSON at all is left to it. */
function checkTokens(text: string): void {
  const levels: Level[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]|-?[0-9][0-9.eE+-]*/gs;
  for (const [found] of text.matchAll(token)) {
    const level = levels[levels.length - 1];
    const first = found[0];
    if (first === '{' || first === '[') {
      levels.push({ names: first === '{' ? new Set() : null, nameNext: first === '{' });
      if (levels.length > MOST_LEVELS) throw recoupError('json_invalid', `More than ${MOST_LEVELS} levels.`);
    } else if (first === '}' || first === ']') {
      levels.pop();
    } else if (first === ',') {
      if (level !== undefined) level.nameNext = level.names !== null;
    } else if (first === '"') {
      if (level?.nameNext === true) checkName(found, level);
    } else if (/[.eE]/.test(found)) {
      throw recoupError('request_invalid', 'Numbers must be whole and written in digits only.');
    }
  }
}

function checkName(quoted: string, level: Level): void {
  level.nameNext = false;
  const name = parse(quoted);
  if (name === '__proto__') throw recoupError('json_invalid', 'A member has a name that is not allowed.');
  if (level.names?.has(String(name))) throw recoupError('json_invalid', 'A member comes twice.');
  level.names?.add(String(name));
}
