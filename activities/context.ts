import type { Client } from '@temporalio/client';
import type { Processor } from '../processors/port.ts';
import type { Store } from '../store/store.ts';
import type { HealthBoard } from './health-board.ts';
import type { OrderPolicy } from './policy-of-order.ts';

/** What the worker gives every activity. Built once, in worker/. */
export interface ActivityContext {
  store: Store;
  /** By name, as the rulebook names them. */
  processors: ReadonlyMap<string, Processor>;
  /** Rules and sheets of an order, by the hash of its rulebook's version; `null` when the store does not have it. */
  policyOf(merchantId: string, rulebookHash: string): Promise<OrderPolicy | null>;
  /** The breakers of the processors, as this worker knows them. */
  health: HealthBoard;
  /** Opens a sealed credential; throws `SealBroken` when no key fits. */
  openCredential(sealed: string): Promise<string>;
  /** For the activities that start or signal other workflows. */
  client: Client;
  taskQueue: string;
  /** The worker's clock, ms since 1970. It may be wrong: what is about money asks `clock.ts`. */
  nowMs(): number;
  /** Divides waits that processors' advice gives; 1 in live mode. */
  timeScale: number;
}
