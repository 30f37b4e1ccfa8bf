/** A NUL, or half of a surrogate pair, as JSON.stringify writes them. PostgreSQL refuses both in jsonb. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * JSON that `jsonb` takes whatever a buyer, merchant or processor wrote into a text: what cannot be stored becomes the
 * replacement character, so that one odd character never stops an order.
 */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storableText(inner) : inner));
}

export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').replace(LONE_SURROGATE, '\uFFFD');
}
