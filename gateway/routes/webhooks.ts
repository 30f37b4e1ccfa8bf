/**
 * Incoming notices of processors: verified, stored, then handed to the order, then answered. A notice that we answered
 * is in the store, whatever happens next; one that we could not store is sent again by the processor.
 */
import { createHash } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/common';
import { recoupError } from '../../client/errors.ts';
import { lateEventWorkflowId, MERCHANT_ID_PATTERN, ORDER_ID_PATTERN, orderWorkflowId } from '../../contract/ids.ts';
import {
  ORDER_LATE_EVENT,
  type OrderLateEventWorkflow,
  processorEvent as processorEventSignal,
} from '../../contract/messages.ts';
import type { ProcessorEvent } from '../../policy/answers.ts';
import { classifyEvent } from '../../policy/failures/classify.ts';
import { isOldNews } from '../../policy/old-news.ts';
import type { Answer, RequestContext, Route } from '../http/route.ts';
import type { Services } from '../services.ts';

export const WEBHOOK_ROUTES: Route[] = [
  {
    method: 'POST',
    path: '/v1/webhooks/:processor',
    summary: 'Takes a notice of a processor.',
    access: { kind: 'open' },
    bodyKind: 'bytes',
    handle: receive,
  },
];

async function receive(context: RequestContext): Promise<Answer> {
  const { services, rawBody, request } = context;
  const processor = services.processors.get(context.param('processor'));
  if (processor === undefined) throw recoupError('processor_unknown');
  const read = processor.readWebhook(rawBody, Object.fromEntries(request.headers), Date.now());
  const event = classifyEvent(read, processor.sheet, { timeScale: services.timeScale });
  const bodyHash = createHash('sha256').update(rawBody).digest('hex');
  const receivedAt = new Date().toISOString();
  const stored = await services.store.storeProcessorEvent({ event, bodyHash, receivedAt });
  if (stored === 'conflict') throw recoupError('webhook_conflict');
  if (stored === 'stored' || (await isUnapplied(services, event))) await passOn(services, event);
  return { status: 200, body: { received: true } };
}

/** A second delivery is passed on only if the first one, for whatever reason, has not reached its order. */
async function isUnapplied({ store }: Services, event: ProcessorEvent): Promise<boolean> {
  const { merchantId, orderId } = event;
  const waiting = await store.listUnappliedEvents({ merchantId, orderId, limit: 1_000 });
  return waiting.some(({ processor, eventId }) => processor === event.processor && eventId === event.eventId);
}

/** Then the processor is told to send again; the notice is in the store already. */
const SIGNAL_WITHIN_MS = 5_000;

async function passOn(services: Services, event: ProcessorEvent): Promise<void> {
  const { underWay } = services;
  const name = `${event.processor}/${event.eventId}`;
  const running = underWay.get(name) ?? deliver(services, event).finally(() => underWay.delete(name));
  underWay.set(name, running);
  await running;
}

async function deliver(services: Services, event: ProcessorEvent): Promise<void> {
  const { client, store } = services;
  const order = { merchantId: event.merchantId, orderId: event.orderId };
  if (event.type === 'unknown_type') return store.parkEvent(event.processor, event.eventId, 'unknown_type');
  if (!MERCHANT_ID_PATTERN.test(order.merchantId) || !ORDER_ID_PATTERN.test(order.orderId)) {
    return store.parkEvent(event.processor, event.eventId, 'order_unknown');
  }
  const deadlineMs = Date.now() + SIGNAL_WITHIN_MS;
  try {
    const handle = client.workflow.getHandle(orderWorkflowId(order));
    await client.withDeadline(deadlineMs, () => handle.signal(processorEventSignal, event));
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const stored = await store.findOrder(order.merchantId, order.orderId);
    // Parked when it was stored; the order's first write takes it out again.
    if (stored === null) return;
    if (isOldNews(stored.state, event)) return store.parkEvent(event.processor, event.eventId, 'already_known');
    await client.withDeadline(deadlineMs, () => signalLateEvent(services, event));
  }
}

async function signalLateEvent({ client, taskQueue }: Services, event: ProcessorEvent): Promise<void> {
  const order = { merchantId: event.merchantId, orderId: event.orderId };
  await client.workflow.signalWithStart<OrderLateEventWorkflow, [ProcessorEvent]>(ORDER_LATE_EVENT, {
    workflowId: lateEventWorkflowId(order),
    taskQueue,
    args: [order],
    signal: processorEventSignal,
    signalArgs: [event],
    staticSummary: `Late event for order ${order.orderId}: ${event.type} from ${event.processor}`,
  });
}
