import type { OrderView } from '../../client/index.ts';
import { amountText } from '../../policy/words.ts';

/** What `GET /ledger` of the simulator tells of one key: what really happened. */
export interface LedgerEntry {
  processor: string;
  operation: string;
  key: string;
  amountMinor: number;
  effect: 'captured' | 'authorized' | 'voided' | 'refunded' | 'none';
}

type Outcome = OrderView['attempts'][number]['outcome'];

/** Operations that collect: at most one of them may have taken money. */
const COLLECTING = new Set(['charge', 'authorize', 'open_hosted', 'open_invoice']);

/** Where the order's story and the ledger say different things; null when they agree. */
export function disagreement(order: OrderView, ledger: LedgerEntry[]): string | null {
  const outcomes = new Map<string, Outcome>();
  for (const { outcome, operations } of order.attempts) {
    for (const operation of operations) {
      outcomes.set(operation.key, COLLECTING.has(operation.operation) ? outcome : operation.outcome);
    }
  }
  let capturedMinor = 0;
  for (const { key, processor, operation, effect, amountMinor } of ledger) {
    if (!outcomes.has(key)) return `${processor} has a ${operation} with a key that the order does not know`;
    const outcome = outcomes.get(key);
    const took = effect === 'captured' || effect === 'authorized';
    if (took && (outcome === 'declined' || outcome === 'not_executed'))
      return `${processor} took money for an attempt that the order calls ${outcome}`;
    if (effect === 'captured' && outcome !== 'unknown') capturedMinor += amountMinor;
  }
  if (capturedMinor === order.money.captured) return null;
  const ours = amountText({ ...order.amount, minor: order.money.captured });
  return `the order says ${ours} captured, the ledger ${amountText({ ...order.amount, minor: capturedMinor })}`;
}
