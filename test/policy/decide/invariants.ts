import { expect } from 'vitest';
import { decide } from '../../../policy/decide.ts';
import {
  isAnswerOwed,
  isAtRest,
  isPayable,
  operationOf,
  owesGiveBack,
  primaryOperation,
} from '../../../policy/facts.ts';
import { nextActionOf, ruleOf } from '../../../policy/next-action.ts';
import { owedOperation } from '../../../policy/plan/proof-times.ts';
import { needsHuman, stageOf } from '../../../policy/stage.ts';
import type { Stage } from '../../../policy/terms.ts';
import { plannedSteps } from '../../../policy/wake.ts';
import { capturesAlone } from './capture-invariants.ts';
import { watchCards } from './card-invariants.ts';
import type { Step, World } from './driver.ts';
import { givesBackRightly, moneyIsVisible } from './money-invariants.ts';

const COLLECTING = ['charge', 'authorize', 'open_hosted', 'open_invoice'];

/** What never bends, asked of every decision with the processors' books in hand. */
export function watchInvariants(): (step: Step, world: World) => void {
  const cards = watchCards();
  const told = new Set<string>();
  const paid = new Set<string>();
  return (step, world) => {
    cards(step, world);
    neverTwoPayable(step, world);
    capturesAlone(step, world);
    resendsAreBounded(step, world);
    oneCommandAtATime(step);
    neverEndsWhilePayable(step, world);
    timelineGrows(step);
    stageMovesAsDesigned(step);
    neverStuck(step, world);
    moneyIsVisible(step, world);
    givesBackRightly(step, world);
    tellsMerchantAnew(step, told);
    tellsPaidOnce(step, paid);
  };
}

/** The outbox takes an event of the same type and cause for the same one, and keeps the first. */
function tellsMerchantAnew({ decision }: Step, told: Set<string>): void {
  for (const { type, cause } of decision.events) {
    expect(told.has(`${type}/${cause}`), `told again: ${type}, ${cause}`).toBe(false);
    told.add(`${type}/${cause}`);
  }
}

/** Merchants ship on this: once for each time that the order was opened. */
function tellsPaidOnce({ decision }: Step, paid: Set<string>): void {
  if (decision.events.every(({ type }) => type !== 'order.payment_succeeded')) return;
  expect(paid.has(decision.order.openedAt), 'told as paid again').toBe(false);
  paid.add(decision.order.openedAt);
}

function collects({ decision }: Step): boolean {
  return decision.command !== null && COLLECTING.includes(decision.command.operation);
}

export function operationSent({ decision }: Pick<Step, 'decision'>) {
  const attempt = decision.order.attempts[(decision.command?.attempt ?? 0) - 1];
  const name = decision.command?.operation;
  if (attempt === undefined || name === undefined || name === 'lookup') return undefined;
  const operation = operationOf(attempt, name);
  return operation === undefined ? undefined : { attempt, operation };
}

/** I1, I3: by the oracle, no other attempt can take money, or has taken what nobody denied, when a collecting send goes out. */
function neverTwoPayable(step: Step, world: World): void {
  const sent = operationSent(step);
  if (!collects(step) || sent === undefined) return;
  for (const [name, processor] of world.processors) {
    for (const payment of processor.payments) {
      if (
        payment.attempt === sent.attempt.number &&
        name === sent.attempt.processor &&
        processor.sheet.idempotency !== null
      )
        continue;
      const kept = !payment.surprise && payment.capturedMinor > payment.refundedMinor;
      expect(
        processor.isPayable(payment) || kept,
        `I1: ${JSON.stringify(payment)} when sending ${JSON.stringify(step.decision.command)}`,
      ).toBe(false);
    }
  }
  const others = step.decision.order.attempts.filter((each) => each.number !== sent.attempt.number && isPayable(each));
  expect(others, 'I3: another attempt is payable by our own books').toEqual([]);
}

