import type { LedgerReading } from '../../../policy/ceilings/ledger.ts';
import type { OrderEvent } from '../../../policy/events.ts';
import type { Reading } from '../../../policy/next-action.ts';
import * as refusals from '../../../policy/refusals.ts';

/** What the workflow's validators would say to a message now. */
export function refusalOf(
  event: OrderEvent,
  reading: Reading,
  ledger: LedgerReading,
  now: string,
): refusals.Refusal | null {
  const { order } = reading;
  switch (event.type) {
    case 'recovery_chosen':
      return refusals.refuseRecovery(reading, event, ledger, now);
    case 'cancel_requested':
      return refusals.refuseEnding(order);
    case 'close_requested':
      return refusals.refuseEnding(order);
    case 'retries_held':
    case 'retries_released':
      return refusals.refuseHold(order);
    case 'retry_requested':
      return refusals.refuseRetry(reading, ledger, now);
    case 'unknown_resolved':
      return refusals.refuseResolve(order, event);
    case 'capture_requested':
      return refusals.refuseCapture(order);
    default:
      return null;
  }
}
