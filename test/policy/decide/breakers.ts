import type { OperationResult } from '../../../policy/answers.ts';
import { operationOf } from '../../../policy/facts.ts';
import type { Attempt } from '../../../policy/order.ts';
import { PROCESSOR_DOWN } from '../../../policy/sheet.ts';
import type { MoneyOperationName } from '../../../policy/terms.ts';

/** A processor whose breaker is open from … until …, ms after the order was opened. */
export interface Down {
  processor: string;
  fromMs: number;
  untilMs: number;
}

/** A breaker says when it may be asked again, not when the processor is back: so long at most. */
const COOL_DOWN_MS = 15_000;
const STARTS: MoneyOperationName[] = ['charge', 'authorize', 'open_hosted', 'open_invoice'];

type HeldBack = Omit<OperationResult, 'attempt' | 'operation' | 'key'>;

/** What the activity answers when a breaker holds a new charge or page back: nothing was claimed, nothing sent. */
export function heldBack(
  downs: Down[],
  attempt: Attempt,
  name: MoneyOperationName,
  clock: { openedMs: number; nowMs: number },
): HeldBack | null {
  const sinceMs = clock.nowMs - clock.openedMs;
  const { processor } = attempt;
  const down = downs.find((each) => each.processor === processor && each.fromMs <= sinceMs && sinceMs < each.untilMs);
  const operation = operationOf(attempt, name);
  const inDoubt = operation !== undefined && operation.sendsNotExecuted < operation.sends - 1;
  if (down === undefined || !STARTS.includes(name) || inDoubt) return null;
  const forMs = Math.min(COOL_DOWN_MS, down.untilMs - sinceMs);
  const now = new Date(clock.nowMs).toISOString();
  return {
    outcome: 'not_executed',
    failureClass: 'transient',
    forbidsInstrument: false,
    retryAfterMs: null,
    evidence: PROCESSOR_DOWN,
    document: '',
    edition: '',
    provedNotExecuted: true,
    sent: false,
    claim: 'none',
    health: [{ processor, downUntil: new Date(clock.nowMs + forMs).toISOString(), spreadMs: COOL_DOWN_MS }],
    startedAt: now,
    endedAt: now,
  };
}
