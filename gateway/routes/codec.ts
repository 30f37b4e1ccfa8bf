/**
 * The payload codec for Temporal's Web UI and command line, which ask for it at `<endpoint>/decode` and `/encode`. There
 * only while the codec is on. Whoever may call it reads everything but credentials, of all merchants.
 */
import type { Payload } from '@temporalio/common';
import type { MiddlewareHandler } from 'hono';
import { recoupError } from '../../client/errors.ts';
import { PayloadUnreadable } from '../../contract/payload-codec.ts';
import { type PayloadJson, payloadsSchema } from '../../contract/schemas/codec.ts';
import type { Answer, RequestContext, Route } from '../http/route.ts';
import type { Services } from '../services.ts';

/** Temporal takes payloads of 2 MB, which are a third longer in base64. */
const BODY_LIMIT = 4 * 1024 * 1024;

export interface CodecUi {
  /** Where a browser may call from: the Web UI's own addresses. */
  origins: string[];
  /** Test mode on loopback: the dev server's UI knows no users, so it has no credential that it could pass on. */
  keyless: boolean;
}

export const CODEC_ROUTES: Route[] = [
  codecRoute('decode', 'Decrypts payloads for Temporal’s Web UI and command line.'),
  codecRoute('encode', 'Encrypts payloads that are typed there.'),
];

function codecRoute(name: 'decode' | 'encode', summary: string): Route {
  return {
    method: 'POST',
    path: `/codec/${name}`,
    summary,
    access: { kind: 'key', scope: 'operations' },
    body: payloadsSchema,
    answer: payloadsSchema,
    bodyKind: 'bytes',
    bodyLimit: BODY_LIMIT,
    // One page of the UI asks hundreds of times at once.
    unlimited: true,
    needsNoKey: ({ codecUi }, request) => codecUi.keyless && isAllowed(codecUi, request.headers.get('origin')),
    handle: (context) => convert(context, name),
  };
}

async function convert({ services, rawBody }: RequestContext, name: 'decode' | 'encode'): Promise<Answer> {
  const { payloads } = readPayloads(rawBody);
  try {
    const converted = await services.codec[name](payloads.map(fromJson));
    const body = payloads.map((payload, index) => ({ ...payload, ...toJson(converted[index] ?? {}) }));
    return { status: 200, body: { payloads: body } };
  } catch (error) {
    if (error instanceof PayloadUnreadable) throw recoupError('payload_unreadable', error.message);
    throw error;
  }
}

function readPayloads(rawBody: Uint8Array): { payloads: PayloadJson[] } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody));
  } catch {
    throw recoupError('json_invalid');
  }
  const parsed = payloadsSchema.safeParse(value);
  if (!parsed.success) throw recoupError('request_invalid', 'The body must be {"payloads": […]} with base64 in it.');
  return parsed.data;
}

function fromJson({ metadata, data }: PayloadJson): Payload {
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): PayloadJson {
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? []).toString('base64') };
}

function isAllowed({ origins }: CodecUi, origin: string | null | undefined): origin is string {
  return origin !== null && origin !== undefined && origins.includes(origin);
}

/** What the browser asks before it lets the UI's page call another origin. */
export function codecCors({ codecUi }: Pick<Services, 'codecUi'>): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header('origin');
    const preflight = context.req.method === 'OPTIONS' && context.req.header('access-control-request-method');
    if (preflight) context.res = new Response(null, { status: isAllowed(codecUi, origin) ? 204 : 403 });
    else await next();
    context.res.headers.append('vary', 'Origin');
    if (!isAllowed(codecUi, origin)) return;
    context.res.headers.set('access-control-allow-origin', origin);
    if (!preflight) return;
    context.res.headers.set('access-control-allow-methods', 'POST');
    context.res.headers.set('access-control-allow-headers', 'authorization, content-type, x-namespace');
    context.res.headers.set('access-control-max-age', '600');
  };
}
