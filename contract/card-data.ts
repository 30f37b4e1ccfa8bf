/**
 * Finds what must never be in our hands: card numbers and security codes. Used on every text that comes in, before
 * anything is stored, logged or answered.
 */

const SEPARATORS = /[\s.\-_/\u00ad\u2010-\u2015\u2212]/;
/** Digits with at most three separators between two of them. */
const DIGIT_RUN = /\d(?:[\s.\-_/\u00ad\u2010-\u2015\u2212]{0,3}\d){12,}/g;
const SECURITY_CODE_TEXT = /\b(?:cvc|cvv|csc|cvn|security\s?code)2?\W{0,5}\d{3,4}\b/i;

/**
 * Issuer prefixes by length (ISO/IEC 7812 ranges of the networks in use). Without them one in ten timestamps, order
 * numbers and network transaction ids would pass for a card.
 */
const PREFIXES: { lengths: [number, number]; pattern: RegExp }[] = [
  { lengths: [13, 13], pattern: /^4/ },
  { lengths: [14, 14], pattern: /^3[0689]/ },
  { lengths: [15, 15], pattern: /^(?:3[47]|2131|1800)/ },
  { lengths: [16, 19], pattern: /^(?:4|5|6|3[056789]|220[0-4]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|81|9792)/ },
];

const CARD_FIELDS = new Set(
  (
    'cvc cvc2 cvv cvv2 csc cvn cid cardcvc cardcvv cardcsc securitycode cardsecuritycode cardverificationvalue ' +
    'cardverificationcode cardnumber pan primaryaccountnumber track1 track2 trackdata pinblock'
  ).split(' '),
);

/** True when some part of the text is a card number, also spaced, dashed or in full-width digits. */
export function looksLikeCardNumber(text: string): boolean {
  const plain = text.normalize('NFKC');
  for (const match of plain.matchAll(DIGIT_RUN)) {
    if (!isPartOfHexId(plain, match.index, match[0].length) && runHoldsCard(match[0])) return true;
  }
  return false;
}

/**
 * A UUID or hex id, letters a–f included: one in some thousand of them holds digits that pass for a card, and a shop that
 * names its orders so must not have one in some thousand refused. A card number stands alone or beside other words.
 */
function isPartOfHexId(text: string, start: number, length: number): boolean {
  const before = /[A-Za-z0-9-]*$/.exec(text.slice(0, start))?.[0] ?? '';
  const behind = /^[A-Za-z0-9-]*/.exec(text.slice(start + length))?.[0] ?? '';
  const word = before + text.slice(start, start + length) + behind;
  return /^[0-9a-f]+(?:-[0-9a-f]+)*$/i.test(word) && /[a-f]/i.test(before + behind);
}

export function looksLikeSecurityCode(text: string): boolean {
  return SECURITY_CODE_TEXT.test(text.normalize('NFKC'));
}

/** True for names such as `cvc`, `card_number`, `securityCode`. */
export function isCardField(name: string): boolean {
  return CARD_FIELDS.has(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

/**
 * Path of the first place in a JSON value that holds card data, or `null`. For an offending member name it ends at the
 * object. Names in it are the caller's own: they are told only as far as a schema knows them.
 */
export function findCardData(value: unknown, path: (string | number)[] = []): (string | number)[] | null {
  if (typeof value === 'string') return looksLikeCardNumber(value) || looksLikeSecurityCode(value) ? path : null;
  if (typeof value === 'number') return looksLikeCardNumber(String(value)) ? path : null;
  if (value === null || typeof value !== 'object') return null;
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value) && (isCardField(name) || looksLikeCardNumber(name))) return path;
    const below = findCardData(member, [...path, Array.isArray(value) ? Number(name) : name]);
    if (below !== null) return below;
  }
  return null;
}

/** Groups between separators are joined in every way that gives 13 to 19 digits. */
function runHoldsCard(run: string): boolean {
  const groups = run.split(new RegExp(`${SEPARATORS.source}+`));
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < 19; last += 1) {
      digits += groups[last];
      if (isCardNumber(digits)) return true;
    }
  }
  return false;
}

function isCardNumber(digits: string): boolean {
  const issued = PREFIXES.some(
    ({ lengths, pattern }) => digits.length >= lengths[0] && digits.length <= lengths[1] && pattern.test(digits),
  );
  return issued && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let position = 0; position < digits.length; position += 1) {
    const digit = Number(digits[digits.length - 1 - position]);
    const doubled = position % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
