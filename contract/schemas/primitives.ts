/** The words of the wire schemas. Messages say what a field must be and never repeat what was sent. */
import { z } from 'zod';
import { currencyExponent } from '../../policy/currencies.ts';
import { INSTRUMENT_ID_PATTERN, ORDER_ID_PATTERN, PROCESSOR_PATTERN } from '../ids.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Free text of a person: no control characters, no broken surrogates, no direction overrides. */
export const freeText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(
      (text) => !CONTROL.test(text) && !/\p{Surrogate}/u.test(text) && !/[\u202a-\u202e\u2066-\u2069]/.test(text),
      {
        message: 'must be text without control or direction characters',
      },
    );

/** Printable ASCII: references and tokens of other systems. */
export const reference = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

export const orderIdSchema = z
  .string()
  .regex(ORDER_ID_PATTERN, 'must be 1–40 of A–Z, a–z, 0–9, _ and -')
  .meta({ example: 'order-1042' });

export const instrumentIdSchema = z
  .string()
  .regex(INSTRUMENT_ID_PATTERN, 'must be the id of an instrument of this order');

export const processorSchema = z.string().regex(PROCESSOR_PATTERN, 'must be the name of a processor');

export const moneySchema = z.strictObject({
  /** Safe integers only: 2^53 and above cannot be told from their neighbours. */
  minor: z.int('must be a whole number of minor units').min(1, 'must be at least 1').max(Number.MAX_SAFE_INTEGER),
  currency: z
    .string()
    .refine((code) => currencyExponent(code) !== null, 'must be an upper-case ISO 4217 code')
    .meta({
      description: 'ISO 4217, upper case',
      example: 'EUR',
    }),
});

export const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'must be an upper-case ISO 3166-1 alpha-2 code');

/** ISO 8601 with an offset, at most 10 years ahead; normalised to UTC with milliseconds. */
export const instantSchema = z.iso
  .datetime({ offset: true, message: 'must be an ISO 8601 instant with an offset' })
  .transform((text) => new Date(text).toISOString());

export const metadataSchema = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,40}$/, 'names are 1–40 of A–Z, a–z, 0–9, _ . and -'), freeText(500))
  .refine((members) => Object.keys(members).length <= 50, 'must have at most 50 members');

export const featureSchema = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a feature such as on_behalf_of');

export const returnUrlSchema = z
  .string()
  .max(2000)
  .refine(isWebAddress, 'must be an absolute http or https address without credentials');

/** Only what a browser reads as we do: no backslashes, spaces, controls, user names, or other schemes. */
function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/i.test(text)) return false;
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
}
