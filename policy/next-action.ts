import {
  expiryOf,
  inFlight,
  instrumentById,
  isAuthorized,
  isPayable,
  lastAttempt,
  moneyOf,
  owesGiveBack,
} from './facts.ts';
import type { Attempt, OrderState } from './order.ts';
import { offeredPaths } from './plan/buyer.ts';
import { actionEndsAt } from './plan/wait.ts';
import { questionView } from './questions.ts';
import { isBuyerHeldBack } from './reviews.ts';
import type { Rule, Rulebook } from './rulebook.ts';
import { ruleFor } from './rules.ts';
import type { Sheet } from './sheet.ts';
import { stageOf } from './stage.ts';
import type { Instant } from './terms.ts';
import type { NextAction, OrderView, RecoveryOption } from './view.ts';
import { plannedSteps } from './wake.ts';

export interface Reading {
  order: OrderState;
  rulebook: Rulebook;
  sheets: Sheet[];
  /** When it is read: what may be chosen depends on it. Left out, the buyer's patience is not asked for. */
  now?: Instant;
}

export function ruleOf({ order, rulebook }: Reading): Rule {
  const instrument = instrumentById(order, lastAttempt(order)?.instrumentId ?? null) ?? order.instruments[0] ?? null;
  return ruleFor(rulebook, order.facts, instrument);
}

/** What happens next, when, and whose turn it is. Derived; `url` is filled in by whoever answers the caller. */
export function nextActionOf(reading: Reading): NextAction {
  const { hold } = reading.order;
  return { ...turnOf(reading), ...(hold === null ? {} : { hold }) };
}

function turnOf(reading: Reading): NextAction {
  const { order } = reading;
  const stage = stageOf(order);
  const rule = ruleOf(reading);
  const options = optionsOf(reading, rule);
  const at = plannedSteps({ order, rule, sheets: reading.sheets })[0]?.at;
  const base = { messageKey: stage as string, options, ...(at === undefined ? {} : { at }) };
  const open = order.attempts.find(isPayable);
  switch (stage) {
    case 'attempting':
    case 'confirming':
    case 'capturing':
    case 'cancelling':
      return { ...base, type: 'wait_confirming', who: 'system' };
    case 'payment_pending':
      return { ...base, type: 'wait_pending', who: 'system' };
    case 'waiting_authentication':
      if (open?.leave != null) return { ...base, type: 'wait_confirming', who: 'system' };
      return { ...base, ...expiry(reading, rule, open), type: open?.action ?? 'authenticate', who: 'buyer' };
    case 'waiting_buyer':
      return { ...base, ...windowEnd(order), ...buyerTurn(order, options) };
    case 'hosted_checkout':
    case 'invoiced': {
      if (open?.leave != null) return { ...base, type: 'wait_confirming', who: 'system' };
      const type = stage === 'invoiced' ? 'invoice' : 'hosted_checkout';
      return { ...base, ...(open === undefined ? windowEnd(order) : expiry(reading, rule, open)), type, who: 'buyer' };
    }
    case 'retry_scheduled':
      if (order.hold !== null) return { ...base, type: 'on_hold', who: 'support' };
      return {
        ...base,
        type: order.retryAt?.reason === 'processor_down' ? 'wait_processor' : 'wait_scheduled',
        who: 'system',
      };
    case 'authorized':
      return { ...base, type: 'capture', who: 'merchant' };
    case 'needs_review':
      return reviewed(base, order, rule);
    case 'paid':
    case 'failed':
    case 'expired':
    case 'cancelled':
      if (order.review !== null) return reviewed({ ...base, options: [] }, order, rule);
      if (owesGiveBack(order))
        return { ...base, type: 'wait_confirming', who: 'system', messageKey: 'surplus', options: [] };
      return { type: 'none', who: 'none', messageKey: stage, options: [] };
    default:
      return stage satisfies never;
  }
}

/** A person's turn, and until when: as long as a buyer would have. */
function reviewed(base: Pick<NextAction, 'messageKey' | 'options'>, { review }: OrderState, rule: Rule): NextAction {
  const turn = { ...base, type: 'review', who: 'support' } as const;
  if (review === null) return turn;
  const at = new Date(Date.parse(review.since) + rule.windows.buyerMs).toISOString();
  return { ...turn, at, messageKey: review.code, question: questionView(review) };
}

function buyerTurn(order: OrderState, options: RecoveryOption[]): Pick<NextAction, 'type' | 'who'> {
  if (order.hold !== null) return { type: 'on_hold', who: 'support' };
  const last = lastAttempt(order);
  if (options[0]?.path === 'authenticate') return { type: 'authenticate', who: 'buyer' };
  if (last?.failureClass === 'instrument_problem') return { type: 'fix_method', who: 'buyer' };
  return { type: options.length > 1 ? 'choose_method' : 'new_method', who: 'buyer' };
}

