import type { Heard } from './payments.ts';

/** What happens to a send before it reaches the processor, or to the worker that made it. */
export type HouseFault =
  | 'none'
  | 'store_down'
  | 'late'
  | 'worker_lost'
  | 'claim_expired'
  | 'claim_conflict'
  | 'key_missing'
  | 'credential_changed';

const UNSENT = { provedNotExecuted: true, sent: false, claim: 'none' } as const;

/** `first`: the send that the order's `notAfter` bounds. `credential`: one is sent along, and has to be opened. */
export function throughHouse(
  fault: HouseFault,
  { first, credential }: { first: boolean; credential: boolean },
  send: () => Heard,
): Heard {
  switch (fault) {
    case 'store_down':
      return { answer: { outcome: 'not_executed', failureClass: 'transient', evidence: fault, ...UNSENT }, tookMs: 40 };
    case 'late':
      if (first) return { answer: { outcome: 'not_executed', evidence: 'late', ...UNSENT }, tookMs: 40 };
      return send();
    case 'key_missing':
      if (!credential) return send();
      return {
        answer: { outcome: 'not_executed', evidence: 'sealing_key_missing', sealingKeyId: 'kid-1', ...UNSENT },
        tookMs: 5,
      };
    case 'credential_changed':
      if (!credential) return send();
      return { answer: { outcome: 'not_executed', evidence: fault, ...UNSENT }, tookMs: 5 };
    case 'worker_lost':
      send();
      return { answer: { outcome: 'unknown', failureClass: 'unknown_outcome', evidence: fault }, tookMs: 3_000 };
    case 'claim_expired':
      return { answer: { outcome: 'unknown', evidence: fault, sent: false, claim: 'expired' }, tookMs: 5 };
    case 'claim_conflict':
      return { answer: { outcome: 'unknown', evidence: fault, sent: false, claim: 'conflict' }, tookMs: 5 };
    case 'none':
      return send();
    default:
      return fault satisfies never;
  }
}
