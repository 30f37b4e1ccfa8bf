/** Starts orders by update-with-start, and finds those that were started before. */
import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { TypedSearchAttributes as Attributes, type TypedSearchAttributes } from '@temporalio/common';
import { collectUpdateId, orderWorkflowId } from '../../contract/ids.ts';
import {
  type CollectAnswer,
  collect,
  ORDER_PAYMENT,
  type OrderPaymentInput,
  type OrderPaymentWorkflow,
} from '../../contract/messages.ts';
import {
  paymentAmountMinor,
  paymentAttempts,
  paymentCurrency,
  paymentMerchant,
  paymentNeedsHuman,
  paymentOrderId,
  paymentRulebookVersion,
  paymentStage,
} from '../../contract/search-attributes.ts';
import type { OrderFacts } from '../../policy/order.ts';
import { amountText } from '../../policy/words.ts';
import { readUpdateFault, type UpdateFault } from './faults.ts';

export interface StartOrder {
  input: Omit<OrderPaymentInput, 'startId'>;
  taskQueue: string;
  /** Reopening is a run of its own; otherwise an order that was ever started is found, never started again. */
  reopen: boolean;
  waitMs: number;
}

export type Started =
  /** `created`: this call started the run. */
  { kind: 'answered'; answer: CollectAnswer; created: boolean } | Exclude<UpdateFault, { kind: 'refused' }>;

/** Less than this and even the start would be given up. */
const LEAST_WAIT_MS = 1_000;
const RESEND_EVERY_MS = 250;

/**
 * One update id for an order, whatever the request: a second caller joins the first one's update, and a caller whose
 * connection broke attaches again.
 */
export async function startOrder(client: Client, start: StartOrder): Promise<Started> {
  const startId = randomUUID();
  const deadlineMs = Date.now() + Math.max(start.waitMs, LEAST_WAIT_MS);
  for (;;) {
    try {
      const answer = await client.withDeadline(deadlineMs, () => executeCollect(client, start, startId));
      return { kind: 'answered', answer, created: answer.startId === startId };
    } catch (error) {
      const fault = readUpdateFault(error);
      if (fault.kind === 'refused') return { kind: 'look' };
      if (fault.kind !== 'unreachable' || Date.now() + RESEND_EVERY_MS >= deadlineMs) return fault;
      await new Promise((resolve) => setTimeout(resolve, RESEND_EVERY_MS));
    }
  }
}

function executeCollect(client: Client, { input, taskQueue, reopen }: StartOrder, startId: string) {
  const { facts } = input.state;
  const startWorkflowOperation = new WithStartWorkflowOperation<OrderPaymentWorkflow>(ORDER_PAYMENT, {
    workflowId: orderWorkflowId(facts),
    taskQueue,
    args: [{ ...input, startId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: reopen ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
    typedSearchAttributes: firstAttributes(facts, input.state.attempts.length),
    staticSummary: `Order ${facts.orderId}: ${amountText(facts.amount)}`,
    staticDetails: describeOrder(facts),
  });
  // The start's own outcome comes with the update's; without a listener its rejection would be unhandled.
  startWorkflowOperation.workflowHandle().catch(() => {});
  return client.workflow.executeUpdateWithStart(collect, {
    args: [{ requestHash: facts.requestHash }],
    updateId: collectUpdateId(facts.orderId),
    startWorkflowOperation,
  });
}

/** In the start options they cost no history event. */
function firstAttributes(facts: OrderFacts, attempts: number): TypedSearchAttributes {
  return new Attributes([
    { key: paymentStage, value: 'attempting' },
    { key: paymentMerchant, value: facts.merchantId },
    { key: paymentOrderId, value: facts.orderId },
    { key: paymentCurrency, value: facts.amount.currency },
    { key: paymentAmountMinor, value: facts.amount.minor },
    { key: paymentRulebookVersion, value: `${facts.rulebook.id} v${facts.rulebook.version}` },
    { key: paymentAttempts, value: attempts },
    { key: paymentNeedsHuman, value: false },
  ]);
}

/** Markdown for Temporal Web UI. Nothing of the buyer: it is shown in the clear. */
function describeOrder(facts: OrderFacts): string {
  return [
    `**${amountText(facts.amount)}** for order \`${facts.orderId}\` of merchant \`${facts.merchantId}\``,
    `Capture: ${facts.capture}. Buyer present: ${facts.buyer.present ? 'yes' : 'no'}.`,
    `Rulebook: ${facts.rulebook.id} v${facts.rulebook.version}`,
  ].join('\n\n');
}
