import { z } from 'zod';

/** Payloads as Temporal's Web UI and command line send them: protobuf in JSON, so all bytes are base64, of either alphabet. */
const bytes = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const payload = z.looseObject({ metadata: z.record(z.string(), bytes).optional(), data: bytes.optional() });

export const payloadsSchema = z.looseObject({ payloads: z.array(payload).max(5_000) });
export type PayloadJson = z.output<typeof payload>;