/** The same operation and key, before `resendUntil`, only while the attempt is wanted; and never without a key at all. */
function resendsAreBounded(step: Step, world: World): void {
  const sent = operationSent(step);
  if (sent === undefined || sent.operation.sends < 2) return;
  const { attempt, operation } = sent;
  const { order } = step.decision;
  expect(operation.resendUntil, 'a resend needs a key that is remembered').not.toBeNull();
  expect(world.nowMs).toBeLessThan(Date.parse(operation.resendUntil ?? ''));
  expect(operation.key, 'the key is fixed').not.toBe('');
  if (operation !== primaryOperation(attempt)) return;
  expect(
    { leave: attempt.leave, ending: order.ending, choice: order.choice },
    'not after cancel, expiry or switch',
  ).toEqual({
    leave: null,
    ending: null,
    choice: null,
  });
}

function oneCommandAtATime({ before, decision, owed, event }: Step): void {
  if (owed) expect(decision.command, 'a command while one is out would be lost').toBeNull();
  if (before.closed !== null && decision.order.closed !== null && decision.command !== null)
    expect(GIVES_UP_MONEY, 'a closed order only gives back').toContain(decision.command.operation);
  if (decision.command !== null) {
    expect(isAnswerOwed(decision.order)).toBe(true);
    expect(decision.command.summary.length).toBeLessThanOrEqual(200);
  } else if (!owed && event.type === 'answered') expect(isAnswerOwed(decision.order), 'nothing is out').toBe(false);
}

const GIVES_UP_MONEY: string[] = ['lookup', 'refund', 'void', 'close_hosted', 'close_invoice'];

export const UNPAID_ENDS: Stage[] = ['failed', 'cancelled', 'expired'];

/** I3, I2: by the oracle, nothing can take money and none is kept silently when an order ends unpaid. */
function neverEndsWhilePayable({ before, decision }: Step, world: World): void {
  const { closed } = decision.order;
  if (closed === null || closed === before.closed || !UNPAID_ENDS.includes(closed.stage) || world.erred) return;
  for (const processor of world.processors.values()) {
    for (const payment of processor.payments) {
      expect(processor.isPayable(payment), `I3: ended ${closed.stage} with ${JSON.stringify(payment)}`).toBe(false);
      if (!payment.surprise)
        expect(payment.capturedMinor - payment.refundedMinor, `I2: ${JSON.stringify(payment)}`).toBe(0);
    }
  }
}

function timelineGrows({ before, decision }: Step): void {
  const numbers = [...decision.entries, ...decision.events].map(({ seq }) => seq).sort((a, b) => a - b);
  numbers.forEach((seq, index) => {
    expect(seq).toBe(before.seq + index + 1);
  });
  expect(decision.order.seq).toBe(before.seq + numbers.length);
  for (const entry of decision.entries) expect(entry.text).not.toMatch(/sealed-|undefined|null|NaN/);
}

