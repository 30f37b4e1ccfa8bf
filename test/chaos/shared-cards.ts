import type { OperationRow, Violation } from './checks.ts';
import { isStart } from './ledger.ts';
import type { LedgerEntry } from './simulator-control.ts';

/** What one card saw at all orders of the merchant. */
export interface CardHistory {
  card: string;
  /** Declined for good wherever it is sent. */
  hard: boolean;
  requests: { orderId: string; entry: LedgerEntry; operation: OperationRow | undefined }[];
}

/** Mastercard: 10 declines of one card in 24 hours at one merchant. */
const MOST_DECLINES = 10;
const DAY_MS = 24 * 3_600_000;
/** Counted when it is claimed, seen here when it arrives. */
const CLAIM_TO_ARRIVAL_MS = 15_000;
/** A decline is known to all orders once it is written; a request may have been on its way then. */
const ON_ITS_WAY_MS = 3_000;

/** I4 across orders: what the networks allow one card, whichever order asks. */
export function judgeSharedCards(histories: CardHistory[], timeScale: number): Violation[] {
  return histories.flatMap((history) =>
    history.hard ? sentAfterHardDecline(history) : declinedTooOften(history, DAY_MS / timeScale),
  );
}

function sentAfterHardDecline({ card, requests }: CardHistory): Violation[] {
  const known = requests
    .filter(({ operation }) => operation?.outcome === 'declined' && operation.recordedAtMs !== null)
    .map(({ operation }) => operation?.recordedAtMs ?? Number.POSITIVE_INFINITY);
  const knownAtMs = Math.min(...known, Number.POSITIVE_INFINITY);
  return requests
    .filter(({ entry }) => Date.parse(entry.at) > knownAtMs + ON_ITS_WAY_MS)
    .map(({ orderId, entry }) => ({
      kind: 'forbidden_retry',
      orderId,
      what: `${card} was known to be declined for good at another order, and sent to ${entry.processor} as ${entry.key}`,
    }));
}

function declinedTooOften({ card, requests }: CardHistory, windowMs: number): Violation[] {
  const safeMs = windowMs - CLAIM_TO_ARRIVAL_MS;
  // What was executed and took nothing was declined.
  const declines = requests
    .filter(({ entry }) => isStart(entry) && entry.reference !== null && entry.effect === 'none')
    .sort((a, b) => Date.parse(a.entry.at) - Date.parse(b.entry.at));
  return declines.flatMap(({ orderId, entry }, index) => {
    const eleven = declines.slice(Math.max(0, index - MOST_DECLINES), index + 1);
    if (eleven.length <= MOST_DECLINES) return [];
    if (Date.parse(entry.at) - Math.min(...eleven.map(countedAtMs)) > safeMs) return [];
    const what = `${card} was declined ${MOST_DECLINES + 1} times within ${Math.round(safeMs / 1000)} s, the last time at ${entry.processor}`;
    return [{ kind: 'forbidden_retry' as const, orderId, what }];
  });
}

/** A request that was lost and sent again counts from its claim on, and leaves the window before it seems to. */
function countedAtMs({ entry, operation }: CardHistory['requests'][number]): number {
  return Math.min(Date.parse(entry.at), operation?.claimedAtMs ?? Number.POSITIVE_INFINITY);
}
