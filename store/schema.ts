import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { OperationResult, ProcessorEvent } from '../policy/answers.ts';
import type { MerchantEvent, TimelineEntry } from '../policy/events.ts';
import type { OrderState } from '../policy/order.ts';
import type { Rulebook } from '../policy/rulebook.ts';
import type { MoneyOperationName, Stage } from '../policy/terms.ts';
import type { Deployment } from './store.ts';

/**
 * The tables as queries see them; `migrations/` makes them and says what they are for. Columns that only the
 * database's own functions write and read are left out.
 */
const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const orders = pgTable(
  'orders',
  {
    merchantId: text('merchant_id').notNull(),
    orderId: text('order_id').notNull(),
    stage: text('stage').$type<Stage>().notNull(),
    isOpen: boolean('is_open').notNull(),
    needsHuman: boolean('needs_human').notNull(),
    nextActionAt: instant('next_action_at'),
    processor: text('processor'),
    failureClass: text('failure_class'),
    epoch: integer('epoch').notNull(),
    state: jsonb('state').$type<OrderState>().notNull(),
    version: text('version').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.orderId] })],
);

export const operations = pgTable('operations', {
  key: text('key').primaryKey(),
  readableKey: text('readable_key').notNull(),
  merchantId: text('merchant_id').notNull(),
  orderId: text('order_id').notNull(),
  attempt: integer('attempt').notNull(),
  operation: text('operation').$type<MoneyOperationName>().notNull(),
  number: integer('number').notNull(),
  processor: text('processor').notNull(),
  account: text('account').notNull(),
  instrumentId: text('instrument_id'),
  amountMinor: bigint('amount_minor', { mode: 'number' }).notNull(),
  currency: text('currency').notNull(),
  requestHash: text('request_hash').notNull(),
  claimedAt: instant('claimed_at').notNull(),
  resendUntil: instant('resend_until'),
  result: jsonb('result').$type<OperationResult>(),
  reference: text('reference'),
});

export const timeline = pgTable('timeline', {
  merchantId: text('merchant_id').notNull(),
  orderId: text('order_id').notNull(),
  epoch: integer('epoch').notNull(),
  seq: integer('seq').notNull(),
  entry: jsonb('entry').$type<TimelineEntry>().notNull(),
  supersededAt: instant('superseded_at'),
});

export const outbox = pgTable('outbox', {
  id: text('id').primaryKey(),
  position: bigint('position', { mode: 'number' }).generatedAlwaysAsIdentity(),
  merchantId: text('merchant_id').notNull(),
  orderId: text('order_id').notNull(),
  event: jsonb('event').$type<MerchantEvent>().notNull(),
  deliveredAt: instant('delivered_at'),
});

export const inbox = pgTable('inbox', {
  position: bigint('position', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  processor: text('processor').notNull(),
  eventId: text('event_id').notNull(),
  merchantId: text('merchant_id').notNull(),
  orderId: text('order_id').notNull(),
  event: jsonb('event').$type<ProcessorEvent>().notNull(),
  status: text('status').$type<'stored' | 'applied' | 'parked' | 'quarantined'>().notNull(),
  reason: text('reason'),
  receivedAt: instant('received_at').notNull(),
});

export const rulebooks = pgTable(
  'rulebooks',
  {
    merchantId: text('merchant_id').notNull(),
    hash: text('hash').notNull(),
    rulebookId: text('rulebook_id').notNull(),
    version: integer('version').notNull(),
    rulebook: jsonb('rulebook').$type<Rulebook>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.hash] })],
);

export const rulebookPublications = pgTable('rulebook_publications', {
  position: bigint('position', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  merchantId: text('merchant_id').notNull(),
  hash: text('hash').notNull(),
});

export const deployments = pgTable('deployments', {
  id: boolean('id').primaryKey(),
  deployment: jsonb('deployment').$type<Deployment>().notNull(),
});

export const audit = pgTable('audit', {
  position: bigint('position', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: instant('at').notNull(),
  merchantId: text('merchant_id').notNull(),
  orderId: text('order_id'),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  reason: text('reason').notNull(),
  detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
});

export const apiKeys = pgTable('api_keys', {
  keyHash: text('key_hash').primaryKey(),
  merchantId: text('merchant_id').notNull(),
  name: text('name').notNull(),
  scopes: text('scopes').array().notNull(),
});
