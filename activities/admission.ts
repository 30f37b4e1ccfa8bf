import type { OperationResult } from '../policy/answers.ts';
import { isGoodAnswer, mergeReadings } from '../policy/health/readings.ts';
import type { ProcessorHealth } from '../policy/sheet.ts';
import { PROCESSOR_DOWN } from '../policy/sheet.ts';
import type { MoneyOperationName } from '../policy/terms.ts';
import type { ActivityContext } from './context.ts';
import type { Permit } from './health-board.ts';
import type { LookupInput, MoneyOperationInput } from './inputs.ts';
import { unsent } from './results.ts';

/** Around the call itself: claim and recording. A permit that was not used by then is given to another call. */
const AROUND_THE_CALL_MS = 8_000;

/** What begins something new. Proof (a key that may have been executed), captures and what gives back always go through. */
const STARTS = new Set<MoneyOperationName>(['charge', 'authorize', 'open_hosted', 'open_invoice']);

export type Admitted = { held: null; permit: Permit } | { held: OperationResult };

/**
 * Asks the breaker of the processor before anything is claimed. Held back: nothing was claimed, nothing was sent, and the
 * result says when to come back.
 */
export async function admitStart(
  context: ActivityContext,
  input: MoneyOperationInput,
  startedAt: string,
): Promise<Admitted> {
  if (!STARTS.has(input.operation) || input.inDoubt) return { held: null, permit: null };
  const answer = await context.health.admit(input.processor, 'start', input.timeoutMs + AROUND_THE_CALL_MS);
  if (answer.admitted) return { held: null, permit: answer.permit };
  // Claimed by an earlier run of the order (before a reset): its row answers, as it would if the processor were well.
  if (await isClaimed(context, input)) return { held: null, permit: null };
  const nowMs = context.nowMs();
  const own: ProcessorHealth = {
    processor: input.processor,
    downUntil: new Date(nowMs + answer.waitMs).toISOString(),
    spreadMs: answer.spreadMs,
  };
  const held: OperationResult = { ...unsent(input, PROCESSOR_DOWN, startedAt), failureClass: 'transient' };
  return { held: { ...held, health: mergeReadings(context.health.down(nowMs), [own], nowMs) } };
}

async function isClaimed({ store }: ActivityContext, { merchantId, orderId, key }: MoneyOperationInput) {
  return (await store.listOperations(merchantId, orderId)).some((operation) => operation.key === key);
}

/** Lookups are let through at a rate that a sick processor bears; one that is not says nothing, and is asked again later. */
export async function admitLookup(
  context: ActivityContext,
  input: LookupInput,
  startedAt: string,
): Promise<OperationResult | null> {
  const answer = await context.health.admit(input.processor, 'lookup', input.timeoutMs);
  if (answer.admitted) return null;
  const ref = { attempt: input.attempt, operation: 'lookup' as const, key: input.key };
  return {
    ...unsent(ref, PROCESSOR_DOWN, startedAt),
    outcome: 'unknown',
    found: 'no_answer',
    provedNotExecuted: false,
  };
}

/** Tells the breaker how the call went, and the order which processors are down. */
export function withHealth(
  context: ActivityContext,
  processor: string,
  result: OperationResult,
  permit: Permit = null,
): OperationResult {
  const good = isGoodAnswer(result);
  if (good !== null) context.health.tell(processor, good, permit);
  const down = context.health.down(context.nowMs());
  return down.length === 0 ? result : { ...result, health: down };
}
