import type { ActivityContext } from './context.ts';
import { createHandOver } from './hand-over.ts';
import type { Activities, MoneyOperationInput } from './inputs.ts';
import { createLoadOrder } from './load-order.ts';
import { createLookup } from './lookup.ts';
import { moneyOperation } from './money-operation.ts';
import { createReopenOrder } from './reopen-order.ts';
import { createSweep } from './sweep.ts';

/**
 * Every activity, by its name in Temporal. Each operation has a name of its own there, so that histories read well;
 * all that move money go through the same gate.
 */
export function createActivities(context: ActivityContext): Activities {
  const operation = (input: MoneyOperationInput) => moneyOperation(context, input);
  return {
    charge: operation,
    authorize: operation,
    capture: operation,
    voidPayment: operation,
    refund: operation,
    continueAuthentication: operation,
    openHosted: operation,
    closeHosted: operation,
    openInvoice: operation,
    closeInvoice: operation,
    lookup: createLookup(context),
    saveProgress: (progress) => context.store.saveProgress(progress),
    recallAnswer: (input) => context.store.recallAnswer(input),
    loadOrder: createLoadOrder(context),
    reopenOrder: createReopenOrder(context),
    sweep: createSweep(context),
    handOver: createHandOver(context),
  };
}
