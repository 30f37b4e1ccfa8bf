import { type Draft, refuse, sheetOf, tell, tellSkipped } from '../draft.ts';
import { downReading, returnsAt } from '../health/readings.ts';
import type { Instrument } from '../instrument.ts';
import type { OrderState } from '../order.ts';
import type { Sheet } from '../sheet.ts';
import { instantText } from '../words.ts';
import { canUse, whyNever } from './usable.ts';

/**
 * The first of these processors that can take the instrument; why others were passed over is told. Where the rule rather
 * waits for a processor that is down, nothing behind it is considered, unless `goRound` says otherwise.
 */
export function firstUsable(
  draft: Draft,
  processors: string[],
  instrument: Instrument | null,
  goRound = draft.rule.onProcessorDown !== 'wait',
): Sheet | undefined {
  for (const processor of processors) {
    const sheet = sheetOf(draft, processor);
    if (sheet !== undefined && canUse(draft, sheet, instrument, true)) return sheet;
    const why = sheet === undefined ? 'no such processor is set up' : (draft.refused.at(-1)?.why ?? 'not usable');
    tellSkipped(draft, processor, why);
    if (!goRound && sheet !== undefined && whyNever(draft, sheet, instrument) === null) return undefined;
  }
  return undefined;
}

/** What is waited with: an instrument (`null`: a page), and the number of the attempt or later try that it is for. */
export interface Waiting {
  instrument: Instrument | null;
  number: number;
  /** Nobody waits for the answer, however long it takes. */
  patient: boolean;
}

/**
 * None of these can be used now: waits for one that is only down, the one that is back first. True when that is planned. With
 * the buyer present and no mandate the try has to fit into the answer that the buyer waits for.
 */
export function waitForProcessor(draft: Draft, processors: string[], waiting: Waiting): boolean {
  const { order } = draft;
  const back = firstBack(draft, processors, waiting.instrument);
  if (back === undefined) return false;
  const { sheet, at } = back;
  const inTime =
    answersInTime(draft, sheet, Date.parse(at)) && (order.round > 1 || !isPastCaller(order, Date.parse(at)));
  if (!waiting.patient && !inTime) {
    const seconds = draft.rule.windows.answerWithinMs / 1000;
    const why = `the buyer has an answer within ${seconds} s, and there is no mandate to try later without the buyer`;
    refuse(draft, `wait for ${sheet.processor}`, why);
    return false;
  }
  order.retryAt = {
    at,
    instrumentId: waiting.instrument?.id ?? '',
    reason: 'processor_down',
    number: waiting.number,
    processor: sheet.processor,
  };
  draft.decided = `Wait for ${sheet.processor}, which is down: on at ${instantText(at)}`;
  tell(draft, 'retry_scheduled', draft.decided);
  const cause = `round ${order.round}, ${sheet.processor} down`;
  draft.events.push({ type: 'order.retry_scheduled', at: draft.now, retryAt: at, cause });
  return true;
}

/** The processor that this order comes back to first, and when. Where the rule waits: the first one that is down. */
function firstBack(draft: Draft, processors: string[], instrument: Instrument | null) {
  const down = processors.flatMap((processor) => {
    const sheet = sheetOf(draft, processor);
    const reading = downReading(draft.health, processor, draft.nowMs);
    if (sheet === undefined || reading === null || whyNever(draft, sheet, instrument) !== null) return [];
    return [{ sheet, at: returnsAt(draft.order.facts, reading) }];
  });
  if (draft.rule.onProcessorDown === 'wait') return down[0];
  return down.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0];
}

/** From this instant on nothing is written to a processor for whoever waited for the first round. */
export function isPastCaller({ facts }: OrderState, atMs: number): boolean {
  return atMs >= Date.parse(facts.notAfter);
}

/** A call that begins then is answered while the buyer still waits. */
export function answersInTime(draft: Draft, sheet: Sheet, startMs: number): boolean {
  const { facts, answerFrom } = draft.order;
  if (!facts.buyer.present) return true;
  const endsMs = Date.parse(answerFrom) + draft.rule.windows.answerWithinMs;
  return startMs + Math.min(sheet.callTimeoutMs, draft.rule.windows.answerWithinMs) <= endsMs;
}

/** A mandate, or nobody who waits for the answer. */
export function isPatient({ facts }: OrderState): boolean {
  return !facts.buyer.present || facts.offSession !== undefined;
}

/** The wait is not over yet. */
export function isWaitingForProcessor({ order, nowMs }: Draft): boolean {
  return order.retryAt?.reason === 'processor_down' && Date.parse(order.retryAt.at) > nowMs;
}
