/**
 * The one list of search attributes. Workflows write them, the gateway filters by them, `temporal-dev.yml` registers
 * them on the dev server (a test compares the two), and a production namespace must have the same.
 *
 * SQLite visibility allows 10 keywords and 3 of every other type. Nothing personal: Temporal never encrypts these.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const paymentStage = defineSearchAttributeKey('PaymentStage', SearchAttributeType.KEYWORD);
export const paymentMerchant = defineSearchAttributeKey('PaymentMerchant', SearchAttributeType.KEYWORD);
export const paymentOrderId = defineSearchAttributeKey('PaymentOrderId', SearchAttributeType.KEYWORD);
export const paymentProcessor = defineSearchAttributeKey('PaymentProcessor', SearchAttributeType.KEYWORD);
export const paymentFailureClass = defineSearchAttributeKey('PaymentFailureClass', SearchAttributeType.KEYWORD);
export const paymentCurrency = defineSearchAttributeKey('PaymentCurrency', SearchAttributeType.KEYWORD);
export const paymentRulebookVersion = defineSearchAttributeKey('PaymentRulebookVersion', SearchAttributeType.KEYWORD);
/** The processor's own reference of the attempt in question, so that support finds the order by it. */
export const paymentProcessorRef = defineSearchAttributeKey('PaymentProcessorRef', SearchAttributeType.KEYWORD);
export const paymentAttempts = defineSearchAttributeKey('PaymentAttempts', SearchAttributeType.INT);
/** Integer, minor units of `PaymentCurrency`. */
export const paymentAmountMinor = defineSearchAttributeKey('PaymentAmountMinor', SearchAttributeType.INT);
/** When the next planned step is due. */
export const paymentNextActionAt = defineSearchAttributeKey('PaymentNextActionAt', SearchAttributeType.DATETIME);
/** True while the order waits for a person of ours. */
export const paymentNeedsHuman = defineSearchAttributeKey('PaymentNeedsHuman', SearchAttributeType.BOOL);

export const SEARCH_ATTRIBUTES = [
  paymentStage,
  paymentMerchant,
  paymentOrderId,
  paymentProcessor,
  paymentFailureClass,
  paymentCurrency,
  paymentRulebookVersion,
  paymentProcessorRef,
  paymentAttempts,
  paymentAmountMinor,
  paymentNextActionAt,
  paymentNeedsHuman,
] as const;
