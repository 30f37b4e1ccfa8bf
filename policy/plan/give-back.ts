import { lookAgain } from '../apply/give-back.ts';
import { after, askPerson, type Draft, isDue, sheetOf, tell } from '../draft.ts';
import {
  attemptNumbered,
  hasMoney,
  heldOf,
  keeping,
  mayKeepMinor,
  moneyOf,
  openGiveBack,
  operationOf,
  provenReference,
} from '../facts.ts';
import type { Attempt, Operation, OrderState, Review } from '../order.ts';
import { MONEY_DENIED } from '../questions.ts';
import { isOfGiveBack } from '../review-codes.ts';
import { keepReviews, openReviews } from '../reviews.ts';
import { instantText, minorText } from '../words.ts';
import { dueResend, newProof, planConfirmation } from './proof-times.ts';
import { lookUp, sendNew, sendOperation } from './send.ts';

/**
 * Money that the order must not keep goes back by itself, one give-back at a time:
 * 1. A refund that was sent is proved before anything else is: the same key, a lookup, the notice, a person.
 * 2. Both payments, the one that keeps the money and the one that gives it back, are looked up where the sheet has a lookup.
 * 3. Only so much goes back that the order's net stays at what it may keep.
 * 4. A definite no is a person's; a new key is used only then, or when it is proved that nothing was executed.
 * (What is only reserved is voided instead: that is leaving an attempt, see settle.ts.)
 */
export function giveBack(draft: Draft, mayStartOne: boolean): void {
  const { order } = draft;
  const open = openGiveBack(order);
  if (open !== undefined) {
    forgetPlans(order, open.attempt);
    return proveGiveBack(draft, open.attempt, open.operation);
  }
  const next = nextGiveBack(order);
  if (next === null || !mayStartOne || isPersons(order, next.attempt)) return forgetPlans(order);
  forgetPlans(order, next.attempt, keeping(order));
  if (mayStart(draft, next) && confirmBoth(draft, next.attempt)) sendGiveBack(draft, next);
}

/** What people were asked about money that had to go back, and what became of it has answered. Before anybody is asked anew. */
export function dropAnswered(order: OrderState): void {
  if (openGiveBack(order) !== undefined) return;
  keepReviews(order, ({ code }) => code !== 'refund_unknown');
  if (moneyOf(order).held === 0) keepReviews(order, (review) => !isSettled(order, review));
}

function sendGiveBack(draft: Draft, { attempt, minor }: GiveBack): void {
  const { order } = draft;
  lookAgain(draft);
  if (order.surplus !== undefined) order.surplus = { ...order.surplus, again: false };
  attempt.proof = null;
  draft.decided = `Give ${minorText(order, minor)} back at ${attempt.processor}`;
  sendNew(draft, attempt, 'refund', minor);
  tell(draft, 'give_back_sent', `Giving ${minorText(order, minor)} back at ${attempt.processor}`, { attempt });
}

/** Times that were planned for a give-back which is not the next any more. */
export function forgetPlans(order: OrderState, ...but: (Attempt | undefined)[]): void {
  for (const attempt of order.attempts) {
    if (hasMoney(attempt) && !but.includes(attempt)) attempt.proof = null;
  }
}

/**
 * Nothing is held any more: what was asked about the surplus is answered by that. What was asked since is not, nor a refund by
 * hand of the order's own money that failed.
 */
function isSettled(order: OrderState, { code, attempt, since, about: what }: Review): boolean {
  // Its processor denies money that pays the order by now.
  if (what === MONEY_DENIED) return false;
  if (code !== 'refund_failed') return code === 'surplus';
  const endedAt = order.surplus?.endedAt ?? null;
  if (endedAt === null || Date.parse(since) >= Date.parse(endedAt)) return false;
  const about = attemptNumbered(order, attempt ?? 0);
  const wasOurs = about !== undefined && operationOf(about, 'refund')?.outcome === 'declined';
  return wasOurs || about !== keeping(order);
}

interface GiveBack {
  attempt: Attempt;
  minor: number;
}

/** The last that took money it must not keep gives back first, and never more than leaves the order what it may keep. */
function nextGiveBack(order: OrderState): GiveBack | null {
  const { held, net } = moneyOf(order);
  if (held === 0) return null;
  const keeps = keeping(order);
  const holding = order.attempts.filter((each) => heldOf(order, each, keeps) > 0);
  const attempt = holding.reduce<Attempt | undefined>((last, each) => (isLater(each, last) ? each : last), undefined);
  if (attempt === undefined) return null;
  return { attempt, minor: Math.max(0, Math.min(heldOf(order, attempt, keeps), net - mayKeepMinor(order))) };
}

function isLater(attempt: Attempt, than: Attempt | undefined): boolean {
  return than === undefined || Date.parse(attempt.tookAt ?? '') >= Date.parse(than.tookAt ?? '');
}

/** A person looks at this money, at a notice about this very attempt, or whether other money of the order is there at all. */
function isPersons(order: OrderState, attempt: Attempt): boolean {
  return openReviews(order).some(
    (review) =>
      review.code !== 'refund_unknown' &&
      (isOfGiveBack(review) || review.attempt === attempt.number || review.about === MONEY_DENIED),
  );
}

