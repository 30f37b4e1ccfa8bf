/** Bodies of the order calls as callers send them. Unknown members are refused. */
import { z } from 'zod';
import { FAILURE_CLASSES } from '../../policy/terms.ts';
import { STAGES } from '../stages.ts';
import {
  countrySchema,
  featureSchema,
  freeText,
  instantSchema,
  instrumentIdSchema,
  metadataSchema,
  moneySchema,
  orderIdSchema,
  processorSchema,
  reference,
  returnUrlSchema,
} from './primitives.ts';

const last4Schema = z.string().regex(/^[0-9]{4}$/, 'must be four digits');
const networkSchema = z.string().regex(/^[a-z][a-z0-9_]{1,30}$/, 'must be a network such as visa');

export const credentialSchema = z.strictObject({
  processor: processorSchema,
  token: reference(1000),
  singleUse: z.boolean().optional(),
  expiresAt: instantSchema.optional(),
});

export const paymentMethodSchema = z
  .strictObject({
    /** A simulator token, valid at every processor of the simulator. */
    token: z
      .string()
      .max(1000)
      .regex(/^sim:[\x20-\x7e]*$/, 'must be a simulator token; send others as credentials with their processor')
      .optional(),
    credentials: z.array(credentialSchema).min(1).max(20).optional(),
    network: networkSchema.optional(),
    last4: last4Schema.optional(),
    /** Payment account reference (EMVCo): the same for the same card everywhere. */
    par: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be a payment account reference')
      .optional(),
  })
  .refine((method) => (method.token === undefined) !== (method.credentials === undefined), {
    message: 'must have either token or credentials',
  })
  .refine((method) => hasOneCredentialEach(method.credentials ?? []), {
    message: 'must have one credential for each processor',
    path: ['credentials'],
  });

export const collectSchema = z
  .strictObject({
    orderId: orderIdSchema,
    amount: moneySchema,
    paymentMethod: paymentMethodSchema,
    savedMethods: z.array(paymentMethodSchema).max(20).optional(),
    buyer: z
      .strictObject({
        reference: freeText(100).optional(),
        country: countrySchema.optional(),
        /** True unless `offSession` is given. */
        present: z.boolean().optional(),
      })
      .optional(),
    capture: z.enum(['automatic', 'manual']).optional(),
    offSession: z
      .strictObject({
        agreement: z.enum(['recurring', 'unscheduled', 'resubmission']),
        mandateRef: reference(200),
        networkTransactionId: reference(100).optional(),
        goodsDelivered: z.boolean().optional(),
      })
      .optional(),
    features: z.array(featureSchema).max(20).optional(),
    metadata: metadataSchema.optional(),
    description: freeText(500).optional(),
    returnUrl: returnUrlSchema.optional(),
    expiresAt: instantSchema.optional(),
    /** Id of a published rulebook; the current one when left out. */
    rulebook: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be the id of a rulebook')
      .optional(),
  })
  .refine((order) => !(order.offSession !== undefined && order.buyer?.present === true), {
    message: 'must be false or absent when offSession is given',
    path: ['buyer', 'present'],
  });

export const recoverySchema = z
  .strictObject({
    path: z.enum(['authenticate', 'saved_method', 'new_method', 'hosted_checkout', 'invoice']),
    paymentMethod: paymentMethodSchema.optional(),
    instrument: instrumentIdSchema.optional(),
    reason: freeText(500).optional(),
  })
  .refine((choice) => (choice.path === 'new_method') === (choice.paymentMethod !== undefined), {
    message: 'is needed for new_method and for no other path',
    path: ['paymentMethod'],
  })
  .refine((choice) => (choice.path === 'saved_method') === (choice.instrument !== undefined), {
    message: 'is needed for saved_method and for no other path',
    path: ['instrument'],
  });

export const commandSchema = z.strictObject({ reason: freeText(500) });

export const resolveSchema = z
  .strictObject({
    /** Left out where the question is about none. */
    attempt: z.int().min(1).max(1_000_000).optional(),
    /** `accepted`: the money, or the notice, that waits for a person is left as it is. */
    outcome: z.enum(['succeeded', 'absent', 'accepted']),
    /** `nextAction.question.id`: only this question is answered, and only while it is open. */
    question: z
      .string()
      .regex(/^q_[0-9a-f]{16}$/, 'must be the id of a question')
      .optional(),
    /** With `succeeded`: the processor's own id of the attempt's payment. What is told under it is about that attempt. */
    reference: reference(200).optional(),
    /** With `succeeded`: what was taken, where that is not the order's amount. */
    amount: moneySchema.optional(),
    evidence: freeText(1000),
    reason: freeText(500),
  })
  .refine(({ outcome, reference }) => outcome === 'succeeded' || reference === undefined, {
    message: 'is only for succeeded',
    path: ['reference'],
  })
  .refine(({ outcome, amount }) => outcome === 'succeeded' || amount === undefined, {
    message: 'is only for succeeded',
    path: ['amount'],
  })
  .refine(
    ({ attempt, outcome, question }) => attempt !== undefined || question !== undefined || outcome === 'accepted',
    {
      message: 'is needed where neither a question is named nor something accepted',
      path: ['attempt'],
    },
  );

export const buyerTokenSchema = z.strictObject({
  actions: z
    .array(z.enum(['view', 'pay']))
    .min(1)
    .max(2)
    .optional(),
});

/** Query of `GET /v1/orders`. */
export const listOrdersSchema = z.strictObject({
  /** One stage, or several with commas between them. */
  stage: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(STAGES)).max(STAGES.length))
    .optional(),
  processor: processorSchema.optional(),
  class: z.enum(FAILURE_CLASSES).optional(),
  /** A person is asked about the order, whatever its stage: it may be paid. */
  needsPerson: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  updatedAfter: instantSchema.optional(),
  updatedBefore: instantSchema.optional(),
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'must be a number from 1 to 100')
    .transform(Number)
    .pipe(z.int().max(100))
    .optional(),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_=:.-]{1,500}$/, 'must be a nextCursor')
    .optional(),
});

export type CollectRequest = z.input<typeof collectSchema>;
export type CollectOrder = z.output<typeof collectSchema>;
export type PaymentMethod = z.input<typeof paymentMethodSchema>;
export type RecoveryRequest = z.input<typeof recoverySchema>;
export type ResolveRequest = z.input<typeof resolveSchema>;
export type ListOrdersRequest = z.output<typeof listOrdersSchema>;

function hasOneCredentialEach(credentials: { processor: string }[]): boolean {
  return new Set(credentials.map(({ processor }) => processor)).size === credentials.length;
}
