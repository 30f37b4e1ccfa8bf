import type { Heard } from './payments.ts';

/**
 * What happens to a send before it reaches the processor, or to the worker that made it. `ceiling` and `forbidden`: other
 * orders used the card meanwhile, and its claim is refused.
 */
export type HouseFault =
  | 'none'
  | 'store_down'
  | 'late'
  | 'worker_lost'
  | 'claim_expired'
  | 'claim_conflict'
  | 'key_missing'
  | 'credential_changed'
  | 'ceiling'
  | 'forbidden';

/** How long a ceiling that other orders used up stays reached. */
export const WINDOW_MS = 6 * 3_600_000;

const UNSENT = { provedNotExecuted: true, sent: false, claim: 'none' } as const;

/**
 * `first`: the send that the order's `notAfter` bounds. `card`: counting identity of what is collected with, whose
 * credential is sent along and has to be opened; undefined for all other operations.
 */
export function throughHouse(
  fault: HouseFault,
  { first, card, nowMs }: { first: boolean; card: string | undefined; nowMs: number },
  send: () => Heard,
): Heard {
  const refused = { outcome: 'not_executed', evidence: fault, provedNotExecuted: true, sent: false } as const;
  switch (fault) {
    case 'store_down':
      return { answer: { outcome: 'not_executed', failureClass: 'transient', evidence: fault, ...UNSENT }, tookMs: 40 };
    case 'late':
      if (first) return { answer: { outcome: 'not_executed', evidence: 'late', ...UNSENT }, tookMs: 40 };
      return send();
    case 'key_missing':
      if (card === undefined) return send();
      return {
        answer: { outcome: 'not_executed', evidence: 'sealing_key_missing', sealingKeyId: 'kid-1', ...UNSENT },
        tookMs: 5,
      };
    case 'credential_changed':
      if (card === undefined) return send();
      return { answer: { outcome: 'not_executed', evidence: fault, ...UNSENT }, tookMs: 5 };
    case 'worker_lost':
      send();
      return { answer: { outcome: 'unknown', failureClass: 'unknown_outcome', evidence: fault }, tookMs: 3_000 };
    case 'claim_expired':
      return { answer: { outcome: 'unknown', evidence: fault, sent: false, claim: 'expired' }, tookMs: 5 };
    case 'claim_conflict':
      return { answer: { outcome: 'unknown', evidence: fault, sent: false, claim: 'conflict' }, tookMs: 5 };
    case 'ceiling':
      if (card === undefined) return send();
      return { answer: { ...refused, claim: 'ceiling', ceilings: [usedUp(card, nowMs)] }, tookMs: 5 };
    case 'forbidden':
      if (card === undefined) return send();
      return { answer: { ...refused, claim: 'forbidden', forbidden: [markOf(card, nowMs)] }, tookMs: 5 };
    case 'none':
      return send();
    default:
      return fault satisfies never;
  }
}

export function usedUp(identity: string, nowMs: number) {
  const windowEndsAt = new Date(nowMs + WINDOW_MS).toISOString();
  const name = 'mastercard declines in 24 hours';
  return { identity, name, used: 10, limit: 10, windowEndsAt, document: 'a document', edition: '2026' };
}

export function markOf(identity: string, nowMs: number) {
  const since = new Date(nowMs).toISOString();
  return {
    identity,
    since,
    orderId: 'o-other',
    attempt: 2,
    failureClass: 'hard_decline' as const,
    source: 'a table (1)',
  };
}
