import { condition, setHandler } from '@temporalio/workflow';
import { type OrderLateEventInput, type OrderPaymentInput, processorEvent } from '../contract/messages.ts';
import type { ProcessorEvent } from '../policy/answers.ts';
import { isAtRest } from '../policy/facts.ts';
import { untilDone } from './activities.ts';
import { decideOn, openCollection } from './collection.ts';
import { finishWriting, record } from './record.ts';

/**
 * Something came for an order whose run is closed. The store is the truth then: load, decide, write.
 * If the order is open, or late truth opened it, or money has to go back, a run of its own goes on. Nothing is planned
 * here: nobody would carry it out.
 */
export async function orderLateEvent(order: OrderLateEventInput): Promise<void> {
  const arrived: ProcessorEvent[] = [];
  setHandler(processorEvent, (event) => {
    arrived.push(event);
  });
  await condition(() => arrived.length > 0);
  while (arrived.length > 0) {
    const events = arrived.splice(0);
    const gone = (await untilDone.handOver({ order, events })) === 'closed';
    // Opened again between the two looks at the store: the new run gets them.
    if (gone && !(await applyToClosed(order, events))) arrived.unshift(...events);
  }
}

/** False when the order is open after all. */
async function applyToClosed(order: OrderLateEventInput, events: ProcessorEvent[]): Promise<boolean> {
  const loaded = await untilDone.loadOrder(order);
  if (loaded === null) return true;
  if (!isAtRest(loaded.state)) return false;
  const input: OrderPaymentInput = { ...loaded, reopened: false, firstOfOrder: false, startId: 'late-event' };
  const collection = openCollection(input);
  for (const event of events) decideOn(collection, { type: 'processor_event', event }, true);
  await record(collection);
  await finishWriting(collection);
  if (!isAtRest(collection.order)) await untilDone.reopenOrder(order);
  return true;
}