/** May a refund be sent under a new key? If not, it is planned, or a person's. */
function mayStart(draft: Draft, { attempt, minor }: GiveBack): boolean {
  const { order } = draft;
  const sheet = sheetOf(draft, attempt.processor);
  const last = operationOf(attempt, 'refund');
  const ask = (code: 'surplus' | 'refund_failed', text: string) => {
    askPerson(draft, code, attempt, text);
    draft.decided ??= text;
    return false;
  };
  const held = minorText(order, moneyOf(order).held);
  if (minor === 0) return ask('surplus', `${held} is held, and giving it back would leave the order too little`);
  if (sheet?.operations.includes('refund') !== true)
    return ask('surplus', `${attempt.processor} cannot give ${held} back`);
  if (minor < attempt.money.captured && !sheet.partialRefunds) {
    return ask('surplus', `${attempt.processor} cannot give back a part: ${minorText(order, minor)}`);
  }
  if (attempt.nameSaid !== undefined && (isConfirmed(order, attempt) || !canConfirm(draft, attempt))) {
    return ask('surplus', `Only a person knows the payment that holds ${held}: it goes back by hand`);
  }
  if (order.surplus?.again === true || last === undefined || last.outcome === 'succeeded') return true;
  if (last.outcome === 'declined') {
    // "No" may mean that it has gone back already: the payment itself says so.
    if (!isConfirmed(order, attempt) && canConfirm(draft, attempt)) return true;
    return ask('refund_failed', `${attempt.processor} did not give ${held} back: it is held until a person decides`);
  }
  return isTimeAgain(draft, attempt, last);
}

/** It is proved that nothing was executed: the same key once more while it is remembered, else a new one, ever later. */
function isTimeAgain(draft: Draft, attempt: Attempt, last: Operation): boolean {
  const { order } = draft;
  attempt.proof ??= newProof(draft.now);
  const { proof } = attempt;
  const again = dueResend(draft, attempt);
  if (again !== null) {
    draft.decided = `Send the refund at ${attempt.processor} again with the same key`;
    sendOperation(draft, attempt, again);
    return false;
  }
  if (proof.nextResendAt !== null && !isDue(draft, proof.nextResendAt)) return false;
  if (draft.nowMs - Date.parse(order.surplus?.since ?? draft.now) >= draft.rule.windows.unknownBuyerLimitMs) {
    const text = `${attempt.processor} takes no refund since ${instantText(order.surplus?.since ?? draft.now)}`;
    askPerson(draft, 'surplus', attempt, text);
    return false;
  }
  const delayMs = Math.min(1_000 * 2 ** ((last.number ?? 1) - 1), AGAIN_AT_MOST_EVERY_MS);
  const at = Date.parse(last.endedAt ?? draft.now) + delayMs;
  if (at > draft.nowMs) {
    proof.nextResendAt = after(draft, at - draft.nowMs);
    return false;
  }
  if (order.surplus !== undefined) order.surplus = { ...order.surplus, again: true };
  attempt.proof = null;
  return true;
}

/** New keys double their distance up to this. */
const AGAIN_AT_MOST_EVERY_MS = 3_600_000;

/** Both payments as their processors have them now. False while one is being asked for. */
function confirmBoth(draft: Draft, attempt: Attempt): boolean {
  const { order } = draft;
  const keeps = keeping(order);
  for (const each of keeps === undefined || keeps === attempt ? [attempt] : [attempt, keeps]) {
    if (isConfirmed(order, each) || !canConfirm(draft, each)) continue;
    if (each.proof === null || (each.proof.nextLookupAt === null && each.proof.lookups === 0)) {
      each.proof = newProof(draft.now);
      planConfirmation(draft, each);
    }
    if (isDue(draft, each.proof.nextLookupAt)) {
      draft.decided = `Ask ${each.processor} for the payment of attempt ${each.number} before anything is given back`;
      lookUp(draft, each);
    } else if (draft.nowMs - Date.parse(each.proof.since) >= draft.rule.windows.unknownBuyerLimitMs) {
      const text = `${each.processor} does not say how attempt ${each.number} stands: nothing is given back before it does`;
      askPerson(draft, 'surplus', each, text);
    }
    return false;
  }
  return true;
}

function isConfirmed({ surplus }: OrderState, attempt: Attempt): boolean {
  return surplus?.confirmed.includes(attempt.number) === true;
}

function canConfirm(draft: Draft, attempt: Attempt): boolean {
  const lookup = sheetOf(draft, attempt.processor)?.lookup;
  return lookup != null && (lookup.by.includes('key') || provenReference(attempt) !== null);
}

/** A refund without a definite answer: nothing else is given back meanwhile, and never under another key. */
function proveGiveBack(draft: Draft, attempt: Attempt, operation: Operation): void {
  attempt.proof ??= newProof(draft.now);
  const again = dueResend(draft, attempt);
  if (again !== null) {
    draft.decided = `Send the refund at ${attempt.processor} again with the same key`;
    return sendOperation(draft, attempt, again);
  }
  if (isDue(draft, attempt.proof.nextLookupAt)) {
    draft.decided = `Ask ${attempt.processor} what became of the refund`;
    return lookUp(draft, attempt, 'refund');
  }
  const { unknownBuyerLimitMs } = draft.rule.windows;
  const pendingLimitMs = sheetOf(draft, attempt.processor)?.pendingLimitMs ?? unknownBuyerLimitMs;
  const limitMs = operation.outcome === 'pending' ? pendingLimitMs : unknownBuyerLimitMs;
  if (draft.nowMs - Date.parse(attempt.proof.since) >= limitMs) {
    const text = `What became of the refund at ${attempt.processor} is not known since ${instantText(attempt.proof.since)}: it is not sent again`;
    askPerson(draft, 'refund_unknown', attempt, text);
  }
  draft.decided ??= `Wait for ${attempt.processor} to say what became of the refund`;
}
