/**
 * The member names that a schema knows. Only these are repeated in paths: what a caller made up may hold anything, a
 * credential in the place of a name too.
 */
import { z } from 'zod';

/** Allowed members of the object at a path; empty where it is no object, or takes any name. */
export function namesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = inner(schema);
  for (const part of path) at = below(at, part);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** `$.paymentMethod.credentials[0].token`; names that the schema does not know are `…`. */
export function pathText(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part, index) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const known = namesAt(schema, path.slice(0, index)).includes(String(part));
    return `${text}.${known ? String(part) : '…'}`;
  }, '$');
}

function below(schema: z.core.$ZodType | undefined, part: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodArray) return inner(schema.element);
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, part)) return undefined;
  return inner((schema.shape as Record<PropertyKey, z.core.$ZodType>)[part]);
}

function inner(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return inner(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? inner(schema.in) : schema;
}
