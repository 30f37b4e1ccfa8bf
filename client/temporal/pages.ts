/** The processor's page on which the buyer goes on: fetched when somebody asks, never kept. */
import { isPayable, primaryOperation } from '../../policy/facts.ts';
import type { Attempt, OrderState } from '../../policy/order.ts';
import type { RecoveryPath } from '../../policy/terms.ts';
import type { OrderView } from '../../policy/view.ts';
import type { Processor } from '../../processors/port.ts';

export type FindProcessor = (name: string) => Processor | undefined;

/** A page that is slow to come is left out of the answer rather than waited for. */
const PAGE_TIMEOUT_MS = 2_000;

/** The view with `nextAction.url`, and the same address at the option of that path, while a page is open. */
export async function withPage(view: OrderView, order: OrderState, find: FindProcessor): Promise<OrderView> {
  const open = order.attempts.find((attempt) => isPayable(attempt) && attempt.outcome === 'requires_action');
  if (open === undefined) return view;
  const url = await pageOf(open, order, find);
  if (url === null) return view;
  const path: RecoveryPath = open.kind === 'card' ? 'authenticate' : open.kind;
  const options = view.nextAction.options.map((option) => (option.path === path ? { ...option, url } : option));
  return { ...view, nextAction: { ...view.nextAction, url, options } };
}

async function pageOf(open: Attempt, order: OrderState, find: FindProcessor): Promise<string | null> {
  const operation = primaryOperation(open);
  const processor = find(open.processor);
  if (operation === undefined || processor === undefined) return null;
  const request = {
    operation: operation.operation,
    key: operation.key,
    ...(open.reference !== null && { reference: open.reference }),
    merchantId: order.facts.merchantId,
    orderId: order.facts.orderId,
  };
  const call = { timeoutMs: PAGE_TIMEOUT_MS, signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) };
  try {
    return await processor.pageUrl(request, call);
  } catch {
    return null;
  }
}
