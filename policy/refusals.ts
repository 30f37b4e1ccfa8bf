import { meaningOf, type Said } from './apply/meaning.ts';
import { mayTryAgain } from './apply/resolve.ts';
import { type LedgerReading, markedBy, orderMarkedBy } from './ceilings/ledger.ts';
import {
  doubtedGiveBack,
  hasMoney,
  instrumentById,
  instrumentToRetry,
  isAuthorized,
  isPayable,
  lastAttempt,
  openGiveBack,
} from './facts.ts';
import type { Instrument } from './instrument.ts';
import { isPending, mayChoose, patienceEndsAt, type Reading, ruleOf } from './next-action.ts';
import type { OrderState } from './order.ts';
import { offeredPaths } from './plan/buyer.ts';
import { refusalOfInstrument } from './plan/usable.ts';
import { isLessMoney } from './review-codes.ts';
import { isBuyerHeldBack, openReviews } from './reviews.ts';
import type { Instant, RecoveryPath } from './terms.ts';
import { instantText, refundByHand } from './words.ts';

/** Why a command cannot apply now, or `null`. Read-only, so that an update's validator can ask before anything is recorded. */
export interface Refusal {
  code: 'order_closed' | 'recovery_refused' | 'nothing_to_capture' | 'not_unknown';
  message: string;
}

const CLOSED: Refusal = { code: 'order_closed', message: 'The order is closed. Nothing was changed.' };

export function refuseRecovery(
  reading: Reading,
  choice: { path: RecoveryPath; instrument?: Instrument; instrumentId?: string },
  ledger: LedgerReading,
  now: Instant,
): Refusal | null {
  const order = orderMarkedBy(ledger.forbidden, reading.order);
  if (order.closed !== null || order.ending !== null) return CLOSED;
  const patience = refuseImpatience(reading, now);
  if (patience !== null) return patience;
  if (isBuyerHeldBack(order)) return refused('A person is looking at the payment. Nothing can be chosen until then.');
  if (!mayChoose(order)) return refused('An attempt is running. Read the order again in a moment.');
  if (choice.path === 'new_method' && choice.instrument === undefined)
    return refused('`new_method` needs a payment method.');
  if (choice.path === 'saved_method' && instrumentById(order, choice.instrumentId ?? null) === undefined) {
    return refused('The order knows no such saved method.');
  }
  const again = choice.path === 'authenticate' ? (lastAttempt(order)?.instrumentId ?? null) : null;
  const chosen = choice.instrument ?? instrumentById(order, choice.instrumentId ?? again);
  const refusal = chosen === undefined ? null : refusalNow(order, ledger, markedBy(ledger.forbidden, chosen), now);
  if (refusal !== null) return refused(`This payment method cannot be used: ${refusal}. Choose another one.`);
  const offered = offeredPaths(order, ruleOf(reading), reading.sheets).map((each) => each.path);
  if (!offered.includes(choice.path))
    return refused(`The path ${choice.path} is not offered. Offered: ${offered.join(', ') || 'none'}.`);
  return null;
}

/** While an outcome is unknown the buyer is asked for patience; a pending payment cannot be left at all. */
function refuseImpatience(reading: Reading, now: Instant): Refusal | null {
  if (reading.order.attempts.some(isPending))
    return refused('The processor is working on the payment: it cannot be left.');
  const until = patienceEndsAt(reading);
  if (until === null || Date.parse(now) >= Date.parse(until)) return null;
  return refused(`The payment is being confirmed. Another path can be chosen from ${instantText(until)}.`);
}

/** For cancelling, and for closing without payment: both end an order that has no money. */
export function refuseEnding(order: OrderState): Refusal | null {
  if (order.closed !== null) return CLOSED;
  // That goes back, and the order ends; also one whose time was over, which is not an end while it has money.
  if (openReviews(order).some(isLessMoney) && order.ending?.endedAt === undefined) return null;
  if (order.attempts.some((attempt) => attempt.money.captured > 0)) {
    return { code: 'order_closed', message: `The order is paid. ${refundByHand(order)} Nothing was changed.` };
  }
  return null;
}

/** What whoever asked to end the order is answered when a payment that was under way succeeded after all. */
export function lostToMoney(order: OrderState): Refusal | null {
  const endedWithout = order.ending !== null || (order.closed !== null && order.closed.stage !== 'paid');
  if (endedWithout || !order.attempts.some(hasMoney)) return null;
  const message = `A payment was under way when this came, and it succeeded: the order is paid. ${refundByHand(order)}`;
  return { code: 'order_closed', message };
}

export function refuseHold(order: OrderState): Refusal | null {
  return order.closed !== null ? CLOSED : null;
}

export function refuseRetry(reading: Reading, ledger: LedgerReading, now: Instant): Refusal | null {
  const order = orderMarkedBy(ledger.forbidden, reading.order);
  if (mayTryAgain(order)) return null;
  if (openGiveBack(order) !== undefined)
    return refused('What became of the refund is not known: it is never sent under another key until that is proved.');
  if (order.closed !== null || order.ending !== null) return CLOSED;
  if (order.attempts.some(isPayable))
    return refused('An attempt can still take money: it has to be proved or closed first.');
  if (order.attempts.some(hasMoney)) return refused('The order has its money: there is nothing to try again.');
  if (isBuyerHeldBack(order)) return refused(unexplained(order));
  const instrument = instrumentById(order, instrumentToRetry(order));
  if (instrument === undefined) return refused('The order has no payment method to try.');
  const refusal = refusalNow(order, ledger, instrument, now);
  if (refusal !== null) return refused(`This payment method cannot be used: ${refusal}.`);
  return null;
}

function refusalNow(order: OrderState, { ceilings }: LedgerReading, instrument: Instrument, now: Instant) {
  const refusal = refusalOfInstrument({ order, ceilings, nowMs: Date.parse(now) }, instrument);
  return refusal === null ? null : `${refusal.why} (${refusal.source})`;
}

export function refuseResolve(order: OrderState, said: Said): Refusal | null {
  if (order.closed !== null && order.review === null && doubtedGiveBack(order) === undefined) return CLOSED;
  const meaning = meaningOf(order, said);
  return meaning.kind === 'nothing' ? { code: 'not_unknown', message: `${meaning.why} Nothing was changed.` } : null;
}

export function refuseCapture(order: OrderState): Refusal | null {
  if (order.closed !== null) return CLOSED;
  if (!order.attempts.some(isAuthorized)) {
    return { code: 'nothing_to_capture', message: 'Nothing is authorized. Nothing was changed.' };
  }
  if (isBuyerHeldBack(order)) return refused(`${unexplained(order)} Capture after that.`);
  return null;
}

function unexplained({ review }: OrderState): string {
  return `A person was asked about money that nobody has explained (${review?.code}): \`resolve\` that first, with evidence.`;
}

function refused(message: string): Refusal {
  return { code: 'recovery_refused', message };
}
