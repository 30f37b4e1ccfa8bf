import type { OperationResult } from '../answers.ts';
import type { OrderFacts } from '../order.ts';
import { splitPoint } from '../rules.ts';
import type { ProcessorHealth } from '../sheet.ts';
import type { Instant } from '../terms.ts';

/** Newer readings take the place of older ones of the same processor; what has expired says nothing any more. */
export function mergeReadings(
  known: ProcessorHealth[],
  fresh: ProcessorHealth[] | undefined,
  nowMs: number,
): ProcessorHealth[] {
  if (known.length === 0 && fresh === undefined) return known;
  const older = known.filter((each) => !fresh?.some(({ processor }) => processor === each.processor));
  return [...older, ...(fresh ?? [])].filter((each) => isDownAt(each, nowMs));
}

function isDownAt({ downUntil }: ProcessorHealth, nowMs: number): boolean {
  return downUntil !== null && Date.parse(downUntil) > nowMs;
}

/** The reading that says that this processor is down now. */
export function downReading(
  health: ProcessorHealth[],
  processor: string,
  nowMs: number,
): (ProcessorHealth & { downUntil: Instant }) | null {
  const reading = health.find((each) => each.processor === processor && isDownAt(each, nowMs));
  return reading?.downUntil == null ? null : { ...reading, downUntil: reading.downUntil };
}

/**
 * When this order comes back to a processor that is down: each order at its own point of the spread, another one for each
 * time that it waits, so that nobody is always the last.
 */
export function returnsAt(facts: OrderFacts, reading: ProcessorHealth & { downUntil: Instant }): Instant {
  const point = splitPoint(facts.merchantId, `${facts.orderId}/${reading.processor}/${reading.downUntil}`) / 100;
  return new Date(Date.parse(reading.downUntil) + Math.floor(point * (reading.spreadMs ?? 0))).toISOString();
}

/**
 * Did the processor itself fail at this call? A decline is a good answer, "no such payment" is one to a lookup, and what
 * never left the house says nothing (`null`).
 */
export function isGoodAnswer(result: OperationResult): boolean | null {
  if (!result.sent) return null;
  if (result.operation === 'lookup') return result.found !== 'no_answer';
  return result.failureClass !== 'transient' && result.failureClass !== 'unknown_outcome';
}
