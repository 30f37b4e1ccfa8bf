import type { OrderRef } from '../contract/ids.ts';
import type { OperationResult } from '../policy/answers.ts';
import type { StoredOperation } from '../store/store.ts';
import type { ActivityContext } from './context.ts';
import type { LoadedOrder } from './inputs.ts';
import { readLedger } from './ledger.ts';
import { unsent } from './results.ts';

/** Reads an order and what a run needs to go on with it, from the store alone. */
export function createLoadOrder(context: ActivityContext) {
  return async function loadOrder({ merchantId, orderId }: OrderRef): Promise<LoadedOrder | null> {
    const { store } = context;
    const stored = await store.findOrder(merchantId, orderId);
    if (stored === null) return null;
    const { state } = stored;
    const policy = await context.policyOf(merchantId, state.facts.rulebook.hash);
    if (policy === null)
      throw new Error(`Rulebook ${state.facts.rulebook.hash} of order ${orderId} is not in the store`);
    return {
      version: stored.version,
      state: { ...state, attempts: state.attempts.map((attempt) => ({ ...attempt, lookupSince: null })) },
      ...policy,
      ledger: await readLedger(context, state),
      answers: answersOwed(stored.state.attempts, await store.listOperations(merchantId, orderId)),
    };
  };
}

/** An operation that was out when the run ended has its recorded outcome, or none: then money may have moved. */
function answersOwed(attempts: LoadedOrder['state']['attempts'], claims: StoredOperation[]): OperationResult[] {
  const answers: OperationResult[] = [];
  for (const attempt of attempts) {
    for (const operation of attempt.operations) {
      if (operation.endedAt !== null) continue;
      const claim = claims.find(({ key }) => key === operation.key);
      const ref = { attempt: attempt.number, operation: operation.operation, key: operation.key };
      const { startedAt } = operation;
      if (claim?.result != null) answers.push({ ...claim.result, claim: 'recorded', sent: false });
      else if (claim === undefined) answers.push(unsent(ref, 'never_claimed', startedAt));
      else {
        answers.push({
          ...unsent(ref, 'run_ended', startedAt),
          outcome: 'unknown',
          failureClass: 'unknown_outcome',
          provedNotExecuted: false,
          sent: true,
          claim: 'granted',
        });
      }
    }
  }
  return answers;
}
