/** Bodies of answers, for the API document. The types in policy/ are the truth; a test makes the compiler compare. */
import { z } from 'zod';
import { STAGES } from '../stages.ts';

const instant = z.iso.datetime();
const minorUnits = z.int();
const outcome = z.enum(['succeeded', 'declined', 'not_executed', 'requires_action', 'pending', 'unknown']).nullable();
const instrument = z.object({ id: z.string(), network: z.string().optional(), last4: z.string().optional() });
const actor = z.enum(['system', 'buyer', 'merchant', 'support', 'processor']);
const path = z.enum(['authenticate', 'saved_method', 'new_method', 'hosted_checkout', 'invoice']);

const attempt = z.object({
  number: z.int(),
  processor: z.string(),
  instrument: instrument.nullable(),
  outcome,
  failureClass: z.string().nullable(),
  processorCode: z.string().nullable(),
  authentication: z.enum(['none', 'exempt', 'frictionless', 'challenged', 'abandoned', 'failed', 'unavailable']),
  operations: z.array(
    z.object({
      operation: z.string(),
      key: z.string(),
      outcome,
      startedAt: instant,
      endedAt: instant.nullable(),
    }),
  ),
});

const option = z.object({
  path,
  /** 1 is the default. */
  rank: z.int(),
  instrument: instrument.optional(),
  url: z.url().optional(),
  expiresAt: instant.optional(),
});

const NEXT_ACTION_TYPES = [
  'none',
  'wait_confirming',
  'wait_pending',
  'wait_scheduled',
  'wait_processor',
  'authenticate',
  'choose_method',
  'fix_method',
  'new_method',
  'hosted_checkout',
  'invoice',
  'display_details',
  'capture',
  'on_hold',
  'review',
] as const;

const nextAction = z.object({
  type: z.enum(NEXT_ACTION_TYPES),
  who: z.enum(['system', 'buyer', 'merchant', 'support', 'none']),
  at: instant.optional(),
  expiresAt: instant.optional(),
  /** The processor's page. */
  url: z.url().optional(),
  messageKey: z.string(),
  options: z.array(option),
  /** `review` only: what a person is asked. `id` goes into `resolve`. */
  question: z
    .object({
      id: z.string(),
      code: z.string(),
      attempt: z.int().nullable(),
      /** Processor and payment that a notice tells of. */
      about: z.string().nullable(),
      since: instant,
    })
    .optional(),
  /** Somebody stopped the automatic tries: who, why, and since when. */
  hold: z.object({ actor, reason: z.string(), since: instant }).optional(),
});

export const orderViewSchema = z.object({
  orderId: z.string(),
  stage: z.enum(STAGES),
  amount: z.object({ minor: minorUnits, currency: z.string() }),
  /** Integers, minor units of the order's currency. */
  money: z.object({
    captured: minorUnits,
    refunded: minorUnits,
    returned: minorUnits,
    disputed: minorUnits,
    held: minorUnits,
    net: minorUnits,
  }),
  attempts: z.array(attempt),
  nextAction,
  rulebook: z.object({ id: z.string(), version: z.int(), hash: z.string() }),
});

export const orderPageSchema = z.object({ orders: z.array(orderViewSchema), nextCursor: z.string().nullable() });

export const timelineSchema = z.object({
  entries: z.array(
    z.object({
      at: instant,
      kind: z.string(),
      actor,
      attempt: z.int().optional(),
      processor: z.string().optional(),
      text: z.string(),
      evidence: z.string().optional(),
      planned: z.boolean(),
    }),
  ),
});

export const explanationsSchema = z.object({
  decisions: z.array(
    z.object({
      at: instant,
      attempt: z.int().optional(),
      rule: z.object({ name: z.string(), rulebook: z.string(), version: z.int() }),
      evidence: z.array(z.string()),
      decided: z.string(),
      refused: z.array(z.object({ what: z.string(), why: z.string(), source: z.string().optional() })),
    }),
  ),
});

export const buyerTokenAnswerSchema = z.object({ token: z.string(), expiresAt: instant });

export const buyerOrderSchema = z.object({
  orderId: z.string(),
  amount: z.object({ minor: minorUnits, currency: z.string() }),
  status: z.enum(['paying', 'your_turn', 'paid', 'closed']),
  nextAction: z.object({
    type: z.string(),
    messageKey: z.string(),
    at: instant.optional(),
    expiresAt: instant.optional(),
    url: z.url().optional(),
    options: z.array(option),
  }),
});

export const sealingKeysSchema = z.object({
  keys: z.array(
    z.object({
      kid: z.string(),
      seals: z.boolean(),
      opens: z.boolean(),
      openOrders: z.int(),
      reopenableOrders: z.int(),
    }),
  ),
});

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  docUrl: z.string(),
  detail: z.string().optional(),
  fields: z.array(z.object({ path: z.string(), must: z.string() })).optional(),
});
