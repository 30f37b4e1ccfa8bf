import { log } from '@temporalio/activity';
import { answeredVersion } from '../contract/ids.ts';
import type { Foretold, OperationResult } from '../policy/answers.ts';
import type { Basis } from '../policy/decision.ts';
import { foretell, tellAhead } from '../policy/foretell.ts';
import { rowOf } from '../policy/row.ts';
import type { Progress } from '../store/store.ts';
import type { ActivityContext } from './context.ts';
import type { MoneyOperationInput } from './inputs.ts';

interface ForetoldProgress {
  progress: Progress;
  foretold: Foretold;
}

/**
 * Records the answer, and with it the decision that the workflow is going to make on it, where that can be foretold
 * (`policy/foretell.ts`): then the workflow, which waits for this activity anyway, has no write of its own.
 */
export async function recordAnswer(
  context: ActivityContext,
  input: MoneyOperationInput,
  result: OperationResult,
  at: string,
): Promise<OperationResult> {
  const told = await foretellProgress(context, input, result, at);
  if (told === null) return recordOutcome(context, result);
  const { foretold, ...write } = told;
  try {
    const written = await context.store.recordAnswer({ key: result.key, result, ...write });
    return written.foretold ? { ...result, foretold } : result;
  } catch (error) {
    return notRecorded(result, error);
  }
}

export async function recordOutcome({ store }: ActivityContext, result: OperationResult): Promise<OperationResult> {
  try {
    await store.recordOutcome({ key: result.key, result });
    return result;
  } catch (error) {
    return notRecorded(result, error);
  }
}

/**
 * The answer goes to the workflow even when the store is away: history keeps it, and the claim stays open until the workflow's
 * next write takes it along. An answer that is thrown away would be worse.
 */
function notRecorded(result: OperationResult, error: unknown): OperationResult {
  const name = error instanceof Error ? error.name : 'unknown';
  log.warn('The outcome was not recorded in the store; the claim stays open', { attempt: result.attempt, name });
  return { ...result, recorded: false };
}

/** `null` also when the rules cannot be read just now: the outcome matters more. */
async function foretellProgress(
  context: ActivityContext,
  { progress, readings }: MoneyOperationInput,
  result: OperationResult,
  at: string,
): Promise<ForetoldProgress | null> {
  const { state, merchantId, orderId, runId, position, version } = progress;
  const policy = await context.policyOf(merchantId, state.facts.rulebook.hash).catch(() => null);
  if (policy === null) return null;
  const basis: Basis = { ...policy, ...readings };
  const decision = foretell(state, result, basis, at);
  if (decision === null) return null;
  const { order, wake, entries, events } = decision;
  return {
    foretold: tellAhead(state, decision, at),
    progress: {
      merchantId,
      orderId,
      runId,
      // After the claim, before what the run writes next (`workflows/collection.ts` leaves this place free).
      position: position + 1,
      version: answeredVersion(version),
      basedOn: version,
      ...rowOf(order, wake),
      entries,
      events,
      appliedEvents: [],
      proofs: [],
    },
  };
}
