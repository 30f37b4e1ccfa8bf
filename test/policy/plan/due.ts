import { decide } from '../../../policy/decide.ts';
import type { DecideInput, Decision } from '../../../policy/decision.ts';
import { DEFAULT_RULEBOOK } from '../../../policy/rulebooks/default.ts';
import type { Steps } from '../apply/steps.ts';

/** What is decided when the planned time comes, where more is known then. */
export function due(order: Steps, more: Partial<DecideInput>): Decision {
  const now = order.order.retryAt?.at ?? order.now;
  const known = { rulebook: DEFAULT_RULEBOOK, sheets: order.sheets, ceilings: [], health: [] };
  return decide({ ...known, order: order.order, event: { type: 'clock' }, now, ...more });
}
