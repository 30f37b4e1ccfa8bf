import type { Instrument } from './instrument.ts';
import type { Attempt, AttemptMoney, Operation, OrderState } from './order.ts';
import type { Instant, Outcome } from './terms.ts';
import type { MoneyView } from './view.ts';

/** What can be read off an order's state. Nothing here is stored twice: each fact has this one place. */

export function attemptNumbered(order: OrderState, number: number): Attempt | undefined {
  return order.attempts[number - 1];
}

export function lastAttempt(order: OrderState): Attempt | undefined {
  return order.attempts[order.attempts.length - 1];
}

export function instrumentById(order: OrderState, id: string | null): Instrument | undefined {
  return id === null ? undefined : order.instruments.find((instrument) => instrument.id === id);
}

/** What support's "try again now" uses: what was last used, else what the order came with. */
export function instrumentToRetry(order: OrderState): string | null {
  const last = order.attempts.findLast(({ instrumentId }) => instrumentId !== null);
  return last?.instrumentId ?? order.instruments[0]?.id ?? null;
}

/** The operation that collects: the others act on what it made. */
export function primaryOperation(attempt: Attempt): Operation | undefined {
  return attempt.operations[0];
}

/** The last of its name: an earlier one has a definite outcome. */
export function operationOf(attempt: Attempt, name: Operation['operation']): Operation | undefined {
  return attempt.operations.findLast((operation) => operation.operation === name);
}

/** A give-back whose outcome is not known for good: nothing else is given back until it is. */
export function openGiveBack(order: OrderState): { attempt: Attempt; operation: Operation } | undefined {
  for (const attempt of order.attempts) {
    const operation = operationOf(attempt, 'refund');
    if (operation !== undefined && !isDefinite(operation.outcome)) return { attempt, operation };
  }
  return undefined;
}

/** It came back, and nobody knows what it did: a person may, before anybody asks. */
export function doubtedGiveBack(order: OrderState): { attempt: Attempt; operation: Operation } | undefined {
  const open = openGiveBack(order);
  return open === undefined || open.operation.endedAt === null ? undefined : open;
}

export function isDefinite(outcome: Outcome | null): outcome is 'succeeded' | 'declined' | 'not_executed' {
  return outcome === 'succeeded' || outcome === 'declined' || outcome === 'not_executed';
}

/**
 * Its first send was held back because the processor is down, so it never left the house: it uses no budget and no
 * credential, and may go to another processor under its own number.
 */
export function isHeldBack(attempt: Attempt): boolean {
  return attempt.outcome === 'not_executed' && primaryOperation(attempt)?.sends === 0;
}

/** An authorization that was neither captured nor voided. */
export function isAuthorized(attempt: Attempt): boolean {
  return attempt.money.authorized > 0 && attempt.money.captured === 0 && attempt.money.voided === 0;
}

/** A capture that was sent, and of which nobody knows for good what it did. */
export function openCapture(attempt: Attempt): Operation | undefined {
  const capture = operationOf(attempt, 'capture');
  return capture === undefined || isDefinite(capture.outcome) ? undefined : capture;
}

/** Its last capture did nothing for sure, and its key is not sent again: the next one is another capture. */
export function isCaptureOver(attempt: Attempt): boolean {
  const last = operationOf(attempt, 'capture');
  if (last === undefined || last.endedAt === null || (attempt.proof?.nextResendAt ?? null) !== null) return false;
  return last.outcome === 'declined' || last.outcome === 'not_executed';
}

/** It took the order's money. What went back before the order was opened again pays nothing any more. */
export function hasMoney({ money, givenBack }: Attempt): boolean {
  return money.captured > 0 && (givenBack !== true || netOf(money) > 0);
}

/** Can this attempt still take money? While one can, no other starts (I1, I3). */
export function isPayable(attempt: Attempt): boolean {
  if (attempt.fencedAt !== null) return false;
  switch (attempt.outcome) {
    case null:
    case 'unknown':
    case 'pending':
    case 'requires_action':
      return true;
    case 'succeeded':
      return isAuthorized(attempt);
    case 'declined':
    case 'not_executed':
      return false;
    default:
      return attempt.outcome satisfies never;
  }
}

/** Can it take money without another word of ours? What is only reserved cannot, until its capture is sent. */
export function mayTakeMoney(attempt: Attempt): boolean {
  return isPayable(attempt) && (!isAuthorized(attempt) || openCapture(attempt) !== undefined);
}

export function payableAttempts(order: OrderState): Attempt[] {
  return order.attempts.filter(isPayable);
}

/**
 * The attempt that keeps the order's money: the first that took the amount and did not give it back. Late truth is later,
 * whatever its number: what paid the order keeps it.
 */
export function keeper(order: OrderState): Attempt | undefined {
  const holding = order.attempts.filter((attempt) => netOf(attempt.money) > 0).sort(byTaking);
  const whole = holding.find(({ money }) => netOf(money) >= order.facts.amount.minor);
  return whole ?? holding[0] ?? order.attempts.find(hasMoney);
}

