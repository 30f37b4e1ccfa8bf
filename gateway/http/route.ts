/** A call of the API: one row of a table, from which routing, access, Idempotency-Key and the API document follow. */
import type { z } from 'zod';
import type { Call, Caller } from '../../client/temporal/caller.ts';
import type { Services } from '../services.ts';

/**
 * What an API key may do. `*` is every scope of its merchant; `operations` is about all merchants, and is only given by
 * its name.
 */
export type Scope = 'orders:read' | 'orders:write' | 'orders:support' | 'processors:read' | 'operations';

export type Access =
  | { kind: 'key'; scope: Scope }
  /** A buyer token that allows this action, on its one order. */
  | { kind: 'buyer'; action: 'view' | 'pay' }
  | { kind: 'open' };

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export interface RequestContext {
  services: Services;
  request: Request;
  param(name: string): string;
  query: URLSearchParams;
  /** The body as strict JSON; `{}` for calls without a body. */
  body: Record<string, unknown>;
  /** Exactly as it came, for signatures. */
  rawBody: Uint8Array;
  caller: Caller;
  call: Call;
  /** Buyer tokens only: the one order that the token is for. */
  buyerOrderId: string | null;
}

export interface Route {
  method: 'GET' | 'POST';
  /** With `:name` for parameters. */
  path: string;
  summary: string;
  access: Access;
  /** Schema of the body, for the API document; the handler parses with it. */
  body?: z.ZodType;
  /** Schema of the query, for the API document. */
  query?: z.ZodType;
  /** Schema of the usual answer, for the API document. */
  answer?: z.ZodType;
  /** Statuses of the usual answer, for the API document. Default 200. */
  statuses?: number[];
  /** `bytes`: not JSON for us, a signature is over it. `optional`: an empty body is `{}`. */
  bodyKind?: 'json' | 'optional' | 'bytes';
  /** Bytes; by default what its kind of body is limited to. */
  bodyLimit?: number;
  /** No rate limit. */
  unlimited?: boolean;
  /** Requests that are let in without a credential. */
  needsNoKey?(services: Services, request: Request): boolean;
  /** The call needs an Idempotency-Key; says how a repeated call is answered once the first one was. */
  again?(context: RequestContext, firstStatus: number): Promise<Answer>;
  handle(context: RequestContext): Promise<Answer>;
}
