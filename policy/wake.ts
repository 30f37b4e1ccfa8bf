import type { Decision } from './decision.ts';
import type { Draft } from './draft.ts';
import { expiryOf, hasMoney, isDefinite, isPayable, lastAttempt, operationOf } from './facts.ts';
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
  const steps: PlannedStep[] = [];
  for (const attempt of order.attempts) {
    if (isPayable(attempt)) addProofSteps(plan, attempt, steps);
    else if (hasMoney(attempt)) addGiveBackSteps(plan, attempt, steps);
  }
  if (order.closed !== null) return byTime(steps);
  // What waits for a person or for a payable attempt has no time of its own.
  const free = order.review === null && !order.attempts.some(isPayable);
  if (free && order.retryAt !== null && order.hold === null) {
    steps.push({ at: order.retryAt.at, text: retryText(plan) });
  }
  if (free && order.window !== null && order.retryAt === null) {
    steps.push({ at: order.window.endsAt, text: windowText(order.window.path) });
  }
  const expiresAt = expiryOf(order);
  if (expiresAt !== null && order.ending === null && !order.attempts.some(hasMoney)) {
    steps.push({ at: expiresAt, text: 'The order expires' });
  }
  return byTime(steps);
}

export function byTime(steps: PlannedStep[]): PlannedStep[] {
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** A planned time has come: something has to be decided, whatever brought us here. */
export function hasDueStep(draft: Draft): boolean {
  return plannedSteps(draft).some((step) => Date.parse(step.at) <= draft.nowMs);
}

export function nextWake(draft: Draft): Decision['wake'] {
  const first = plannedSteps(draft).find((step) => Date.parse(step.at) > draft.nowMs);
  return first === undefined ? null : { at: first.at, summary: first.text };
}

function addProofSteps(plan: Plan, attempt: Attempt, steps: PlannedStep[]): void {
  const { proof } = attempt;
  const name = `attempt ${attempt.number} at ${attempt.processor}`;
  if (proof?.nextResendAt != null) steps.push({ at: proof.nextResendAt, text: `Same key again: ${name}`, attempt });
  if (proof?.nextLookupAt != null) {
    steps.push({ at: proof.nextLookupAt, text: `Lookup ${proof.lookups + 1} since the last send: ${name}`, attempt });
  }
  if (attempt.leave === null && attempt.outcome === 'requires_action') {
    steps.push({ at: actionEndsAt(plan, attempt), text: actionText(attempt), attempt });
    return;
  }
  const at = plan.order.review === null ? personAt(plan, attempt) : null;
  if (at !== null) steps.push({ at, text: `No answer by then: a person looks at ${name}`, attempt });
}

/** Money that has to go back: when its payments are looked up, its refund is sent again, or a person looks. */
function addGiveBackSteps({ order, rule, sheets }: Plan, attempt: Attempt, steps: PlannedStep[]): void {
  const { proof } = attempt;
  if (proof === null) return;
  const name = `attempt ${attempt.number} at ${attempt.processor}`;
  const refund = operationOf(attempt, 'refund');
  const open = refund !== undefined && !isDefinite(refund.outcome);
  if (proof.nextResendAt !== null) steps.push({ at: proof.nextResendAt, text: `Refund again: ${name}`, attempt });
  if (proof.nextLookupAt !== null) {
    const what = open ? 'the refund' : 'the payment, before anything goes back';
    steps.push({ at: proof.nextLookupAt, text: `Lookup ${proof.lookups + 1} of ${what}: ${name}`, attempt });
  }
  if (order.review !== null || (!open && proof.nextLookupAt === null)) return;
  const { unknownBuyerLimitMs } = rule.windows;
  const sheet = sheets.find(({ processor }) => processor === attempt.processor);
  const limitMs = refund?.outcome === 'pending' ? (sheet?.pendingLimitMs ?? unknownBuyerLimitMs) : unknownBuyerLimitMs;
  steps.push({ at: plus(proof.since, limitMs), text: `No answer by then: a person looks at ${name}`, attempt });
}

/** When a person has to look, because the processor has not said what became of the attempt. */
function personAt(plan: Plan, attempt: Attempt): Instant | null {
  const { unknownBuyerLimitMs } = plan.rule.windows;
  const since = attempt.proof?.since;
  if (attempt.leave !== null) return plus(attempt.leave.since, unknownBuyerLimitMs);
  if (attempt.outcome === 'unknown') return since === undefined ? null : plus(since, unknownBuyerLimitMs);
  if (attempt.outcome === 'pending') {
    const limitMs = plan.sheets.find((sheet) => sheet.processor === attempt.processor)?.pendingLimitMs ?? 0;
    return since === undefined ? null : plus(since, limitMs);
  }
  const { captureRequested } = plan.order;
  const capture = operationOf(attempt, 'capture');
  if (capture === undefined || (captureRequested === null && isDefinite(capture.outcome))) return null;
  return plus(since ?? captureRequested?.since ?? capture.startedAt, unknownBuyerLimitMs);
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
  if (order.retryAt?.reason === 'processor_down')
    return `${order.retryAt.processor ?? 'The processor'} is down: then go on`;
  return `Later try ${order.retryAt?.number ?? 1} (${order.retryAt?.reason}): ${why}, rule “${rule.name}”`;
}

function plus(at: Instant, ms: number): Instant {
  return new Date(Date.parse(at) + ms).toISOString();
}