function windowEnd(order: OrderState): { expiresAt?: Instant } {
  return order.window === null ? {} : { expiresAt: order.window.endsAt };
}

function expiry(reading: Reading, rule: Rule, open: Attempt | undefined): { expiresAt?: Instant } {
  return open === undefined ? {} : { expiresAt: actionEndsAt({ rule, sheets: reading.sheets }, open) };
}

/** The processor works on it: such a payment cannot be left. */
export function isPending(attempt: Attempt): boolean {
  return isPayable(attempt) && attempt.outcome === 'pending';
}

/** While an outcome is unknown the buyer is asked for patience until then; `null` where none is unknown. */
export function patienceEndsAt(reading: Reading): Instant | null {
  const { buyerPatienceMs } = ruleOf(reading).windows;
  const ends = reading.order.attempts
    .filter((attempt) => isPayable(attempt) && attempt.outcome === 'unknown' && attempt.proof !== null)
    .map((attempt) => Date.parse(attempt.proof?.since ?? attempt.startedAt) + buyerPatienceMs);
  return ends.length === 0 ? null : new Date(Math.max(...ends)).toISOString();
}

/** While the buyer is asked for patience: from when on there is something to choose. `null` where nothing will be, as it stands now. */
export function choiceFrom(reading: Reading): Instant | null {
  const { order } = reading;
  if (!isOpenToChoice(order) || order.attempts.some(isPending)) return null;
  const at = patienceEndsAt(reading);
  const expiresAt = expiryOf(order);
  if (at === null || (expiresAt !== null && Date.parse(expiresAt) <= Date.parse(at))) return null;
  return pathsOf(reading, ruleOf(reading)).length === 0 ? null : at;
}

/** The paths that can be chosen right now, the default first. None while the buyer has to be patient or nobody can choose. */
function optionsOf(reading: Reading, rule: Rule): RecoveryOption[] {
  const { order } = reading;
  if (!mayChoose(order) || order.attempts.some(isPending)) return [];
  const patientUntil = patienceEndsAt(reading);
  if (patientUntil !== null && reading.now !== undefined && Date.parse(reading.now) < Date.parse(patientUntil))
    return [];
  return pathsOf(reading, rule);
}

function pathsOf({ order, sheets }: Reading, rule: Rule): RecoveryOption[] {
  const offered = offeredPaths(order, rule, sheets);
  const first = order.window?.path;
  if (first === 'hosted_checkout' || first === 'invoice') {
    offered.sort((a, b) => Number(b.path === first) - Number(a.path === first));
  }
  return offered.map(({ path, instrument }, index) => ({
    path,
    rank: index + 1,
    ...(instrument === undefined ? {} : { instrument: instrumentView(instrument) }),
    ...windowEnd(order),
  }));
}

/** Stages in which a choice makes sense; an unknown outcome first asks for patience (checked against the clock by the validator). */
export function mayChoose(order: OrderState): boolean {
  return inFlight(order) === undefined && isOpenToChoice(order);
}

function isOpenToChoice(order: OrderState): boolean {
  if (order.closed !== null || order.ending !== null) return false;
  if (isBuyerHeldBack(order)) return false;
  if (order.attempts.some((attempt) => attempt.money.captured > 0 || isAuthorized(attempt))) return false;
  return order.attempts.length > 0 || order.window !== null || order.retryAt !== null;
}

export function instrumentView(instrument: { id: string; network?: string; last4?: string }) {
  return {
    id: instrument.id,
    ...(instrument.network === undefined ? {} : { network: instrument.network }),
    ...(instrument.last4 === undefined ? {} : { last4: instrument.last4 }),
  };
}

/** The body of every order call. */
export function orderView(reading: Reading): OrderView {
  const { order } = reading;
  return {
    orderId: order.facts.orderId,
    stage: stageOf(order),
    amount: order.facts.amount,
    money: moneyOf(order),
    attempts: order.attempts.map((attempt) => {
      const instrument = instrumentById(order, attempt.instrumentId);
      return {
        number: attempt.number,
        processor: attempt.processor,
        instrument: instrument === undefined ? null : instrumentView(instrument),
        outcome: attempt.outcome,
        failureClass: attempt.failureClass,
        processorCode: attempt.processorCode,
        authentication: attempt.authentication,
        operations: attempt.operations.map(({ operation, key, outcome, startedAt, endedAt }) => ({
          operation,
          key,
          outcome,
          startedAt,
          endedAt,
        })),
      };
    }),
    nextAction: nextActionOf(reading),
    rulebook: order.facts.rulebook,
  };
}
