import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Recoup } from '../../client/index.ts';

export interface WaitingResult {
  count: number;
  workerRssMb: number;
}

/**
 * Memory of a worker whose orders wait for their buyers: declined for good, nothing to do for a day.
 * The worker keeps a capped number of them in its cache; the others cost it nothing.
 */
export async function waitingOrders(recoup: Recoup, workerPid: number, count: number): Promise<WaitingResult> {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      const order = await recoup.orders.collect(
        {
          orderId: `w${randomBytes(8).toString('hex')}`,
          amount: { minor: 4999, currency: 'EUR' },
          paymentMethod: { token: 'sim:alpha=stolen_card' },
        },
        { waitMs: 60_000 },
      );
      if (order.stage !== 'waiting_buyer') throw new Error(`A waiting order is ${order.stage}`);
    }
  };
  await Promise.all(Array.from({ length: 50 }, lane));
  return { count, workerRssMb: residentMb(workerPid) };
}

function residentMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? 0) / 1024);
}