function byTaking(a: Attempt, b: Attempt): number {
  return Date.parse(a.tookAt ?? a.startedAt) - Date.parse(b.tookAt ?? b.startedAt) || a.number - b.number;
}

/** The order ended (or had ended) without payment: whatever was taken has to go back. */
function keepsNothing(order: OrderState): boolean {
  return (order.closed !== null && order.closed.stage !== 'paid') || order.ending?.endedAt !== undefined;
}

export function netOf(money: AttemptMoney): number {
  return money.captured - money.refunded - money.returned - money.disputed;
}

/** How much the order may keep, minor units: its amount, or nothing; and what a person accepted beyond. */
export function mayKeepMinor(order: OrderState): number {
  return (keepsNothing(order) ? 0 : order.facts.amount.minor) + (order.accepted?.minor ?? 0);
}

/** Captured money of an attempt that is not the order's to keep. */
export function heldOf(order: OrderState, attempt: Attempt, keeps: Attempt | undefined): number {
  return Math.max(0, netOf(attempt.money) - (attempt === keeps ? order.facts.amount.minor : 0));
}

/** The keeper of an order that may keep something. */
export function keeping(order: OrderState): Attempt | undefined {
  return keepsNothing(order) ? undefined : keeper(order);
}

/** Integers, minor units. `held` is what was taken or reserved beyond what the order may keep and was not given back. */
export function moneyOf(order: OrderState): MoneyView {
  const view = { captured: 0, refunded: 0, returned: 0, disputed: 0, held: 0, net: 0 };
  const keeps = keeping(order);
  for (const attempt of order.attempts) {
    const { money } = attempt;
    view.captured += money.captured;
    view.refunded += money.refunded;
    view.returned += money.returned;
    view.disputed += money.disputed;
    view.held += heldOf(order, attempt, keeps);
    // Without a keeper an authorization is what the order waits for, or is being voided: not a surplus.
    if (keeps !== undefined && isAuthorized(attempt)) view.held += money.authorized;
  }
  view.held = Math.max(0, view.held - (order.accepted?.minor ?? 0));
  view.net = view.captured - view.refunded - view.returned - view.disputed;
  return view;
}

/** Something is still to be given back, or was sent and is not proved: a run works on it, whatever the stage says. */
export function owesGiveBack(order: OrderState): boolean {
  return moneyOf(order).held > 0 || openGiveBack(order) !== undefined || order.attempts.some(isPayable);
}

/** Closed, and nothing is left to do for us or for a person: the order needs no run. */
export function isAtRest(order: OrderState): boolean {
  return order.closed !== null && order.review === null && inFlight(order) === undefined && !owesGiveBack(order);
}

/** Ended without money, and nobody is asked anything: support may open it again. */
export function isReopenable(order: OrderState): boolean {
  const stage = order.closed?.stage;
  return (stage === 'failed' || stage === 'expired') && isAtRest(order);
}

/** An operation that moves money is with the processor right now. */
export function inFlight(order: OrderState): { attempt: Attempt; operation: Operation } | undefined {
  for (const attempt of order.attempts) {
    for (const operation of attempt.operations) {
      if (operation.endedAt === null) return { attempt, operation };
    }
  }
  return undefined;
}

/** Something is with a processor: nothing new is planned until it answers, because only one command is out at a time. */
export function isAnswerOwed(order: OrderState): boolean {
  return inFlight(order) !== undefined || order.attempts.some((attempt) => attempt.lookupSince != null);
}

/**
 * The reference by which its processor is asked about the attempt's payment, or told to do something with it. A name that only a
 * person said is good for notices: it may be another order's payment.
 */
export function provenReference(attempt: Attempt, operation?: Operation['operation']): string | null {
  const { reference, nameSaid, reservedAs } = attempt;
  if (isVoidOfPage(attempt, operation)) return reservedAs ?? null;
  return nameSaid !== undefined && reference === nameSaid ? null : reference;
}

/** The end that the merchant gave the order. One that was over when the order was accepted or reopened is none. */
export function expiryOf({ facts: { expiresAt }, openedAt }: OrderState): Instant | null {
  return expiresAt !== undefined && Date.parse(expiresAt) > Date.parse(openedAt) ? expiresAt : null;
}

/**
 * The key by which its processor knows what an operation acts on. That of a page is not the payment's: what was reserved on it is
 * voided by its own name.
 */
export function targetKeyOf(attempt: Attempt, operation: Operation['operation']): string | undefined {
  return isVoidOfPage(attempt, operation) ? undefined : primaryOperation(attempt)?.key;
}

function isVoidOfPage({ kind }: Attempt, operation?: Operation['operation']): boolean {
  return kind !== 'card' && operation === 'void';
}