const BUYERS_AND_SYSTEMS: Stage[] = [
  'attempting',
  'confirming',
  'payment_pending',
  'waiting_authentication',
  'waiting_buyer',
  'hosted_checkout',
  'invoiced',
  'retry_scheduled',
  'authorized',
  'capturing',
];
/** `capturing`: money was reserved beside what the stage showed, and the merchant has asked for it. */
const FROM_EVERY_OPEN: Stage[] = [
  ...(['authorized', 'capturing', 'paid', 'needs_review'] as const),
  ...(['cancelling', 'cancelled', 'expired', 'failed'] as const),
];
const BESIDE_RESERVED: Stage[] = [
  ...(['waiting_buyer', 'hosted_checkout', 'invoiced', 'attempting', 'retry_scheduled'] as const),
  ...(['confirming', 'payment_pending', 'waiting_authentication'] as const),
];
/** What the design's table allows beside that; a stage may stay, and `attempting` leads anywhere. */
const LEAVES_TO: Record<Stage, Stage[]> = {
  attempting: BUYERS_AND_SYSTEMS,
  confirming: [
    'attempting',
    'retry_scheduled',
    'waiting_authentication',
    'waiting_buyer',
    'payment_pending',
    'hosted_checkout',
    'invoiced',
  ],
  payment_pending: [
    'attempting',
    'retry_scheduled',
    'waiting_authentication',
    'waiting_buyer',
    'confirming',
    'hosted_checkout',
    'invoiced',
  ],
  waiting_authentication: ['attempting', 'waiting_buyer', 'retry_scheduled', 'payment_pending', 'confirming'],
  waiting_buyer: ['attempting', 'hosted_checkout', 'invoiced', 'retry_scheduled'],
  hosted_checkout: ['attempting', 'waiting_buyer', 'payment_pending', 'confirming', 'retry_scheduled', 'invoiced'],
  invoiced: ['attempting', 'waiting_buyer', 'payment_pending', 'confirming', 'hosted_checkout', 'retry_scheduled'],
  retry_scheduled: ['attempting', 'waiting_buyer'],
  // Beside what is reserved a payment is heard of that was called absent, or of which a page is still open.
  authorized: ['capturing', ...BESIDE_RESERVED],
  capturing: BESIDE_RESERVED,
  cancelling: [],
  needs_review: BUYERS_AND_SYSTEMS,
  paid: [],
  failed: ['paid', 'authorized', 'needs_review', 'cancelling', ...BUYERS_AND_SYSTEMS],
  expired: ['paid', 'authorized', 'needs_review', 'cancelling', ...BUYERS_AND_SYSTEMS],
  cancelled: ['needs_review', 'cancelling'],
};

function stageMovesAsDesigned({ before, decision, event }: Step): void {
  const from = stageOf(before);
  const to = stageOf(decision.order);
  if (from === to) return;
  const open = before.closed === null && FROM_EVERY_OPEN.includes(to);
  expect(open || LEAVES_TO[from].includes(to), `${from} → ${to} by ${event.type}`).toBe(true);
}

/** An open order has a wake, or it is somebody's turn; and nothing that was due is left lying. */
function neverStuck({ decision, owed }: Step, world: World): void {
  const { order } = decision;
  const reading = { ...world.reading, order };
  const stage = stageOf(order);
  const next = nextActionOf(reading);
  if (owed) return;
  const ended = order.closed !== null || stage === 'paid';
  expect(next.who === 'none', `${stage}: ${next.type} by ${next.who}`).toBe(
    ended && !needsHuman(order) && !owesGiveBack(order),
  );
  if (order.review !== null) expect(next.type).toBe('review');
  if (decision.command !== null || isAtRest(order)) return;
  const waits = order.review !== null || order.hold !== null || stage === 'authorized' || decision.wake !== null;
  expect(waits, `dead end in ${stage}: ${JSON.stringify(order, null, 1)}`).toBe(true);
  const late = plannedSteps({ ...reading, rule: ruleOf(reading) }).filter(({ at }) => Date.parse(at) <= world.nowMs);
  expect(late, `due and not done in ${stage}`).toEqual([]);
  for (const attempt of order.attempts) {
    const at = isPayable(attempt) ? (attempt.proof?.nextResendAt ?? null) : null;
    const until = owedOperation(attempt)?.resendUntil ?? null;
    if (at !== null) expect(Date.parse(at), 'planned past resendUntil').toBeLessThan(Date.parse(until ?? ''));
  }
  if (next.who === 'system') expect(decision.wake, `the system's turn without a time: ${stage}`).not.toBeNull();
}

/** Same input, same decision: in another process, with keys in another order. */
export function checkDeterminism({ before, event }: Step, world: World): void {
  const input = { ...world.reading, order: before, event, ceilings: [], health: [], now: world.now };
  expect(decide(reordered(input))).toEqual(decide(input));
}

function reordered<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reordered) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reordered(part)]),
  ) as T;
}
