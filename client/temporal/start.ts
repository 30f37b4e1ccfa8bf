/** Starts orders by update-with-start, and finds those that were started before. */
import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation, type WorkflowHandleWithStartDetails } from '@temporalio/client';
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
import { amountText, SPACE_AT_THE_END } from '../../policy/words.ts';
import { asRecoupError, readUpdateFault, type UpdateFault } from './faults.ts';

export interface StartOrder {
  input: Omit<OrderPaymentInput, 'startId'>;
  taskQueue: string;
  waitMs: number;
}

export type Started =
  /** `created`: this call started the run. */
  { kind: 'answered'; answer: CollectAnswer; created: boolean } | Exclude<UpdateFault, { kind: 'refused' }>;

/** Less than this and even the start would be given up. */
const LEAST_WAIT_MS = 1_000;
const RESEND_EVERY_MS = 250;
/** A worker that dies with a workflow task in its hands holds the order up for this long: half of Temporal's own default. */
const WORKFLOW_TASK_TIMEOUT = '5 s';

/**
 * Starts the order or finds it. One update id for an order, whatever the request: a second caller joins the first one's
 * update, and a caller whose connection broke attaches again.
 */
export function startOrder(client: Client, start: StartOrder): Promise<Started> {
  const startId = randomUUID();
  return untilAnswered(client, start.waitMs, startId, () => {
    const startWorkflowOperation = new WithStartWorkflowOperation<OrderPaymentWorkflow>(ORDER_PAYMENT, {
      ...startOptions(start, startId),
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
    // The start's own outcome comes with the update's; without a listener its rejection would be unhandled.
    startWorkflowOperation.workflowHandle().catch(() => {});
    return client.workflow.executeUpdateWithStart(collect, { ...collectOptions(start), startWorkflowOperation });
  });
}

/**
 * A new run for an order whose run is closed; two at once are one. Start and update are two calls here, because with the
 * order's update id Temporal would answer from the closed run and start nothing.
 */
export async function reopenOrder(client: Client, start: StartOrder): Promise<Started> {
  const startId = randomUUID();
  let handle: WorkflowHandleWithStartDetails<OrderPaymentWorkflow>;
  try {
    // Sent once: repeated after the run has closed again, it would start another one from a state that is over.
    handle = await client.workflow.start<OrderPaymentWorkflow>(ORDER_PAYMENT, {
      ...startOptions(start, startId),
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
  } catch (error) {
    return { kind: 'unreachable', error: asRecoupError(error) };
  }
  return untilAnswered(client, start.waitMs, startId, () => handle.executeUpdate(collect, collectOptions(start)));
}

async function untilAnswered(
  client: Client,
  waitMs: number,
  startId: string,
  send: () => Promise<CollectAnswer>,
): Promise<Started> {
  const deadlineMs = Date.now() + Math.max(waitMs, LEAST_WAIT_MS);
  for (;;) {
    try {
      const answer = await client.withDeadline(deadlineMs, send);
      return { kind: 'answered', answer, created: answer.startId === startId };
    } catch (error) {
      const fault = readUpdateFault(error);
      if (fault.kind === 'refused') return { kind: 'look' };
      if (fault.kind !== 'unreachable' || Date.now() + RESEND_EVERY_MS >= deadlineMs) return fault;
      await new Promise((resolve) => setTimeout(resolve, RESEND_EVERY_MS));
    }
  }
}

function startOptions({ input, taskQueue }: StartOrder, startId: string) {
  const { facts } = input.state;
  return {
    workflowId: orderWorkflowId(facts),
    taskQueue,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    args: [{ ...input, startId }] as [OrderPaymentInput],
    typedSearchAttributes: firstAttributes(facts, input.state.attempts.length),
    staticSummary: `Order ${facts.orderId}: ${amountText(facts.amount)}`,
    staticDetails: describeOrder(facts),
  };
}

function collectOptions({ input }: StartOrder) {
  return { updateId: collectUpdateId(input.state.facts.orderId) };
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
    SPACE_AT_THE_END,
  ].join('\n\n');
}
