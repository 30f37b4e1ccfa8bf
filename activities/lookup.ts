import { Context } from '@temporalio/activity';
import type { OperationResult } from '../policy/answers.ts';
import { classify } from '../policy/failures/classify.ts';
import { scaleClassification } from '../policy/rules.ts';
import { admitLookup, withHealth } from './admission.ts';
import { startClock } from './clock.ts';
import type { ActivityContext } from './context.ts';
import type { LookupInput } from './inputs.ts';
import { resultOfAnswer, unsent } from './results.ts';

/** Asks a processor what became of an operation. Moves nothing, claims nothing. */
export function createLookup(worker: ActivityContext) {
  return async function lookup(input: LookupInput): Promise<OperationResult> {
    const context = { ...worker, nowMs: startClock(worker.nowMs).nowMs };
    const startedAt = new Date(context.nowMs()).toISOString();
    const processor = context.processors.get(input.processor);
    const ref = { attempt: input.attempt, operation: 'lookup' as const, key: input.key };
    if (processor === undefined) {
      return { ...unsent(ref, 'processor_missing', startedAt), outcome: 'unknown', found: 'no_answer' };
    }
    const held = await admitLookup(context, input, startedAt);
    if (held !== null) return withHealth(context, input.processor, held);
    const answer = await processor.lookup(input, {
      timeoutMs: input.timeoutMs,
      signal: Context.current().cancellationSignal,
    });
    const classification = scaleClassification(
      classify(answer, processor.sheet, { operation: 'lookup' }),
      context.timeScale,
    );
    const endedAt = new Date(context.nowMs()).toISOString();
    const result = resultOfAnswer(ref, answer, classification, { claim: 'none', startedAt, endedAt });
    return withHealth(context, input.processor, result);
  };
}
