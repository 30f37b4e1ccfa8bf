import type { Decision } from './decision.ts';
import type { Draft } from './draft.ts';
import { isPayable, lastAttempt } from './facts.ts';
import type { Attempt, OrderState } from './order.ts';
import { actionEndsAt } from './plan/wait.ts';
import type { Rule } from './rulebook.ts';
import type { Sheet } from './sheet.ts';
import type { Instant } from './terms.ts';

export interface PlannedStep {
  at: Instant;
  /** For the timeline and for the timer in Temporal Web UI. */
  text: string;
  attempt?: Attempt;
}

type Plan = { order: OrderState; rule: Rule; sheets: Sheet[] };

/** Everything that is planned from here on, earliest first. The timeline shows it, the workflow's timer waits for the first. */
export function plannedSteps(plan: Plan): PlannedStep[] {
  const { order } = plan;
  if (order.closed !== null) return [];
  const steps: PlannedStep[] = [];
  for (const attempt of order.attempts) {
    if (isPayable(attempt)) addProofSteps(plan, attempt, steps);
  }
  if (order.retryAt !== null && order.hold === null) steps.push({ at: order.retryAt.at, text: retryText(plan) });
  if (order.window !== null && order.retryAt === null && !order.attempts.some(isPayable)) {
    steps.push({ at: order.window.endsAt, text: windowText(order.window.path) });
  }
  if (order.facts.expiresAt !== undefined && order.ending === null) {
    steps.push({ at: order.facts.expiresAt, text: 'The order expires' });
  }
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

export function nextWake(draft: Draft): Decision['wake'] {
  const first = plannedSteps(draft).find((step) => Date.parse(step.at) > draft.nowMs);
  return first === undefined ? null : { at: first.at, summary: first.text };
}

function addProofSteps(plan: Plan, attempt: Attempt, steps: PlannedStep[]): void {
  const { proof } = attempt;
  const { windows } = plan.rule;
  const name = `attempt ${attempt.number} at ${attempt.processor}`;
  if (proof?.nextResendAt != null) steps.push({ at: proof.nextResendAt, text: `Same key again: ${name}`, attempt });
  if (proof?.nextLookupAt != null) {
    steps.push({ at: proof.nextLookupAt, text: `Lookup ${proof.lookups + 1} of ${name}`, attempt });
  }
  if (attempt.leave !== null) {
    steps.push({
      at: plus(attempt.leave.since, windows.unknownBuyerLimitMs),
      text: `A person looks at ${name}`,
      attempt,
    });
  } else if (attempt.outcome === 'unknown' && proof !== null) {
    steps.push({ at: plus(proof.since, windows.unknownBuyerLimitMs), text: `A person decides about ${name}`, attempt });
  } else if (attempt.outcome === 'pending' && proof !== null) {
    const limitMs = plan.sheets.find((sheet) => sheet.processor === attempt.processor)?.pendingLimitMs ?? 0;
    steps.push({ at: plus(proof.since, limitMs), text: `A person looks at ${name}`, attempt });
  } else if (attempt.outcome === 'requires_action') {
    steps.push({ at: actionEndsAt(plan, attempt), text: actionText(attempt), attempt });
  }
}

function actionText(attempt: Attempt): string {
  switch (attempt.kind) {
    case 'card':
      return 'Authentication window; then the buyer’s other paths';
    case 'hosted_checkout':
      return 'Hosted checkout window; then the next path';
    case 'invoice':
      return 'Invoice window; then a person';
    default:
      return attempt.kind satisfies never;
  }
}

function windowText(path: 'buyer' | 'hosted_checkout' | 'invoice'): string {
  switch (path) {
    case 'buyer':
      return 'Buyer recovery window; then hosted checkout';
    case 'hosted_checkout':
      return 'Hosted checkout window; then invoice';
    case 'invoice':
      return 'Invoice window; then a person';
    default:
      return path satisfies never;
  }
}

function retryText({ order, rule }: Plan): string {
  const last = lastAttempt(order);
  const why = last?.failureClass ?? 'no answer';
  if (order.retryAt?.reason === 'backoff') return `Backoff before the same key again: ${why}, rule “${rule.name}”`;
  return `Later try ${order.retryAt?.number ?? 1} (${order.retryAt?.reason}): ${why}, rule “${rule.name}”`;
}

function plus(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString();
}
