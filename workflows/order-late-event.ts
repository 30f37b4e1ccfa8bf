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
  for (let tries = 0; arrived.length > 0; tries += 1) {
    const events = arrived.splice(0);
    const gone = (await untilDone.handOver({ order, events })) === 'closed';
    // Opened again, or written on, between the two looks at the store: once more, from what is there now.
    if (gone && !(await applyToClosed(order, events, tries))) arrived.unshift(...events);
  }
}

/**
 * False when the order is open after all, or another run wrote its story on meanwhile: then nothing was applied. Each try
 * writes under a name of its own, because what an overtaken one writes is never taken.
 */
async function applyToClosed(order: OrderLateEventInput, events: ProcessorEvent[], tries: number): Promise<boolean> {
  const loaded = await untilDone.loadOrder(order);
  if (loaded === null) return true;
  if (!isAtRest(loaded.state)) return false;
  const input: OrderPaymentInput = { ...loaded, reopened: false, firstOfOrder: false, startId: 'late-event' };
  const collection = { ...openCollection(input), overtaken: tries };
  for (const event of events) decideOn(collection, { type: 'processor_event', event }, true);
  if ((await record(collection)) !== 'saved') return false;
  await finishWriting(collection);
  if (collection.refused) return false;
  if (!isAtRest(collection.order)) await untilDone.reopenOrder(order);
  return true;
}
